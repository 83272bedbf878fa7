import * as A from '../abi/arm.js';
import { AddressLayout } from '../abi/walk.js';
import type { DescriptorFormat } from '../arm/descriptor.js';
import { extract } from '../arm/fields.js';
import { granuleShiftOf } from '../arm/granule.js';
import { checkObject, checkU64 } from '../core/check.js';
import { encodeCpu, type WalkCpu, type WalkRegisters } from './regime.js';

/** The form of the stage-1 tables of one half of the VA space. */
export interface Stage1Format extends DescriptorFormat {
  /** VA bits that are translated, before the limits of TxSZ. */
  iaBits: number;
  /** The half of TTBR1_EL1. */
  upper: boolean;
}

/** VA bit that selects the half. */
const UPPER_LSB = 55;
/** log2 of the granule by TCR_EL1.TG1. */
const TG1: Readonly<Record<number, number>> = { [A.TG1_4K]: 12, [A.TG1_16K]: 14, [A.TG1_64K]: 16 };

/** What VTCR_EL2 makes of the stage-2 tables, as a translator's regime has it. */
export function stage2Format({ vtcr }: WalkRegisters, cpu: WalkCpu): DescriptorFormat {
  const tg0 = Number(extract(vtcr, A.VTCR_TG0_LSB, A.VTCR_TG0_WIDTH));
  const granuleShift = implementedGranule(cpu, granuleShiftOf(tg0));
  const ds = extract(vtcr, A.VTCR_DS_LSB) === 1n;
  return { granuleShift, layout: layoutOf(cpu, granuleShift, ds) };
}

/**
 * What TCR_EL1 makes of the tables that translate `va`, for those who show what a walk read. Throws EINVAL for a register,
 * an address or a CPU that cannot be.
 */
export function stage1Format(registers: WalkRegisters, cpu: WalkCpu, va: bigint): Stage1Format {
  const { tcrEl1 = 0n } = checkObject('registers', registers);
  checkU64('tcrEl1', tcrEl1);
  checkU64('va', va);
  encodeCpu(cpu);
  const upper = extract(va, UPPER_LSB) === 1n;
  const tg = Number(extract(tcrEl1, upper ? A.TCR_TG1_LSB : A.TCR_TG0_LSB, A.TCR_TG_WIDTH));
  const granuleShift = implementedGranule(cpu, upper ? TG1[tg] : granuleShiftOf(tg));
  const txsz = extract(tcrEl1, upper ? A.TCR_T1SZ_LSB : A.TCR_T0SZ_LSB, A.TCR_TXSZ_WIDTH);
  const ds = extract(tcrEl1, A.TCR_DS_LSB) === 1n;
  return { granuleShift, layout: layoutOf(cpu, granuleShift, ds), iaBits: 64 - Number(txsz), upper };
}

/** As the core chooses it (assembly/vtcr.ts): a granule that there is not is the one chosen, or the smallest. */
function implementedGranule({ features, choices = {} }: WalkCpu, shift: number | undefined): number {
  const shifts = features.granules.map((kib) => Math.log2(kib) + 10);
  const { granule = 'smallest' } = choices;
  const chosen = granule === 'smallest' ? undefined : Math.log2(granule) + 10;
  const found = [shift, chosen].find((each) => each !== undefined && shifts.includes(each));
  return found ?? Math.min(...shifts);
}

function layoutOf({ features }: WalkCpu, granuleShift: number, ds: boolean): AddressLayout {
  if (granuleShift === 16) return features.lpa ? AddressLayout.LPA : AddressLayout.NARROW;
  const hasLpa2 = features.lpa2.some((kib) => kib === 2 ** (granuleShift - 10));
  return ds && hasLpa2 ? AddressLayout.LPA2 : AddressLayout.NARROW;
}
