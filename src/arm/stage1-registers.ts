import * as A from '../abi/arm.js';
import { hex } from '../core/error.js';
import { extract, type Field, type FieldTable, formatFields } from './fields.js';
import { paRangeBits } from './id.js';
import { cacheability, granuleName, onOff, shareability } from './meanings.js';
import { mairAttrName } from './memattr.js';

const bit = (name: string, lsb: number): Field => ({ name, lsb, width: 1, meaning: onOff });
const number = (name: string, lsb: number, width: number, meaning: (value: bigint) => string): Field => ({
  name,
  lsb,
  width,
  meaning,
});

const UPPER_GRANULES: Readonly<Record<number, string>> = {
  [A.TG1_4K]: '4K granule',
  [A.TG1_16K]: '16K granule',
  [A.TG1_64K]: '64K granule',
};
const vaBits = (value: bigint): string => `${64n - value}-bit VA`;
const SH_WIDTH = 2;
const RGN_WIDTH = 2;

/** TCR_EL1: what the stage-1 walk depends on. */
export const TCR_EL1: FieldTable = {
  name: 'TCR_EL1',
  fields: [
    number('T0SZ', A.TCR_T0SZ_LSB, A.TCR_TXSZ_WIDTH, vaBits),
    number('TG0', A.TCR_TG0_LSB, A.TCR_TG_WIDTH, granuleName),
    number('SH0', A.TCR_SH0_LSB, SH_WIDTH, shareability),
    number('IRGN0', A.TCR_IRGN0_LSB, RGN_WIDTH, cacheability),
    number('ORGN0', A.TCR_ORGN0_LSB, RGN_WIDTH, cacheability),
    bit('EPD0', A.TCR_EPD0_LSB),
    number('T1SZ', A.TCR_T1SZ_LSB, A.TCR_TXSZ_WIDTH, vaBits),
    number('TG1', A.TCR_TG1_LSB, A.TCR_TG_WIDTH, (v) => UPPER_GRANULES[Number(v)] ?? 'reserved'),
    bit('EPD1', A.TCR_EPD1_LSB),
    number('IPS', A.TCR_IPS_LSB, A.TCR_IPS_WIDTH, (v) => `${paRangeBits(v)}-bit IPA`),
    bit('HA', A.TCR_HA_LSB),
    bit('HD', A.TCR_HD_LSB),
    bit('HPD0', A.TCR_HPD0_LSB),
    bit('HPD1', A.TCR_HPD1_LSB),
    bit('DS', A.TCR_DS_LSB),
  ],
};

/** SCTLR_EL1: what the stage-1 walk depends on. */
export const SCTLR_EL1: FieldTable = {
  name: 'SCTLR_EL1',
  fields: [
    { ...bit('M', A.SCTLR_M_LSB), meaning: (v) => (v === 0n ? 'stage 1 off' : 'stage 1 on') },
    bit('A', A.SCTLR_A_LSB),
    bit('C', A.SCTLR_C_LSB),
    bit('I', A.SCTLR_I_LSB),
    bit('WXN', A.SCTLR_WXN_LSB),
    { ...bit('EE', A.SCTLR_EE_LSB), meaning: endianness },
  ],
};

/** SCTLR_EL2: the byte order of stage-2 descriptors. */
export const SCTLR_EL2: FieldTable = {
  name: 'SCTLR_EL2',
  fields: [{ ...bit('EE', A.SCTLR_EE_LSB), meaning: endianness }],
};

function endianness(ee: bigint): string {
  return ee === 0n ? 'descriptors little-endian' : 'descriptors big-endian';
}

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
