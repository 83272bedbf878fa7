// The sets of a cache: entries in the order of their last use, four ways to a group (src/abi/uarch.ts). Groups are
// compared and moved as vectors; a core without SIMD does the same way by way.
import * as U from "../../src/abi/uarch";

@unmanaged
@final
export class Cache {
  sets: u32;
  ways: u32;
  lineBytes: u32;
  /** log2 of lineBytes, and sets - 1; both -1 unless both are powers of two. */
  lineShift: i32;
  setMask: i32;
  setBytes: u32;
  /** Where the last group of a set starts, and its last lane in use. */
  lastGroup: u32;
  lastLane: u32;
  /** A byte for each CHUNK of the sets, not 0 if a line was put into it; from the start of the cache. */
  used: u32;
}

/** High word of an entry: bits 61:32 of the line number, and what is known of the line. An empty entry is 0. */
export const VALID: u32 = 1 << 30;
export const DIRTY: u32 = 1 << 31;
/** From the low to the high words of a group. */
export const HIGH: usize = 16;
const GROUP: usize = U.CACHE_GROUP_BYTES;

/** log2 of the bytes that are cleared at once. */
export const CHUNK_SHIFT: u32 = ctz(U.CACHE_CHUNK_BYTES);

/** The entry that the last miss of any cache replaced, high word above the low; 0 if the way was empty. */
export let victim: u64 = 0;

/** Linear address of the first set. */
// @ts-ignore: decorator
@inline
export function setsOf(cache: Cache): usize {
  return changetype<usize>(cache) + U.CACHE_SETS;
}

/** The empty set at `set` is about to hold a line. */
function markUsed(cache: Cache, set: usize): void {
  const used = changetype<usize>(cache) + cache.used;
  const at = set - setsOf(cache);
  store<u8>(used + (at >> CHUNK_SHIFT), 1);
  store<u8>(used + ((at + cache.setBytes - 1) >> CHUNK_SHIFT), 1);
}

// @ts-ignore: decorator
@inline
export function entryAt(at: usize): u64 {
  return <u64>load<u32>(at) | (<u64>load<u32>(at, HIGH) << 32);
}

// @ts-ignore: decorator
@inline
export function setEntry(at: usize, entry: u64): void {
  store<u32>(at, <u32>entry);
  store<u32>(at, <u32>(entry >> 32), HIGH);
}

/** Linear address of the entry at `place` of a set. */
// @ts-ignore: decorator
@inline
export function entryOf(set: usize, place: u32): usize {
  return set + (<usize>(place >> 2) << 5) + (<usize>(place & 3) << 2);
}

// @ts-ignore: decorator
@inline
export function highOf(line: u64): u32 {
  return <u32>(line >> 32) | VALID;
}

/** Lanes of the group at `at` that hold the line of `low` and `high`, which is without its DIRTY bit and shifted by 1. */
// @ts-ignore: decorator
@inline
function equalLanes(at: usize, low: v128, high: v128): v128 {
  return v128.and(i32x4.eq(v128.load(at), low), i32x4.eq(i32x4.shl(v128.load(at, HIGH), 1), high));
}

/**
 * Puts the line of `low` and `high` at the front of its set, where it is not yet; gives the place where it was, -1 if
 * it was absent and replaced another.
 */
export function moveToFront(cache: Cache, set: usize, low: u32, high: u32): i32 {
  if (!ASC_FEATURE_SIMD) return moveByWays(cache, set, low, high);
  const lows = i32x4.splat(low);
  const highs = i32x4.splat(high << 1);
  const equal = equalLanes(set, lows, highs);
  const found = i32x4.bitmask(equal);
  if (found == 0) return moveAcross(cache, set, lows, highs, high);
  const kept = i32x4.bitmask(v128.and(equal, v128.load(set, HIGH))) != 0 ? high | DIRTY : high;
  moveGroup(set, lows, i32x4.splat(kept), lanesAfter(equal));
  return ctz(found);
}

