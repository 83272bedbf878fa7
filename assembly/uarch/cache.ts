// A set-associative cache with true LRU, exact for addresses of 64 bits in lines of four bytes and more, of 62 bits in
// smaller ones. The ways of a set lie in the order of their last use, so that no time stamps are kept: a line that is
// used moves to the front. Four ways are compared and moved at once; see src/abi/uarch.ts for the layout.
import * as U from "../../src/abi/uarch";
import { base } from "../structs";

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
}

/** High word of an entry: bits 61:32 of the line number, and what is known of the line. An empty entry is 0. */
const VALID: u32 = 1 << 30;
const DIRTY: u32 = 1 << 31;
/** From the low to the high words of a group. */
const HIGH: usize = 16;
const GROUP: usize = U.CACHE_GROUP_BYTES;

/** What `cacheRemove` found. */
export enum Held {
  ABSENT,
  CLEAN,
  DIRTY,
}

/** The entry that the last miss of any cache replaced, high word above the low; 0 if the way was empty. */
let victim: u64 = 0;

// @ts-ignore: decorator
@inline
export function cacheAt(offset: u32): Cache {
  return changetype<Cache>(base() + offset);
}

/** Linear address of the first set. */
// @ts-ignore: decorator
@inline
export function setsOf(cache: Cache): usize {
  return changetype<usize>(cache) + U.CACHE_SETS;
}

/** Makes an empty cache of the bytes at `offset`. */
export function cacheInit(offset: u32, sets: u32, ways: u32, lineBytes: u32): void {
  const cache = cacheAt(offset);
  const groups = (ways + U.CACHE_GROUP_WAYS - 1) / U.CACHE_GROUP_WAYS;
  cache.sets = sets;
  cache.ways = ways;
  cache.lineBytes = lineBytes;
  const powers = popcnt(lineBytes) == 1 && popcnt(sets) == 1;
  cache.lineShift = powers ? <i32>ctz(lineBytes) : -1;
  cache.setMask = powers ? <i32>(sets - 1) : -1;
  cache.setBytes = groups * U.CACHE_GROUP_BYTES;
  cache.lastGroup = (groups - 1) * U.CACHE_GROUP_BYTES;
  cache.lastLane = (ways - 1) % U.CACHE_GROUP_WAYS;
  cacheClear(offset);
}

/** Forgets all lines. */
export function cacheClear(offset: u32): void {
  if (offset == 0) return;
  const cache = cacheAt(offset);
  memory.fill(setsOf(cache), 0, <usize>cache.sets * cache.setBytes);
}

// @ts-ignore: decorator
@inline
export function lineOf(cache: Cache, address: u64): u64 {
  const shift = cache.lineShift;
  return shift < 0 ? address / cache.lineBytes : address >> shift;
}

// @ts-ignore: decorator
@inline
function setIndex(cache: Cache, line: u64): u32 {
  const mask = cache.setMask;
  return mask < 0 ? <u32>(line % cache.sets) : <u32>line & mask;
}

// @ts-ignore: decorator
@inline
function setAt(cache: Cache, index: u32): usize {
  return setsOf(cache) + <usize>index * cache.setBytes;
}

// @ts-ignore: decorator
@inline
function highOf(line: u64): u32 {
  return <u32>(line >> 32) | VALID;
}

/** Lanes of the group at `at` that hold the line of `low` and `high`, which is without its DIRTY bit and shifted by 1. */
// @ts-ignore: decorator
@inline
function equalLanes(at: usize, low: v128, high: v128): v128 {
  return v128.and(i32x4.eq(v128.load(at), low), i32x4.eq(i32x4.shl(v128.load(at, HIGH), 1), high));
}

/** An access: true if the line is in the cache. It is afterwards, as the one used last. */
// @ts-ignore: decorator
@inline
export function cacheAccess(offset: u32, address: u64, write: bool): bool {
  return cachePlace(cacheAt(offset), address, write) >= 0;
}

