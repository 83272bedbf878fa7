import * as A from '../abi/arm.js';
import { extract } from './fields.js';
import { memAttrName, SHAREABILITY } from './memattr.js';

/** The attributes of a block or page as the hardware takes them. Numbers are the fields of the descriptor. */
export interface LeafAttributes {
  /** S2AP[1:0], descriptor bits 7:6. */
  s2ap: number;
  /** S2AP[0]. */
  read: boolean;
  /** S2AP[1], without what DBM adds under hardware dirty state. */
  write: boolean;
  /** XN[1:0] as stored. */
  xn: number;
  /** By exception level, FEAT_XNX taken into account. */
  execute: {
    /** XN[1:0] 00 or 01. */
    el0: boolean;
    /** XN[1:0] 00 or 11. */
    el1: boolean;
  };
  /** Access flag, bit 10. */
  af: boolean;
  /** MemAttr[3:0], bits 5:2. */
  memAttr: number;
  /** Name of the memory type, FWB taken into account. */
  memory: string;
  /** SH[1:0], bits 9:8; VTCR_EL2.SH0 where that gives it. */
  sh: number;
  /** Name of `sh`: NSH, OSH, ISH or reserved. */
  shareability: string;
  /** The contiguous hint, bit 52. */
  contiguous: boolean;
  /** Dirty bit modifier, bit 51. */
  dbm: boolean;
  /** Bits 58:55, free for software. */
  software: number;
}

/** XN[1:0] as it counts: without FEAT_XNX its low bit reads as 0. */
export function effectiveXn(xn: number, xnx: boolean): number {
  return xnx ? xn : xn & 2;
}

/** What decides how the attributes of a leaf read. */
export interface AttributeContext {
  /** HCR_EL2.FWB. */
  fwb: boolean;
  /** FEAT_XNX. */
  xnx: boolean;
  /** VTCR_EL2.SH0 where it gives the shareability (FEAT_LPA2); absent where the leaf holds its own. */
  sh0?: number;
}

/** The attributes of a leaf descriptor. */
export function leafAttributes(desc: bigint, { fwb, xnx, sh0 }: AttributeContext): LeafAttributes {
  const number = (lsb: number, width = 1): number => Number(extract(desc, lsb, width));
  const s2ap = number(A.DESC_S2AP_LSB, A.DESC_S2AP_WIDTH);
  const xn = number(A.DESC_XN_LSB, A.DESC_XN_WIDTH);
  const memAttr = number(A.DESC_MEMATTR_LSB, A.DESC_MEMATTR_WIDTH);
  const sh = sh0 ?? number(A.DESC_SH_LSB, A.DESC_SH_WIDTH);
  return {
    s2ap,
    read: (s2ap & 1) !== 0,
    write: (s2ap & 2) !== 0,
    xn,
    execute: executable(effectiveXn(xn, xnx)),
    af: number(A.DESC_AF_LSB) === 1,
    memAttr,
    memory: memAttrName(memAttr, fwb),
    sh,
    shareability: SHAREABILITY[sh] ?? '',
    contiguous: number(A.DESC_CONTIG_LSB) === 1,
    dbm: number(A.DESC_DBM_LSB) === 1,
    software: number(A.DESC_SW_LSB, A.DESC_SW_WIDTH),
  };
}

/** XN: 00 both, 01 EL0 only, 10 neither, 11 EL1 only. */
function executable(xn: number): { el0: boolean; el1: boolean } {
  return { el0: xn === 0 || xn === 1, el1: xn === 0 || xn === 3 };
}
