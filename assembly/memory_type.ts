// Memory types as a byte of MAIR_EL1, and how stage 1 and stage 2 combine. docs/notes/stage2-walk.md section 9.
import * as A from "../src/abi/arm";
import * as W from "../src/abi/walk";
import { isTableAccess } from "./access_type";
import { CD, DS, field, FWB, ID, PTW } from "./vtcr";
import { Regime } from "./walk_structs";

/** Normal, inner and outer non-cacheable. */
export const NORMAL_NC: u32 = 0x44;
/** Normal, inner and outer write-back, read- and write-allocate. */
export const NORMAL_WB: u32 = 0xff;
/** Normal, inner and outer write-through, read-allocate: instruction fetches without stage 1. */
export const NORMAL_WT_RA: u32 = 0xaa;
export const DEVICE_NGNRNE: u32 = 0;

export const NSH: u32 = 0;
export const OSH: u32 = 2;
export const ISH: u32 = 3;

const NC: u32 = 4;
const WT: u32 = 0xb;
const WB: u32 = 0xf;

/** A byte of MAIR_EL1 (or of the combination): device memory. */
// @ts-ignore: decorator
@inline
export function isDeviceType(attr: u32): bool {
  return attr >> 4 == 0;
}

/** The stronger of two device types: nGnRnE, nGnRE, nGRE, GRE. */
// @ts-ignore: decorator
@inline
function stronger(a: u32, b: u32): u32 {
  return min<u32>(a, b);
}

/** The cacheability of a nibble: NC 0, WT 1, WB 2. */
function rank(nibble: u32): u32 {
  if (nibble == NC) return 0;
  return nibble & 4 ? 2 : 1;
}

/** One half of two normal types: the weaker cacheability, with the hints and the transience of stage 1. */
function combineHalf(s1: u32, s2: u32): u32 {
  const weakest = min<u32>(rank(s1), rank(s2));
  if (weakest == 0) return NC;
  return (s1 & 0xb) | (weakest == 2 ? 4 : 0);
}

function combineTypes(s1: u32, s2: u32): u32 {
  if (s1 == s2) return s1;
  if (isDeviceType(s1)) return isDeviceType(s2) ? stronger(s1, s2) : s1;
  if (isDeviceType(s2)) return s2;
  return (combineHalf(s1 >> 4, s2 >> 4) << 4) | combineHalf(s1 & 15, s2 & 15);
}

/** One half of MemAttr (2 bits) as a nibble; 00 is reserved beside a half that is not. */
function decodeHalf(r: Regime, half: u32): u32 {
  if (half == 1) return NC;
  if (half == 2) return WT;
  if (half == 3) return WB;
  const choice = field(r.choices, W.CHOICE_MEMATTR_LSB, 2);
  if (choice == W.ReservedMemAttr.NC) return NC;
  return choice == W.ReservedMemAttr.WT ? WT : WB;
}

function decodeMemAttr(r: Regime, memAttr: u32): u32 {
  if (memAttr >> 2 == 0) return memAttr << 2;
  return (decodeHalf(r, memAttr >> 2) << 4) | decodeHalf(r, memAttr & 3);
}

/** A half forced to write-back: the hints of stage 1 where it was cacheable. */
function forceWriteBack(s1: u32): u32 {
  return s1 == NC ? WB : s1 | 4;
}

/** FWB: MemAttr[2:0] decides, with the type of stage 1 where it says so. */
function forcedType(s1: u32, memAttr: u32): u32 {
  const device = isDeviceType(s1);
  if (!(memAttr & 4)) return device ? stronger(s1, (memAttr & 3) << 2) : (memAttr & 3) << 2;
  if ((memAttr & 3) == 3) return s1;
  if ((memAttr & 3) == 2) {
    return device ? NORMAL_WB : (forceWriteBack(s1 >> 4) << 4) | forceWriteBack(s1 & 15);
  }
  return device ? s1 : NORMAL_NC;
}

/** The type the checks of a leaf look at: stage 2's own, with FWB the combined one. */
export function checkedType(r: Regime, desc: u64, s1: u32): u32 {
  const memAttr = field(desc, A.DESC_MEMATTR_LSB, A.DESC_MEMATTR_WIDTH);
  return r.flags & FWB ? forcedType(s1, memAttr) : decodeMemAttr(r, memAttr);
}

/** Table reads of device memory, fetches and HCR_EL2.CD and ID turn a type into non-cacheable. */
function replaced(r: Regime, type: u32, access: u32): u32 {
  const device = isDeviceType(type);
  if (access == W.AccessType.EXECUTE) return device || (r.flags & ID) != 0 ? NORMAL_NC : type;
  if (device) return isTableAccess(access) && !(r.flags & PTW) ? NORMAL_NC : type;
  return r.flags & CD ? NORMAL_NC : type;
}

/** The combined type of an access through a leaf whose checked type is `type`. */
export function combinedType(r: Regime, type: u32, s1: u32, access: u32): u32 {
  const own = replaced(r, type, access);
  return r.flags & FWB ? own : combineTypes(s1, own);
}

/** SH with the reserved 01 as the choice has it. */
export function decodeShareability(r: Regime, sh: u32): u32 {
  if (sh != 1) return sh;
  const choice = field(r.choices, W.CHOICE_SH_LSB, 2);
  if (choice == W.ReservedShareability.ISH) return ISH;
  return choice == W.ReservedShareability.OSH ? OSH : NSH;
}

/** Device and wholly non-cacheable memory is outer shareable, whatever the fields say. */
export function effectiveShareability(type: u32, sh: u32): u32 {
  return isDeviceType(type) || type == NORMAL_NC ? OSH : sh;
}

/** Shareability of both stages for memory of the combined type. */
export function combinedShareability(r: Regime, desc: u64, s1: u32, type: u32): u32 {
  const own =
    r.flags & DS
      ? field(r.vtcr, A.VTCR_SH0_LSB, A.VTCR_SH0_WIDTH)
      : field(desc, A.DESC_SH_LSB, A.DESC_SH_WIDTH);
  const s2 = decodeShareability(r, own);
  let sh = NSH;
  if (s1 == OSH || s2 == OSH) sh = OSH;
  else if (s1 == ISH || s2 == ISH) sh = ISH;
  return effectiveShareability(type, sh);
}

/** A byte of MAIR_EL1 as the combination takes it: of device types their type, a reserved half as non-cacheable. */
export function decodeMair(attr: u32): u32 {
  if (attr >> 4 == 0) return attr & 0xc;
  return attr & 15 ? attr : attr | NC;
}
