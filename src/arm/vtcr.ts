import * as A from '../abi/arm.js';
import { extract, type FieldTable, formatFields } from './fields.js';
import { DS_START_LEVEL, granuleShiftOf, START_LEVEL_CODES } from './granule.js';
import { paRangeBits } from './id.js';
import { cacheability, flag, granuleName, OFF_ON, reservedOne, shareability } from './meanings.js';

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
      about: 'Size of the IPA space: it has 64 - T0SZ bits.',
      meaning: (v) => `${64n - v}-bit IPA`,
    },
    {
      name: 'SL0',
      lsb: A.VTCR_SL0_LSB,
      width: A.VTCR_SL0_WIDTH,
      about: 'Level that the walk starts at, by the granule.',
      meaning: startLevelName,
    },
    {
      name: 'IRGN0',
      lsb: A.VTCR_IRGN0_LSB,
      width: A.VTCR_IRGN0_WIDTH,
      about: 'Inner cacheability of the reads of the tables.',
      meaning: cacheability,
    },
    {
      name: 'ORGN0',
      lsb: A.VTCR_ORGN0_LSB,
      width: A.VTCR_ORGN0_WIDTH,
      about: 'Outer cacheability of the reads of the tables.',
      meaning: cacheability,
    },
    {
      name: 'SH0',
      lsb: A.VTCR_SH0_LSB,
      width: A.VTCR_SH0_WIDTH,
      about: 'Shareability of the reads of the tables; with DS also of every leaf.',
      meaning: shareability,
    },
    {
      name: 'TG0',
      lsb: A.VTCR_TG0_LSB,
      width: A.VTCR_TG0_WIDTH,
      about: 'Size of the pages and tables.',
      meaning: granuleName,
    },
    {
      name: 'PS',
      lsb: A.VTCR_PS_LSB,
      width: A.VTCR_PS_WIDTH,
      about: 'Size of the physical addresses that stage 2 may give.',
      meaning: (v) => `${paRangeBits(v)}-bit PA`,
    },
    {
      name: 'VS',
      lsb: A.VTCR_VS_LSB,
      width: 1,
      about: 'Size of VTTBR_EL2.VMID.',
      meaning: (v) => `${v === 0n ? 8 : 16}-bit VMID`,
    },
    flag('HA', A.VTCR_HA_LSB, OFF_ON, 'The hardware sets the access flag of stage-2 leaves.'),
    flag('HD', A.VTCR_HD_LSB, OFF_ON, 'The hardware sets S2AP[1] of leaves with DBM at the first write.'),
    reservedOne(A.VTCR_RES1_LSB),
    flag('DS', A.VTCR_DS_LSB, OFF_ON, '52-bit addresses with 4K and 16K granules (FEAT_LPA2).'),
    {
      name: 'SL2',
      lsb: A.VTCR_SL2_LSB,
      width: 1,
      about: 'Third bit of the start level, above SL0.',
      meaning: (v) => (v === 0n ? 'start level by SL0' : 'start level -1'),
      ignored: (vtcr) => (extract(vtcr, A.VTCR_DS_LSB) === 0n ? 'DS is 0' : undefined),
    },
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
