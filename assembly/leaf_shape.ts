// What both stages know alike about descriptors: which are leaves, and what a leaf's span gives to the address.
import * as A from "../src/abi/arm";
import * as W from "../src/abi/walk";
import { CONTIG, hasBlocks, isValid, outputAddress } from "./desc";
import { Regime } from "./walk_structs";

/** What a descriptor is to a walk. */
export enum Kind {
  INVALID,
  TABLE,
  LEAF,
}

/** What a valid descriptor at `level` is to the walk. */
// @ts-ignore: decorator
@inline
export function kindOf(desc: u64, granuleShift: u32, level: i32, layout: u32): Kind {
  if (!isValid(desc)) return Kind.INVALID;
  const second = (desc >> A.DESC_TABLE_LSB) & 1;
  if (level == 3) return second ? Kind.LEAF : Kind.INVALID;
  if (second) return Kind.TABLE;
  return hasBlocks(granuleShift, level, layout) ? Kind.LEAF : Kind.INVALID;
}

/** log2 of the entries a contiguous hint spans; 0 where the level has none. */
export function contiguousBits(granuleShift: u32, level: i32): u32 {
  if (granuleShift == 12) return level >= 1 ? 4 : 0;
  if (granuleShift == 14) return level == 3 ? 7 : level == 2 ? 5 : 0;
  return level >= 2 ? 5 : 0;
}

/** A contiguous span or an nT that the settings make a translation fault. */
export function leafFaults(r: Regime, desc: u64, granuleShift: u32, level: i32, shift: u32, iaBits: u32): bool {
  if (desc & CONTIG && (r.choices & W.CHOICE_CONTIG_BEYOND_FAULT) != 0) {
    const span = contiguousBits(granuleShift, level);
    if (span != 0 && shift + span > iaBits) return true;
  }
  const nt = level < 3 && ((desc >> A.DESC_NT_LSB) & 1) != 0;
  return nt && (r.features & W.FEAT_NT) != 0 && (r.choices & W.CHOICE_NT_FAULT) != 0;
}

/** Output address of a leaf for `address`: its low bits, as many as the block or the contiguous span has. */
// @ts-ignore: decorator
@inline
export function leafOutput(r: Regime, desc: u64, address: u64, granuleShift: u32, level: i32, shift: u32, layout: u32): u64 {
  let low = shift;
  if (desc & CONTIG && !(r.choices & W.CHOICE_CONTIG_FROM_DESCRIPTOR)) low += contiguousBits(granuleShift, level);
  return outputAddress(desc, low, layout) | (address & (((<u64>1) << low) - 1));
}
