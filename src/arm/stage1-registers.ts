import * as A from '../abi/arm.js';
import { hex } from '../core/error.js';
import { extract, type Field, type FieldTable, formatFields } from './fields.js';
import { paRangeBits } from './id.js';
import { cacheability, flag, granuleName, OFF_ON, shareability } from './meanings.js';
import { mairAttrName } from './memattr.js';

const UPPER_GRANULES: Readonly<Record<number, string>> = {
  [A.TG1_4K]: '4K granule',
  [A.TG1_16K]: '16K granule',
  [A.TG1_64K]: '64K granule',
};
/** Where TCR_EL1 has the fields of each half, and how TG reads there. */
const HALVES = [
  {
    half: 'lower',
    size: A.TCR_T0SZ_LSB,
    tg: A.TCR_TG0_LSB,
    granule: granuleName,
    sh: A.TCR_SH0_LSB,
    irgn: A.TCR_IRGN0_LSB,
    orgn: A.TCR_ORGN0_LSB,
    epd: A.TCR_EPD0_LSB,
  },
  {
    half: 'upper',
    size: A.TCR_T1SZ_LSB,
    tg: A.TCR_TG1_LSB,
    granule: (tg1: bigint): string => UPPER_GRANULES[Number(tg1)] ?? 'reserved',
    sh: A.TCR_SH1_LSB,
    irgn: A.TCR_IRGN1_LSB,
    orgn: A.TCR_ORGN1_LSB,
    epd: A.TCR_EPD1_LSB,
  },
] as const;
const SH_WIDTH = 2;
const RGN_WIDTH = 2;

/** What TCR_EL1 says of one half of the VA space, which counts for nothing where EPD forbids its walks. */
function halfFields(half: 0 | 1): Field[] {
  const at = HALVES[half];
  const ignored = (tcr: bigint): string | undefined =>
    extract(tcr, at.epd) === 1n ? `EPD${half} is 1` : undefined;
  const field = (
    name: string,
    lsb: number,
    width: number,
    about: string,
    meaning: (v: bigint) => string,
  ): Field => ({
    name,
    lsb,
    width,
    about,
    meaning,
    ignored,
  });
  return [
    field(
      `T${half}SZ`,
      at.size,
      A.TCR_TXSZ_WIDTH,
      `Size of the ${at.half} half of the VA space: it has 64 - T${half}SZ bits.`,
      (v) => `${64n - v}-bit VA`,
    ),
    field(`TG${half}`, at.tg, A.TCR_TG_WIDTH, 'Size of the pages and tables of that half.', at.granule),
    field(`SH${half}`, at.sh, SH_WIDTH, 'Shareability of the reads of its tables.', shareability),
    field(`IRGN${half}`, at.irgn, RGN_WIDTH, 'Inner cacheability of the reads of its tables.', cacheability),
    field(`ORGN${half}`, at.orgn, RGN_WIDTH, 'Outer cacheability of the reads of its tables.', cacheability),
    flag(
      `EPD${half}`,
      at.epd,
      [`walks from TTBR${half}_EL1`, `no walks from TTBR${half}_EL1`],
      `Walk disable: a VA of the ${at.half} half that no TLB holds faults.`,
    ),
  ];
}

/** TCR_EL1: what the stage-1 walk depends on. */
export const TCR_EL1: FieldTable = {
  name: 'TCR_EL1',
  fields: [
    ...halfFields(0),
    ...halfFields(1),
    {
      name: 'IPS',
      lsb: A.TCR_IPS_LSB,
      width: A.TCR_IPS_WIDTH,
      about: 'Size of the addresses that stage 1 may give.',
      meaning: (v) => `${paRangeBits(v)}-bit IPA`,
    },
    flag('HA', A.TCR_HA_LSB, OFF_ON, 'The hardware sets the access flag of stage-1 leaves.'),
    flag('HD', A.TCR_HD_LSB, OFF_ON, 'The hardware clears AP[2] of leaves with DBM at the first write.'),
    flag(
      'HPD0',
      A.TCR_HPD0_LSB,
      OFF_ON,
      'Hierarchical permission disable: APTable, PXNTable and UXNTable do not count.',
    ),
    flag('HPD1', A.TCR_HPD1_LSB, OFF_ON, 'The same of the upper half.'),
    flag('DS', A.TCR_DS_LSB, OFF_ON, '52-bit addresses with 4K and 16K granules (FEAT_LPA2).'),
  ],
};

const endianness = (lsb: number): Field =>
  flag(
    'EE',
    lsb,
    ['descriptors little-endian', 'descriptors big-endian'],
    'Byte order of data at this exception level, and of the descriptors it is translated by.',
  );

/** SCTLR_EL1: what the stage-1 walk depends on. */
export const SCTLR_EL1: FieldTable = {
  name: 'SCTLR_EL1',
  fields: [
    flag('M', A.SCTLR_M_LSB, ['stage 1 off', 'stage 1 on'], 'Turns stage-1 translation on.'),
    flag('A', A.SCTLR_A_LSB, OFF_ON, 'Alignment check: accesses that are not aligned fault.'),
    flag('C', A.SCTLR_C_LSB, OFF_ON, 'Lets data accesses be cacheable.'),
    flag('I', A.SCTLR_I_LSB, OFF_ON, 'Lets instruction fetches be cacheable.'),
    flag(
      'WXN',
      A.SCTLR_WXN_LSB,
      OFF_ON,
      'Write implies execute never: what can be written cannot be executed.',
    ),
    endianness(A.SCTLR_EE_LSB),
  ],
};

/** SCTLR_EL2: the byte order of stage-2 descriptors. */
export const SCTLR_EL2: FieldTable = { name: 'SCTLR_EL2', fields: [endianness(A.SCTLR_EE_LSB)] };

/** TTBR0_EL1 or TTBR1_EL1 on one line. BADDR is coded as in VTTBR_EL2. */
export function formatTtbr(name: 'TTBR0_EL1' | 'TTBR1_EL1', ttbr: bigint): string {
  const lsb = A.VTTBR_CNP_LSB + 1;
  const base = extract(ttbr, lsb, A.VTTBR_BADDR_WIDTH - 1) << BigInt(lsb);
  const asid = extract(ttbr, A.VTTBR_VMID_LSB, A.VTTBR_VMID_WIDTH);
  return `${name} ${hex(ttbr)}: ASID=${asid} BADDR=${hex(base)} CnP=${extract(ttbr, A.VTTBR_CNP_LSB)}`;
}

const MAIR_ATTRS = [0, 1, 2, 3, 4, 5, 6, 7];
const MAIR_ATTR_WIDTH = 8;

/** MAIR_EL1 on one line. */
export function formatMair(mair: bigint): string {
  const attrs = MAIR_ATTRS.map((index) => {
    const attr = Number(extract(mair, index * MAIR_ATTR_WIDTH, MAIR_ATTR_WIDTH));
    return `Attr${index}=${hex(attr)} (${mairAttrName(attr)})`;
  });
  return `MAIR_EL1 ${hex(mair)}: ${attrs.join(' ')}`;
}

/** TCR_EL1 on one line. */
export function formatTcr(tcr: bigint): string {
  return formatFields(TCR_EL1, tcr);
}

/** SCTLR_EL1 on one line. */
export function formatSctlrEl1(sctlr: bigint): string {
  return formatFields(SCTLR_EL1, sctlr);
}

/** SCTLR_EL2 on one line. */
export function formatSctlrEl2(sctlr: bigint): string {
  return formatFields(SCTLR_EL2, sctlr);
}
