import * as A from '../abi/arm.js';
import { type DescriptorKind, descriptorKind } from '../arm/descriptor.js';
import { extract } from '../arm/fields.js';
import type { WalkRegisters } from '../walk/regime.js';
import type { TranslateRequest, WalkStep } from '../walk/types.js';

/** A descriptor that was read, and what it is. */
export interface PathStep extends WalkStep {
  kind: DescriptorKind;
}

/** log2 of the granule by VTCR_EL2.TG0 and TCR_EL1.TG0, and by TCR_EL1.TG1; reserved values are taken as 4K. */
const GRANULES: Readonly<Record<number, number>> = { [A.TG0_16K]: 14, [A.TG0_64K]: 16 };
const UPPER_GRANULES: Readonly<Record<number, number>> = { [A.TG1_16K]: 14, [A.TG1_64K]: 16 };
const SMALLEST = 12;
/** VA bit that selects TTBR1_EL1. */
const UPPER_HALF_LSB = 55;

/** The descriptors of a walk in the order they were read. */
export function pathOf(
  steps: readonly WalkStep[],
  registers: WalkRegisters,
  request: TranslateRequest,
): PathStep[] {
  return steps.map((step) => {
    const granuleShift = step.stage === 2 ? stage2Granule(registers) : stage1Granule(registers, request);
    return { ...step, kind: descriptorKind(step.desc, { granuleShift, level: step.level }) };
  });
}

function stage2Granule({ vtcr }: WalkRegisters): number {
  return GRANULES[Number(extract(vtcr, A.VTCR_TG0_LSB, A.VTCR_TG0_WIDTH))] ?? SMALLEST;
}

function stage1Granule({ tcrEl1 = 0n }: WalkRegisters, request: TranslateRequest): number {
  const upper = 'va' in request && extract(request.va, UPPER_HALF_LSB) === 1n;
  const [granules, lsb] = upper ? [UPPER_GRANULES, A.TCR_TG1_LSB] : [GRANULES, A.TCR_TG0_LSB];
  return granules[Number(extract(tcrEl1, lsb, A.TCR_TG_WIDTH))] ?? SMALLEST;
}
