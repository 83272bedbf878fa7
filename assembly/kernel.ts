// The walk as one inlined piece of code, instantiated for each granule, start level, address layout, kind of memory
// and form of result: types stand for the constants, so that the compiler folds them. A kernel knows only how a walk
// succeeds; on anything else it gives SLOW, and the full walk of translate.ts finds the answer.
import * as A from "../src/abi/arm";
import { RESULT_MEMATTR_LSB, RESULT_XN_LSB } from "../src/abi/walk";
import { chunkEntry, LINEAR_PAGE_BITS, LINEAR_PAGE_SHIFT } from "./chunks";
import { levelShift } from "./vtcr";

/** Both type bits of a descriptor. */
export const TYPE: u64 = 3;
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

/** Bits of a descriptor that hold an address down to bit `shift` in their own place. */
// @ts-ignore: decorator
@inline
function inPlace<G, W>(shift: u32): u64 {
  const end: u32 = is<W, Wide>() && !is<G, Granule64K>() ? A.DESC_LPA2_ADDRESS_END : A.DESC_ADDRESS_END;
  return (((<u64>1) << end) - 1) & ~(((<u64>1) << shift) - 1);
}

/** Address bits that `desc` holds elsewhere, moved to their place. */
// @ts-ignore: decorator
@inline
function elsewhere<G, W>(desc: u64): u64 {
  if (!is<W, Wide>()) return 0;
  const lsb: u32 = is<G, Granule64K>() ? A.DESC_LPA_HIGH_LSB : A.DESC_LPA2_HIGH_LSB;
  const width: u32 = is<G, Granule64K>() ? A.DESC_LPA_HIGH_WIDTH : A.DESC_LPA2_HIGH_WIDTH;
  const end: u32 = is<G, Granule64K>() ? A.DESC_ADDRESS_END : A.DESC_LPA2_ADDRESS_END;
  return (desc & ((((<u64>1) << width) - 1) << lsb)) << (end - lsb);
}

// Where physical memory is. A link is a table descriptor's address with the type bits. Of a window `a` is the link to
// its first byte, `b` a quarter of its size and `c` what makes a link a linear address; of chunks `a` is their shift
// less two, `b` nothing and `c` their table. A rotation by two puts wrong type bits on top, out of all bounds.

// @ts-ignore: decorator
@inline
function link<G, W>(desc: u64): u64 {
  return (desc & (inPlace<G, W>(granule<G>()) | TYPE)) | elsewhere<G, W>(desc);
}

// @ts-ignore: decorator
@inline
function chunk(to: u64, a: u64): u64 {
  return rotr<u64>(to - TYPE, 2) >> a;
}

// @ts-ignore: decorator
@inline
function probe<M>(to: u64, a: u64, c: usize): u64 {
  return is<M, Window>() ? 0 : load<u64>(chunkEntry(c, chunk(to, a)));
}

// @ts-ignore: decorator
@inline
function missed<M>(found: u64, to: u64, a: u64, b: u64): bool {
  return is<M, Window>() ? rotr<u64>(to - a, 2) >= b : found >> LINEAR_PAGE_BITS != chunk(to, a);
}

/** The entry for `ipa` at `level` in the table that the link leads to. */
// @ts-ignore: decorator
@inline
function fetch<G, M>(found: u64, to: u64, ipa: u64, level: i32, c: usize): u64 {
  const index = <usize>(ipa >> (levelShift(granule<G>(), level) - 3)) & ((((<usize>1) << (granule<G>() - 3)) - 1) << 3);
  if (is<M, Window>()) return load<u64>(<usize>to + (index + c));
  // The shift drops the chunk's number.
  return load<u64>((<usize>found << LINEAR_PAGE_SHIFT) + <usize>to + (index - <usize>TYPE));
}

/** The attributes of a leaf in their places: MemAttr, S2AP and, as `mask` says, SH; XN; and `bits` besides. */
// @ts-ignore: decorator
@inline
export function attributesOf(desc: u64, mask: u64, bits: u64): u64 {
  const xn = desc & ((((<u64>1) << A.DESC_XN_WIDTH) - 1) << A.DESC_XN_LSB);
  return ((desc & mask) << (RESULT_MEMATTR_LSB - A.DESC_MEMATTR_LSB)) | (xn << (RESULT_XN_LSB - A.DESC_XN_LSB)) | bits;
}

/** The result of the leaf `desc` at `level`. */
// @ts-ignore: decorator
@inline
function result<G, W, F>(desc: u64, ipa: u64, level: i32, mask: u64, bits: u64): u64 {
  const shift = levelShift(granule<G>(), level);
  const pa = (desc & inPlace<G, W>(shift)) | elsewhere<G, W>(desc) | (ipa & (((<u64>1) << shift) - 1));
  return is<F, Plain>() ? pa : pa | attributesOf(desc, mask, bits);
}

/**
 * Walks one IPA from the first table at `root`. A leaf must satisfy `leaves` and `block` or `page`; `mask` and `bits`
 * make the attributes.
 */
// @ts-ignore: decorator
@inline
export function lookup<G, S, W, M, F>(
  ipa: u64, ipaMax: u64, root: usize, a: u64, b: u64, c: usize, leaves: u64, block: u64, page: u64, mask: u64, bits: u64,
): u64 {
  if (ipa > ipaMax) return SLOW;
  let to: u64 = 0;
  let found: u64 = 0;
  let desc = load<u64>(root + (<usize>(ipa >> levelShift(granule<G>(), start<S>())) << 3));
  if (start<S>() < 0) {
    to = link<G, W>(desc);
    found = probe<M>(to, a, c);
    if (missed<M>(found, to, a, b)) return SLOW;
    desc = fetch<G, M>(found, to, ipa, 0, c);
  }
  if (start<S>() < 1) {
    to = link<G, W>(desc);
    found = probe<M>(to, a, c);
    if (missed<M>(found, to, a, b)) return SLOW;
    desc = fetch<G, M>(found, to, ipa, 1, c);
  }
  if (start<S>() < 2) {
    to = link<G, W>(desc);
    found = probe<M>(to, a, c);
    if (missed<M>(found, to, a, b)) {
      if (!is<G, Granule4K>() || (desc & leaves) != block) return SLOW;
      return result<G, W, F>(desc, ipa, 1, mask, bits);
    }
    desc = fetch<G, M>(found, to, ipa, 2, c);
  }
  if (start<S>() < 3) {
    to = link<G, W>(desc);
    found = probe<M>(to, a, c);
    if (missed<M>(found, to, a, b)) {
      if ((desc & leaves) != block) return SLOW;
      return result<G, W, F>(desc, ipa, 2, mask, bits);
    }
    desc = fetch<G, M>(found, to, ipa, 3, c);
  }
  if ((desc & leaves) != page) return SLOW;
  return result<G, W, F>(desc, ipa, 3, mask, bits);
}
