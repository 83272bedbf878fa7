// A set-associative cache with true LRU, exact for addresses of 64 bits in lines of four bytes and more, of 62 bits in
// smaller ones. The ways of a set lie in the order of their last use, so that no time stamps are kept: a line that is
// used moves to the front. Four ways are compared and moved at once; see src/abi/uarch.ts for the layout.
import * as U from "../../src/abi/uarch";
import { base } from "../structs";
import { Cache, CHUNK_SHIFT, DIRTY, entryAt, entryOf, findLine, HIGH, highOf, moveToFront, setEntry, setsOf, VALID, victim } from "./cache_set";

/** What `cacheRemove` found. */
export enum Held {
  ABSENT,
  CLEAN,
  DIRTY,
}

// @ts-ignore: decorator
@inline
export function cacheAt(offset: u32): Cache {
  return changetype<Cache>(base() + offset);
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
  const bytes = sets * cache.setBytes;
  cache.used = U.CACHE_SETS + bytes;
  memory.fill(setsOf(cache), 0, bytes + chunksOf(bytes));
}

/** Chunks of `bytes` of sets; the last may be cut short. */
// @ts-ignore: decorator
@inline
function chunksOf(bytes: u32): u32 {
  return (bytes + U.CACHE_CHUNK_BYTES - 1) >> CHUNK_SHIFT;
}

/** Forgets all lines: of a large cache that holds few, little is cleared. */
export function cacheClear(offset: u32): void {
  if (offset == 0) return;
  const cache = cacheAt(offset);
  const bytes = cache.sets * cache.setBytes;
  const used = changetype<usize>(cache) + cache.used;
  for (let chunk: u32 = 0, chunks = chunksOf(bytes); chunk < chunks; chunk++) {
    if (load<u8>(used + chunk) == 0) continue;
    store<u8>(used + chunk, 0);
    const at = chunk << CHUNK_SHIFT;
    memory.fill(setsOf(cache) + at, 0, min<u32>(bytes - at, U.CACHE_CHUNK_BYTES));
  }
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
