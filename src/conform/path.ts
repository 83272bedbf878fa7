import * as A from '../abi/arm.js';
import { AddressLayout } from '../abi/walk.js';
import type { CpuFeatures } from '../arm/cpu.js';
import { type DescriptorFormat, type DescriptorKind, descriptorKind, entryPlace } from '../arm/descriptor.js';
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
  features: CpuFeatures,
): PathStep[] {
  return steps.map((step) => {
    const format = step.stage === 2 ? stage2Format(registers) : stage1Format(registers, request);
    return { ...step, kind: descriptorKind(step.desc, entryPlace(formatOn(features, format), step.level)) };
  });
}

/** Granule and DS as a register asks for them. */
interface AskedFormat {
  granuleShift: number;
  ds: boolean;
}

/** The format the CPU makes of it. */
function formatOn({ lpa, lpa2 }: CpuFeatures, { granuleShift, ds }: AskedFormat): DescriptorFormat {
  const hasLpa2 = lpa2.some((kib) => kib === 2 ** (granuleShift - 10));
  if (granuleShift === 16) return { granuleShift, layout: lpa ? AddressLayout.LPA : AddressLayout.NARROW };
  return { granuleShift, layout: ds && hasLpa2 ? AddressLayout.LPA2 : AddressLayout.NARROW };
}

function stage2Format({ vtcr }: WalkRegisters): AskedFormat {
  const granuleShift = GRANULES[Number(extract(vtcr, A.VTCR_TG0_LSB, A.VTCR_TG0_WIDTH))] ?? SMALLEST;
  return { granuleShift, ds: extract(vtcr, A.VTCR_DS_LSB) === 1n };
}

function stage1Format({ tcrEl1 = 0n }: WalkRegisters, request: TranslateRequest): AskedFormat {
  const upper = 'va' in request && extract(request.va, UPPER_HALF_LSB) === 1n;
  const [granules, lsb] = upper ? [UPPER_GRANULES, A.TCR_TG1_LSB] : [GRANULES, A.TCR_TG0_LSB];
  const granuleShift = granules[Number(extract(tcrEl1, lsb, A.TCR_TG_WIDTH))] ?? SMALLEST;
  return { granuleShift, ds: extract(tcrEl1, A.TCR_DS_LSB) === 1n };
}
