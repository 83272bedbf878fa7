// Names of field values that the translation registers of both stages have in common.
import * as A from '../abi/arm.js';
import { SHAREABILITY } from './memattr.js';

/** Of a one-bit field. */
export const onOff = (value: bigint): string => (value === 0n ? 'off' : 'on');

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