/** Lanes behind the one of `equal`. */
// @ts-ignore: decorator
@inline
function lanesAfter(equal: v128): v128 {
  const none = i32x4.splat(0);
  const next = v128.shuffle<i32>(none, equal, 3, 4, 5, 6);
  const two = v128.or(next, v128.shuffle<i32>(none, next, 3, 4, 5, 6));
  return v128.or(two, v128.shuffle<i32>(none, two, 2, 3, 4, 5));
}

/** Every lane but those of `keep` takes what was in the lane before it, the first the last of `low` and `high`. */
// @ts-ignore: decorator
@inline
function moveGroup(at: usize, low: v128, high: v128, keep: v128): void {
  const groupLow = v128.load(at);
  const groupHigh = v128.load(at, HIGH);
  v128.store(at, v128.bitselect(groupLow, v128.shuffle<i32>(low, groupLow, 3, 4, 5, 6), keep));
  v128.store(at, v128.bitselect(groupHigh, v128.shuffle<i32>(high, groupHigh, 3, 4, 5, 6), keep), HIGH);
}

/** As moveToFront, for a line that is not in the first group: whole groups move on until it is found. */
function moveAcross(cache: Cache, set: usize, lows: v128, highs: v128, high: u32): i32 {
  if (load<u32>(set, HIGH) == 0) markUsed(cache, set);
  const last = set + cache.lastGroup;
  let beforeLow = lows;
  let beforeHigh = i32x4.splat(high);
  let at = set;
  while (true) {
    const groupLow = v128.load(at);
    const groupHigh = v128.load(at, HIGH);
    const equal = equalLanes(at, lows, highs);
    const found = i32x4.bitmask(equal);
    if (found != 0) {
      moveGroup(at, beforeLow, beforeHigh, lanesAfter(equal));
      if (i32x4.bitmask(v128.and(equal, groupHigh)) != 0) store<u32>(set, high | DIRTY, HIGH);
      return <i32>((at - set) >> 3) + ctz(found);
    }
    if (at == last) {
      const lane = cache.lastLane;
      victim = entryAt(at + (<usize>lane << 2));
      moveGroup(at, beforeLow, beforeHigh, i32x4.gt_s(i32x4(0, 1, 2, 3), i32x4.splat(lane)));
      return -1;
    }
    v128.store(at, v128.shuffle<i32>(beforeLow, groupLow, 3, 4, 5, 6));
    v128.store(at, v128.shuffle<i32>(beforeHigh, groupHigh, 3, 4, 5, 6), HIGH);
    beforeLow = groupLow;
    beforeHigh = groupHigh;
    at += GROUP;
  }
}

/** As moveToFront: the ways before the line's old place move on, one after another. */
function moveByWays(cache: Cache, set: usize, low: u32, high: u32): i32 {
  if (load<u32>(set, HIGH) == 0) markUsed(cache, set);
  let moving = <u64>low | (<u64>high << 32);
  for (let i: u32 = 0; i < cache.ways; i++) {
    const at = entryOf(set, i);
    const entry = entryAt(at);
    setEntry(at, moving);
    if (isLine(entry, low, high)) {
      if (entry >> 63 != 0) store<u32>(set, high | DIRTY, HIGH);
      return i;
    }
    moving = entry;
  }
  victim = moving;
  return -1;
}

/** Written or not. */
// @ts-ignore: decorator
@inline
function isLine(entry: u64, low: u32, high: u32): bool {
  return <u32>entry == low && <u32>(entry >> 32) << 1 == high << 1;
}

/** Place of a line in its set, -1 if it is absent; nothing moves. */
export function findLine(cache: Cache, set: usize, line: u64): i32 {
  if (!ASC_FEATURE_SIMD) return findByWays(cache, set, <u32>line, highOf(line));
  const low = i32x4.splat(<u32>line);
  const high = i32x4.splat(highOf(line) << 1);
  const last = set + cache.lastGroup;
  for (let at = set; at <= last; at += GROUP) {
    const found = i32x4.bitmask(equalLanes(at, low, high));
    if (found != 0) return <i32>((at - set) >> 3) + ctz(found);
  }
  return -1;
}

function findByWays(cache: Cache, set: usize, low: u32, high: u32): i32 {
  for (let i: u32 = 0; i < cache.ways; i++) if (isLine(entryAt(entryOf(set, i)), low, high)) return i;
  return -1;
}
