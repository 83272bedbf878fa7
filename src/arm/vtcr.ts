import * as A from '../abi/arm.js';
import { extract, type FieldTable, formatFields } from './fields.js';
import { DS_START_LEVEL, granuleShiftOf, START_LEVEL_CODES } from './granule.js';
import { paRangeBits } from './id.js';
import { cacheability, granuleName, onOff, shareability } from './meanings.js';

function startLevelName(sl0: bigint, vtcr: bigint): string {
  const level = startLevel(Number(sl0), vtcr);
  return level === undefined ? 'reserved' : `start level ${level}`;
}

/** SL2 counts with DS and 4K alone. A reserved granule is taken for 64K. */
function startLevel(sl0: number, vtcr: bigint): number | undefined {
  const granule = granuleShiftOf(Number(extract(vtcr, A.VTCR_TG0_LSB, A.VTCR_TG0_WIDTH))) ?? 16;
  const ds = extract(vtcr, A.VTCR_DS_LSB) === 1n;
  const sl2 = ds && granule === 12 ? Number(extract(vtcr, A.VTCR_SL2_LSB)) : 0;
  const code = (sl2 << A.VTCR_SL0_WIDTH) | sl0;
  const found = Object.entries(START_LEVEL_CODES[granule] ?? {}).find(([, each]) => each === code);
  const level = found === undefined ? undefined : Number(found[0]);
  return level === DS_START_LEVEL[granule] && !ds ? undefined : level;
}

/** VTCR_EL2, without the fields of Secure and 128-bit translation. */
export const VTCR_EL2: FieldTable = {
  name: 'VTCR_EL2',
  fields: [
    {
      name: 'T0SZ',
      lsb: A.VTCR_T0SZ_LSB,
      width: A.VTCR_T0SZ_WIDTH,
      meaning: (v) => `${64n - v}-bit IPA`,
    },
    { name: 'SL0', lsb: A.VTCR_SL0_LSB, width: A.VTCR_SL0_WIDTH, meaning: startLevelName },
    { name: 'IRGN0', lsb: A.VTCR_IRGN0_LSB, width: A.VTCR_IRGN0_WIDTH, meaning: cacheability },
    { name: 'ORGN0', lsb: A.VTCR_ORGN0_LSB, width: A.VTCR_ORGN0_WIDTH, meaning: cacheability },
    {
      name: 'SH0',
      lsb: A.VTCR_SH0_LSB,
      width: A.VTCR_SH0_WIDTH,
      meaning: shareability,
    },
    {
      name: 'TG0',
      lsb: A.VTCR_TG0_LSB,
      width: A.VTCR_TG0_WIDTH,
      meaning: granuleName,
    },
    {
      name: 'PS',
      lsb: A.VTCR_PS_LSB,
      width: A.VTCR_PS_WIDTH,
      meaning: (v) => `${paRangeBits(v)}-bit PA`,
    },
    { name: 'VS', lsb: A.VTCR_VS_LSB, width: 1, meaning: (v) => `${v === 0n ? 8 : 16}-bit VMID` },
    { name: 'HA', lsb: A.VTCR_HA_LSB, width: 1, meaning: onOff },
    { name: 'HD', lsb: A.VTCR_HD_LSB, width: 1, meaning: onOff },
    { name: 'RES1', lsb: A.VTCR_RES1_LSB, width: 1 },
    { name: 'DS', lsb: A.VTCR_DS_LSB, width: 1, meaning: onOff },
    { name: 'SL2', lsb: A.VTCR_SL2_LSB, width: 1 },
  ],
};

/** VTCR_EL2.SH0, which with DS is also the shareability of every leaf. */
export function sh0Of(vtcr: bigint): number {
  return Number(extract(vtcr, A.VTCR_SH0_LSB, A.VTCR_SH0_WIDTH));
}

/** VTCR_EL2 on one line. */
export function formatVtcr(vtcr: bigint): string {
  return formatFields(VTCR_EL2, vtcr);
}
