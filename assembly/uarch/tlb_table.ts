// A table of translations with true LRU in each set: TLBs, walk caches and IPA caches alike. It may hold entries of
// several sizes, which a look-up tries from the smallest on; its set is that of the address in units of the size.
import * as T from "../../src/abi/tlb";
import { TlbType } from "../../src/abi/tlb";

@unmanaged
@final
export class Tlb {
  sets: u32;
  ways: u32;
  slots: u32;
  mask: i32;
  setBytes: u32;
  ring: u32;
  entries: u32;
  private pad: u32;
}

@unmanaged
@final
export class TlbEntry {
  key: u64;
  context: u32;
  flags: u32;
  output: u64;
  stage1: u64;
  stage2: u64;
}

/** In a ring: the two links of a way, behind the head. */
export const NEXT: usize = T.RING_LINKS;
export const PREVIOUS: usize = T.RING_LINKS + 2;
export const SIZE_BITS: u32 = 6;
const PAGE_BITS: u32 = 12;
/** Tags that are compared at once. */
export const TAG_GROUP: u32 = 8;

/** An exact key: the address (below it nothing is translated), what the entry translates and log2 of its size. */
// @ts-ignore: decorator
@inline
export function keyOf(type: TlbType, address: u64, shift: u32): u64 {
  return ((address >> shift) << shift) | (<u64>type << SIZE_BITS) | shift;
}

// @ts-ignore: decorator
@inline
export function shiftOf(key: u64): u32 {
  return <u32>key & ((1 << SIZE_BITS) - 1);
}

// @ts-ignore: decorator
@inline
export function typeOf(key: u64): TlbType {
  return <TlbType>((<u32>key >> SIZE_BITS) & ((1 << (PAGE_BITS - SIZE_BITS)) - 1));
}

/** Of several tags that are equal the full keys decide; never 0. */
// @ts-ignore: decorator
@inline
export function tagOf(key: u64, context: u32): u32 {
  return <u32>(((key ^ (<u64>context << 44)) * 0x9e3779b97f4a7c15) >> 48) | 1;
}

/** Linear address of a set. */
// @ts-ignore: decorator
@inline
export function setAt(tlb: Tlb, index: u32): usize {
  return changetype<usize>(tlb) + T.TLB_FIRST_SET + index * tlb.setBytes;
}

/** The set that may hold the key. */
// @ts-ignore: decorator
@inline
export function setOf(tlb: Tlb, key: u64): usize {
  const unit = key >> shiftOf(key);
  const mask = tlb.mask;
  return setAt(tlb, mask >= 0 ? <u32>unit & mask : <u32>(unit % tlb.sets));
}

/** Its order of use: the way used last, and two links for each way. */
// @ts-ignore: decorator
@inline
function ringOf(tlb: Tlb, set: usize): usize {
  return set + tlb.ring;
}

// @ts-ignore: decorator
@inline
export function entryAt(tlb: Tlb, set: usize, way: u32): TlbEntry {
  return changetype<TlbEntry>(set + tlb.entries + way * T.ENTRY_SIZEOF);
}

/** The sizes held of entries of a type, a bit for each. */
// @ts-ignore: decorator
@inline
export function sizesOf(tlb: Tlb, type: TlbType): u64 {
  return load<u64>(changetype<usize>(tlb) + (<usize>type << 3), T.TLB_SIZES);
}

/** The way of `set` that holds the key, or -1. Two groups are compared at once, while there are two. */
// @ts-ignore: decorator
@inline
export function findWay(tlb: Tlb, set: usize, tag: u32, key: u64, context: u32): i32 {
  if (!ASC_FEATURE_SIMD) return findByWays(tlb, set, tag, key, context);
  const wanted = i16x8.splat(<i16>tag);
  const slots = tlb.slots;
  let first: u32 = 0;
  for (; first + TAG_GROUP < slots; first += 2 * TAG_GROUP) {
    const at = set + (first << 1);
    const low = i16x8.eq(v128.load(at), wanted);
    const high = i16x8.eq(v128.load(at, 2 * TAG_GROUP), wanted);
    const found = i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
    if (found == 0) continue;
    const way = wayAmong(tlb, set, first, found, key, context);
    if (way >= 0) return way;
  }
  if (first >= slots) return -1;
  const found = i16x8.bitmask(i16x8.eq(v128.load(set + (first << 1)), wanted));
  return found == 0 ? -1 : wayAmong(tlb, set, first, found, key, context);
}

/** As findWay, among the ways from `first` on that `found` has a bit for. */
// @ts-ignore: decorator
@inline
function wayAmong(tlb: Tlb, set: usize, first: u32, found: i32, key: u64, context: u32): i32 {
  do {
    const way = first + ctz(found);
    const entry = entryAt(tlb, set, way);
    if (entry.key == key && entry.context == context) return way;
    found &= found - 1;
  } while (found != 0);
  return -1;
}

/** As findWay, one way after the other. */
function findByWays(tlb: Tlb, set: usize, tag: u32, key: u64, context: u32): i32 {
  for (let way: u32 = 0; way < tlb.slots; way++) {
    if (load<u16>(set + (way << 1)) != tag) continue;
    const entry = entryAt(tlb, set, way);
    if (entry.key == key && entry.context == context) return way;
  }
  return -1;
}

/** The way of `set` that was used last. */
// @ts-ignore: decorator
@inline
export function wayUsedLast(tlb: Tlb, set: usize): u32 {
  return load<u16>(ringOf(tlb, set));
}

