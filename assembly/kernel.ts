// The walk as one inlined piece of code, instantiated for each granule, start level, address layout, kind of memory
// and form of result: types stand for the constants, so that the compiler folds them. A kernel knows only how a walk
// succeeds; on anything else it gives SLOW, and the full walk of translate.ts finds the answer.
import * as A from "../src/abi/arm";
import { RESULT_MEMATTR_LSB, RESULT_XN_LSB } from "../src/abi/walk";
import { chunkEntry, LINEAR_PAGE_BITS } from "./chunks";
import { TABLE, VALID } from "./desc";
import { levelShift } from "./vtcr";

/** No result of a walk. */
export const SLOW: u64 = ~(<u64>0);

export class Granule4K {}
export class Granule16K {}
export class Granule64K {}
export class LevelMinus1 {}
export class Level0 {}
export class Level1 {}
export class Level2 {}
export class Level3 {}
/** Addresses of 48 bits, or of 52. */
export class Narrow {}
export class Wide {}
/** All tables below the first lie in one bank, or anywhere. */
export class Window {}
export class Chunks {}
/** Results without and with the attributes of the leaf. */
export class Plain {}
export class Attributes {}

// @ts-ignore: decorator
@inline
function granule<G>(): u32 {
  return idof<G>() == idof<Granule4K>() ? 12 : idof<G>() == idof<Granule16K>() ? 14 : 16;
}

// @ts-ignore: decorator
@inline
function start<S>(): i32 {
  if (idof<S>() == idof<LevelMinus1>()) return -1;
  if (idof<S>() == idof<Level0>()) return 0;
  if (idof<S>() == idof<Level1>()) return 1;
  return idof<S>() == idof<Level2>() ? 2 : 3;
}

// @ts-ignore: decorator
@inline
function is<T, U>(): bool {
  return idof<T>() == idof<U>();
}

/** The next table's or the leaf's address in `desc`, down to bit `shift`. */
// @ts-ignore: decorator
@inline
function address<G, W>(desc: u64, shift: u32): u64 {
  const lpa2 = is<W, Wide>() && !is<G, Granule64K>();
  const end: u32 = lpa2 ? A.DESC_LPA2_ADDRESS_END : A.DESC_ADDRESS_END;
  const low = desc & ((((<u64>1) << end) - 1) & ~(((<u64>1) << shift) - 1));
  if (!is<W, Wide>()) return low;
  const lsb: u32 = lpa2 ? A.DESC_LPA2_HIGH_LSB : A.DESC_LPA_HIGH_LSB;
  const width: u32 = lpa2 ? A.DESC_LPA2_HIGH_WIDTH : A.DESC_LPA_HIGH_WIDTH;
  return low | ((desc & ((((<u64>1) << width) - 1) << lsb)) << (end - lsb));
}

/** PA of the entry for `ipa` at `level` in the table that `desc` links. */
// @ts-ignore: decorator
@inline
function entry<G, W>(desc: u64, ipa: u64, level: i32): u64 {
  const index = (ipa >> levelShift(granule<G>(), level)) & (((<u64>1) << (granule<G>() - 3)) - 1);
  return address<G, W>(desc, granule<G>()) | (index << 3);
}

// Where physical memory is. Of a window `a` is its PA, `b` its size and `c` where it lies; of chunks `a` is their
// shift, `b` the mask of the bits below and `c` their table.

// @ts-ignore: decorator
@inline
function probe<M>(at: u64, a: u64, c: usize): u64 {
  return is<M, Window>() ? at - a : load<u64>(chunkEntry(c, at >> a));
}

// @ts-ignore: decorator
@inline
function missed<M>(found: u64, at: u64, a: u64, b: u64): bool {
  return is<M, Window>() ? found >= b : found >> LINEAR_PAGE_BITS != at >> a;
}

// @ts-ignore: decorator
@inline
function fetch<M>(found: u64, at: u64, b: u64, c: usize): u64 {
  if (is<M, Window>()) return load<u64>(c + <usize>found);
  return load<u64>((<usize>(found & ((1 << LINEAR_PAGE_BITS) - 1)) << 12) + <usize>(at & b));
}

/** The result of the leaf `desc` at `level`. */
// @ts-ignore: decorator
@inline
function result<G, W, F>(desc: u64, ipa: u64, level: i32, mask: u64, bits: u64): u64 {
  const shift = levelShift(granule<G>(), level);
  const pa = address<G, W>(desc, shift) | (ipa & (((<u64>1) << shift) - 1));
  if (is<F, Plain>()) return pa;
  const xn = desc & ((((<u64>1) << A.DESC_XN_WIDTH) - 1) << A.DESC_XN_LSB);
  return pa | ((desc & mask) << (RESULT_MEMATTR_LSB - A.DESC_MEMATTR_LSB)) | (xn << (RESULT_XN_LSB - A.DESC_XN_LSB)) | bits;
}

/**
 * Walks one IPA from the first table at `root`. A table must satisfy `tables`, a leaf `leaves` and `value` (that of a
 * block); `mask` and `bits` make the attributes.
 */
// @ts-ignore: decorator
@inline
export function lookup<G, S, W, M, F>(
  ipa: u64, ipaMax: u64, root: usize, a: u64, b: u64, c: usize,
  tables: u64, leaves: u64, value: u64, mask: u64, bits: u64,
): u64 {
  if (ipa > ipaMax) return SLOW;
  let at: u64 = 0;
  let found: u64 = 0;
  let desc = load<u64>(root + (<usize>(ipa >> levelShift(granule<G>(), start<S>())) << 3));
  if (start<S>() < 0) {
    if ((desc & tables) != (VALID | TABLE)) return SLOW;
    at = entry<G, W>(desc, ipa, 0);
    found = probe<M>(at, a, c);
    if (missed<M>(found, at, a, b)) return SLOW;
    desc = fetch<M>(found, at, b, c);
  }
  if (start<S>() < 1) {
    if ((desc & tables) != (VALID | TABLE)) return SLOW;
    at = entry<G, W>(desc, ipa, 1);
    found = probe<M>(at, a, c);
    if (missed<M>(found, at, a, b)) return SLOW;
    desc = fetch<M>(found, at, b, c);
  }
  if (start<S>() < 2) {
    if ((desc & tables) != (VALID | TABLE)) {
      if (!is<G, Granule4K>() || (desc & leaves) != value) return SLOW;
      return result<G, W, F>(desc, ipa, 1, mask, bits);
    }
    at = entry<G, W>(desc, ipa, 2);
    found = probe<M>(at, a, c);
    if (missed<M>(found, at, a, b)) return SLOW;
    desc = fetch<M>(found, at, b, c);
  }
  if (start<S>() < 3) {
    if ((desc & tables) != (VALID | TABLE)) {
      if ((desc & leaves) != value) return SLOW;
      return result<G, W, F>(desc, ipa, 2, mask, bits);
    }
    at = entry<G, W>(desc, ipa, 3);
    found = probe<M>(at, a, c);
    if (missed<M>(found, at, a, b)) return SLOW;
    desc = fetch<M>(found, at, b, c);
  }
  if ((desc & leaves) != (value | TABLE)) return SLOW;
  return result<G, W, F>(desc, ipa, 3, mask, bits);
}