/**
 * Moves the line of `address` to the front of its set; gives the place where it was, -1 if it was absent and replaced
 * another.
 */
// @ts-ignore: decorator
@inline
function cachePlace(cache: Cache, address: u64, write: bool): i32 {
  const mask = cache.setMask;
  if (mask < 0) return placeByDivision(cache, address, write);
  const line = address >> cache.lineShift;
  return placeIn(cache, setAt(cache, <u32>line & mask), line, write);
}

function placeByDivision(cache: Cache, address: u64, write: bool): i32 {
  const line = address / cache.lineBytes;
  return placeIn(cache, setAt(cache, <u32>(line % cache.sets)), line, write);
}

/** As cachePlace, in the set at `set`. */
// @ts-ignore: decorator
@inline
export function placeIn(cache: Cache, set: usize, line: u64, write: bool): i32 {
  const low = <u32>line;
  const high = highOf(line);
  const front = load<u32>(set, HIGH);
  if (load<u32>(set) == low && front << 1 == high << 1) {
    if (write) store<u32>(set, front | DIRTY, HIGH);
    return 0;
  }
  return moveToFront(cache, set, low, write ? high | DIRTY : high);
}

function moveToFront(cache: Cache, set: usize, low: u32, high: u32): i32 {
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

// @ts-ignore: decorator
@inline
function entryAt(at: usize): u64 {
  return <u64>load<u32>(at) | (<u64>load<u32>(at, HIGH) << 32);
}

// @ts-ignore: decorator
@inline
function setEntry(at: usize, entry: u64): void {
  store<u32>(at, <u32>entry);
  store<u32>(at, <u32>(entry >> 32), HIGH);
}

/** Linear address of the entry at `place` of a set. */
// @ts-ignore: decorator
@inline
function entryOf(set: usize, place: u32): usize {
  return set + (<usize>(place >> 2) << 5) + (<usize>(place & 3) << 2);
}

/** Place of a line in its set, -1 if it is absent; nothing moves. */
function findLine(cache: Cache, set: usize, line: u64): i32 {
  const low = i32x4.splat(<u32>line);
  const high = i32x4.splat(highOf(line) << 1);
  const last = set + cache.lastGroup;
  for (let at = set; at <= last; at += GROUP) {
    const found = i32x4.bitmask(equalLanes(at, low, high));
    if (found != 0) return <i32>((at - set) >> 3) + ctz(found);
  }
  return -1;
}

/** Takes the line of `address` out; the way it leaves empty is the next to be filled. */
export function cacheRemove(offset: u32, address: u64): Held {
  const cache = cacheAt(offset);
  const line = lineOf(cache, address);
  const set = setAt(cache, setIndex(cache, line));
  const place = findLine(cache, set, line);
  if (place < 0) return Held.ABSENT;
  const held = entryAt(entryOf(set, place)) >> 63 != 0 ? Held.DIRTY : Held.CLEAN;
  const end = cache.ways - 1;
  for (let i = <u32>place; i < end; i++) setEntry(entryOf(set, i), entryAt(entryOf(set, i + 1)));
  setEntry(entryOf(set, end), 0);
  return held;
}

/** Marks the line of `address` as written, if the cache holds it; its use is not noted. */
export function cacheWriteBack(offset: u32, address: u64): bool {
  const cache = cacheAt(offset);
  const line = lineOf(cache, address);
  const set = setAt(cache, setIndex(cache, line));
  const place = findLine(cache, set, line);
  if (place < 0) return false;
  const at = entryOf(set, place);
  store<u32>(at, load<u32>(at, HIGH) | DIRTY, HIGH);
  return true;
}

/** True if the last miss replaced a written line. */
// @ts-ignore: decorator
@inline
export function replacedDirty(): bool {
  return victim >> 63 != 0;
}

/** Address of the line that the last miss of `cache` replaced. */
export function replacedAddress(offset: u32): u64 {
  return (victim & ~(<u64>(VALID | DIRTY) << 32)) * cacheAt(offset).lineBytes;
}
