import type { CpuFeatures } from '../arm/cpu.js';
import { type DescriptorKind, descriptorKind, entryPlace } from '../arm/descriptor.js';
import { stage1Format, stage2Format } from '../walk/format.js';
import type { WalkRegisters } from '../walk/regime.js';
import type { TranslateRequest, WalkStep } from '../walk/types.js';

/** A descriptor that was read, and what it is. */
export interface PathStep extends WalkStep {
  /** By its stage, its level and the format of its tables. */
  kind: DescriptorKind;
}

/** The descriptors of a walk in the order they were read. */
export function pathOf(
  steps: readonly WalkStep[],
  registers: WalkRegisters,
  request: TranslateRequest,
  features: CpuFeatures,
): PathStep[] {
  const stage1 = stage1Format(registers, { features }, 'va' in request ? request.va : 0n);
  const stage2 = stage2Format(registers, { features });
  return steps.map((step) => {
    const format = step.stage === 2 ? stage2 : stage1;
    return { ...step, kind: descriptorKind(step.desc, entryPlace(format, step.level)) };
  });
}
