// Stage-2 descriptor codec: pure u64 -> fields and back. Values from fault-path.md section 1.3 and the Arm ARM.
import * as A from "../src/abi/arm";
import { AddressLayout } from "../src/abi/walk";

export const VALID: u64 = (<u64>1) << A.DESC_VALID_LSB;
export const TABLE: u64 = (<u64>1) << A.DESC_TABLE_LSB;
export const S2AP_READ: u64 = (<u64>1) << A.DESC_S2AP_LSB;
export const S2AP_WRITE: u64 = (<u64>2) << A.DESC_S2AP_LSB;
export const S2AP_RDWR: u64 = S2AP_READ | S2AP_WRITE;
export const AF: u64 = (<u64>1) << A.DESC_AF_LSB;
export const XN_ALL: u64 = (<u64>2) << A.DESC_XN_LSB;
export const DBM: u64 = (<u64>1) << A.DESC_DBM_LSB;
export const CONTIG: u64 = (<u64>1) << A.DESC_CONTIG_LSB;
/** The host's PROT_NONE marker; pte_present tests it together with VALID. */
const PROT_NONE: u64 = (<u64>1) << 58;
const SH_MASK: u64 = (<u64>3) << A.DESC_SH_LSB;
const SH_INNER: u64 = SH_MASK;
const MEMATTR_NORMAL_WB: u64 = (<u64>0xf) << A.DESC_MEMATTR_LSB;
const MEMATTR_DEVICE_NGNRE: u64 = (<u64>1) << A.DESC_MEMATTR_LSB;
/** Bits 11:2 and 63:51. nT, among the address bits of a page, belongs to one block alone. */
const LEAF_ATTRIBUTES: u64 = (~(<u64>0) << A.DESC_DBM_LSB) | 0xffc;

/** PAGE_S2: normal write-back, inner shareable, read-only, AF set. A page; blocks clear TABLE. */
export const PAGE_S2: u64 = VALID | TABLE | MEMATTR_NORMAL_WB | S2AP_READ | SH_INNER | AF;
/** PAGE_S2_DEVICE: Device-nGnRE, read-only, execute-never, AF set. */
export const PAGE_S2_DEVICE: u64 = VALID | TABLE | MEMATTR_DEVICE_NGNRE | S2AP_READ | SH_INNER | AF | XN_ALL;

// @ts-ignore: decorator
@inline
export function isValid(desc: u64): bool {
  return (desc & VALID) != 0;
}

// @ts-ignore: decorator
@inline
export function isPresent(desc: u64): bool {
  return (desc & (VALID | PROT_NONE)) != 0;
}

/** A table descriptor, above level 3. */
// @ts-ignore: decorator
@inline
export function isTable(desc: u64, level: i32): bool {
  return level < 3 && (desc & (VALID | TABLE)) == (VALID | TABLE);
}

// @ts-ignore: decorator
@inline
function bits(value: u64, lsb: u32, width: u32): u64 {
  return (value >> lsb) & (((<u64>1) << width) - 1);
}

/** Address bits that stand in their own place: [end - 1:shift]. */
// @ts-ignore: decorator
@inline
function inPlace(desc: u64, shift: u32, end: u32): u64 {
  return desc & ((((<u64>1) << end) - 1) & ~(((<u64>1) << shift) - 1));
}

/** Output or next-table address of a descriptor, down to bit `shift`. */
// @ts-ignore: decorator
@inline
export function outputAddress(desc: u64, shift: u32, layout: u32): u64 {
  if (layout == AddressLayout.NARROW) return inPlace(desc, shift, A.DESC_ADDRESS_END);
  if (layout == AddressLayout.LPA) {
    const high = bits(desc, A.DESC_LPA_HIGH_LSB, A.DESC_LPA_HIGH_WIDTH) << A.DESC_ADDRESS_END;
    return inPlace(desc, shift, A.DESC_ADDRESS_END) | high;
  }
  const high = bits(desc, A.DESC_LPA2_HIGH_LSB, A.DESC_LPA2_HIGH_WIDTH) << A.DESC_LPA2_ADDRESS_END;
  return inPlace(desc, shift, A.DESC_LPA2_ADDRESS_END) | high;
}

/** The descriptor bits that hold `pa`, a multiple of the granule; the inverse of outputAddress. */
// @ts-ignore: decorator
@inline
export function addressBits(pa: u64, layout: u32): u64 {
  if (layout == AddressLayout.NARROW) return pa;
  if (layout == AddressLayout.LPA) {
    const high = bits(pa, A.DESC_ADDRESS_END, A.DESC_LPA_HIGH_WIDTH) << A.DESC_LPA_HIGH_LSB;
    return inPlace(pa, 0, A.DESC_ADDRESS_END) | high;
  }
  const high = bits(pa, A.DESC_LPA2_ADDRESS_END, A.DESC_LPA2_HIGH_WIDTH) << A.DESC_LPA2_HIGH_LSB;
  return inPlace(pa, 0, A.DESC_LPA2_ADDRESS_END) | high;
}

/** Blocks exist at level 2 and with 4K at level 1; 52-bit addresses add one level with every granule. */
// @ts-ignore: decorator
@inline
export function hasBlocks(granuleShift: u32, level: i32, layout: u32): bool {
  if (level == 2) return true;
  const wide = layout != AddressLayout.NARROW;
  return granuleShift == 12 ? level == 1 || (level == 0 && wide) : level == 1 && wide;
}

/**
 * A leaf for `pa` at `level` with attributes given as for a page. With FEAT_LPA2 their shareability is dropped:
 * VTCR_EL2.SH0 gives it, and its place holds address bits.
 */
// @ts-ignore: decorator
@inline
export function leaf(pa: u64, attributes: u64, level: i32, layout: u32): u64 {
  const own = level == 3 ? attributes : attributes & ~TABLE;
  if (layout == AddressLayout.NARROW) return pa | own;
  return addressBits(pa, layout) | (layout == AddressLayout.LPA2 ? own & ~SH_MASK : own);
}

/** The attributes of a leaf as for a page, without the contiguous bit. */
// @ts-ignore: decorator
@inline
export function pageAttributes(desc: u64): u64 {
  return (desc & LEAF_ATTRIBUTES & ~CONTIG) | VALID | TABLE;
}

// @ts-ignore: decorator
@inline
export function tableDescriptor(pa: u64, layout: u32): u64 {
  return addressBits(pa, layout) | VALID | TABLE;
}

/** MemAttr says device: its upper half is 00. */
// @ts-ignore: decorator
@inline
export function isDevice(desc: u64): bool {
  return ((desc >> (A.DESC_MEMATTR_LSB + 2)) & 3) == 0;
}