/** Takes a way that is neither the head nor the tail out of its ring. */
// @ts-ignore: decorator
@inline
function unlink(ring: usize, way: u32): void {
  const next: u32 = load<u16>(ring + (way << 2), NEXT);
  const previous: u32 = load<u16>(ring + (way << 2), PREVIOUS);
  store<u16>(ring + (previous << 2), <u16>next, NEXT);
  store<u16>(ring + (next << 2), <u16>previous, PREVIOUS);
}

/** Puts a way between the tail of the ring and its head. */
// @ts-ignore: decorator
@inline
function linkBefore(ring: usize, head: u32, way: u32): void {
  const tail: u32 = load<u16>(ring + (head << 2), PREVIOUS);
  store<u16>(ring + (tail << 2), <u16>way, NEXT);
  store<u16>(ring + (way << 2), <u16>tail, PREVIOUS);
  store<u16>(ring + (way << 2), <u16>head, NEXT);
  store<u16>(ring + (head << 2), <u16>way, PREVIOUS);
}

/** Makes `way` the entry of its set used last. */
// @ts-ignore: decorator
@inline
export function touch(tlb: Tlb, set: usize, way: u32): void {
  const ring = ringOf(tlb, set);
  const head: u32 = load<u16>(ring);
  if (way == head) return;
  if (way != load<u16>(ring + (head << 2), PREVIOUS)) {
    unlink(ring, way);
    linkBefore(ring, head, way);
  }
  store<u16>(ring, <u16>way);
}

/** Makes `way` the entry of its set that is replaced next. */
function demote(tlb: Tlb, set: usize, way: u32): void {
  const ring = ringOf(tlb, set);
  const head: u32 = load<u16>(ring);
  if (way == head) {
    store<u16>(ring, load<u16>(ring + (way << 2), NEXT));
    return;
  }
  if (way == load<u16>(ring + (head << 2), PREVIOUS)) return;
  unlink(ring, way);
  linkBefore(ring, head, way);
}

/** The entry with the key, which becomes the one used last; null if there is none. */
// @ts-ignore: decorator
@inline
export function lookupKey(tlb: Tlb, key: u64, context: u32): TlbEntry | null {
  const set = setOf(tlb, key);
  const way = findWay(tlb, set, tagOf(key, context), key, context);
  if (way < 0) return null;
  touch(tlb, set, way);
  return entryAt(tlb, set, way);
}

/** The smallest entry of the type that covers the address, which becomes the one used last. */
export function lookup(tlb: Tlb, type: TlbType, address: u64, context: u32): TlbEntry | null {
  for (let sizes = sizesOf(tlb, type); sizes != 0; sizes &= sizes - 1) {
    const found = lookupKey(tlb, keyOf(type, address, <u32>ctz(sizes)), context);
    if (found != null) return found;
  }
  return null;
}

/** Notes that entries of the kind that `key` is of became `change` more. */
function countHeld(tlb: Tlb, key: u64, change: i32): void {
  const shift = shiftOf(key);
  const type = <usize>typeOf(key);
  const at = changetype<usize>(tlb) + (((type << SIZE_BITS) + shift) << 2);
  const held = load<u32>(at, T.TLB_HELD) + change;
  store<u32>(at, held, T.TLB_HELD);
  const sizes = changetype<usize>(tlb) + (type << 3);
  const bit = (<u64>1) << shift;
  const others = load<u64>(sizes, T.TLB_SIZES) & ~bit;
  store<u64>(sizes, held != 0 ? others | bit : others, T.TLB_SIZES);
}

/** Room for an entry with the key, in the place of the one that has it or of the one used longest ago. */
export function place(tlb: Tlb, key: u64, context: u32): TlbEntry {
  const set = setOf(tlb, key);
  const tag = tagOf(key, context);
  const way = findWay(tlb, set, tag, key, context);
  if (way < 0) return replaceOldest(tlb, set, tag, key, context);
  touch(tlb, set, way);
  return entryAt(tlb, set, way);
}

/**
 * Stores a tag together with its neighbours: the group is soon loaded as a whole, which a narrower store that is still
 * on its way to the host's cache would hold up.
 */
// @ts-ignore: decorator
@inline
function storeTag(set: usize, way: u32, tag: u32): void {
  if (!ASC_FEATURE_SIMD) return store<u16>(set + (way << 1), <u16>tag);
  const group = set + ((way & ~(TAG_GROUP - 1)) << 1);
  const lane = i16x8.eq(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>(way & (TAG_GROUP - 1))));
  v128.store(group, v128.bitselect(i16x8.splat(<i16>tag), v128.load(group), lane));
}

/** Room for an entry with a key that the set does not hold, in the place of the one used longest ago. */
// @ts-ignore: decorator
@inline
export function replaceOldest(tlb: Tlb, set: usize, tag: u32, key: u64, context: u32): TlbEntry {
  const ring = ringOf(tlb, set);
  const way: u32 = load<u16>(ring + (<u32>load<u16>(ring) << 2), PREVIOUS);
  store<u16>(ring, <u16>way);
  const entry = entryAt(tlb, set, way);
  const held = isHeld(set, way);
  // Mostly the new entry is of the type and size of the old one.
  if (!held || ((entry.key ^ key) & ((1 << PAGE_BITS) - 1)) != 0) {
    if (held) countHeld(tlb, entry.key, -1);
    countHeld(tlb, key, 1);
  }
  storeTag(set, way, tag);
  entry.key = key;
  entry.context = context;
  return entry;
}

// @ts-ignore: decorator
@inline
export function isHeld(set: usize, way: u32): bool {
  return load<u16>(set + (way << 1)) != 0;
}

export function removeEntry(tlb: Tlb, set: usize, way: u32): void {
  countHeld(tlb, entryAt(tlb, set, way).key, -1);
  store<u16>(set + (way << 1), 0);
  demote(tlb, set, way);
}
