// What the tables of fields have in common: names of values, and the form of a field of one bit.
import * as A from '../abi/arm.js';
import type { Field } from './fields.js';
import { SHAREABILITY } from './memattr.js';

/** A field of one bit: the names of 0 and 1, and what it is for. */
export function flag(
  name: string,
  lsb: number,
  [clear, set]: readonly [string, string],
  about: string,
): Field {
  return { name, lsb, width: 1, about, meaning: (value) => (value === 0n ? clear : set) };
}

/** A bit that is reserved and reads as 1. */
export function reservedOne(lsb: number): Field {
  return flag('RES1', lsb, ['expected to be 1', 'reserved, 1'], 'Reserved: software writes 1.');
}

/** Of a one-bit field. */
export const OFF_ON = ['off', 'on'] as const;

const GRANULES: Readonly<Record<number, string>> = {
  [A.TG0_4K]: '4K granule',
  [A.TG0_16K]: '16K granule',
  [A.TG0_64K]: '64K granule',
};

/** Of VTCR_EL2.TG0 and TCR_EL1.TG0, which are encoded alike; TCR_EL1.TG1 is not. */
export const granuleName = (tg0: bigint): string => GRANULES[Number(tg0)] ?? 'reserved';

const CACHEABILITY = ['NC', 'WB RA WA', 'WT RA', 'WB RA'];

/** Of IRGN and ORGN. */
export const cacheability = (rgn: bigint): string => CACHEABILITY[Number(rgn)] ?? '';

/** Of SH. */
export const shareability = (sh: bigint): string => SHAREABILITY[Number(sh)] ?? '';
