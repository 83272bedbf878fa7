import * as A from '../abi/arm.js';

/** VTCR_EL2.TG0 and TCR_EL1.TG0 by log2 of the granule. */
export const TG0 = { 12: A.TG0_4K, 14: A.TG0_16K, 16: A.TG0_64K } as const;

/** log2 of the granule of VTCR_EL2.TG0 and TCR_EL1.TG0; undefined: reserved. */
export function granuleShiftOf(tg0: number): number | undefined {
  const found = Object.entries(TG0).find(([, code]) => code === tg0);
  return found === undefined ? undefined : Number(found[0]);
}

/** SL2:SL0 of VTCR_EL2 by log2 of the granule and start level. */
export const START_LEVEL_CODES: Readonly<Record<number, Readonly<Record<number, number>>>> = {
  12: { [-1]: 4, 0: 2, 1: 1, 2: 0, 3: 3 },
  14: { 0: 3, 1: 2, 2: 1, 3: 0 },
  16: { 1: 2, 2: 1, 3: 0 },
};

/** The start level, by log2 of the granule, that VTCR_EL2.DS alone makes valid. */
export const DS_START_LEVEL: Readonly<Record<number, number>> = { 12: -1, 14: 0 };
