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
  mask: u32;
  heads: u32;
  links: u32;
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

/** The two links of a way. */
export const NEXT: usize = 0;
export const PREVIOUS: usize = 2;
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

// @ts-ignore: decorator
@inline
export function setOf(tlb: Tlb, key: u64): u32 {
  const unit = key >> shiftOf(key);
  const mask = tlb.mask;
  if (mask != 0) return <u32>unit & mask;
  return tlb.sets == 1 ? 0 : <u32>(unit % tlb.sets);
}

// @ts-ignore: decorator
@inline
export function headAt(tlb: Tlb, set: u32): usize {
  return changetype<usize>(tlb) + tlb.heads + (set << 1);
}

// @ts-ignore: decorator
@inline
export function linksAt(tlb: Tlb, set: u32): usize {
  return changetype<usize>(tlb) + tlb.links + ((set * tlb.ways) << 2);
}

// @ts-ignore: decorator
@inline
export function tagsAt(tlb: Tlb, set: u32): usize {
  return changetype<usize>(tlb) + T.TLB_TAGS + ((set * tlb.slots) << 1);
}

// @ts-ignore: decorator
@inline
export function entriesAt(tlb: Tlb, set: u32): usize {
  return changetype<usize>(tlb) + tlb.entries + set * tlb.ways * T.ENTRY_SIZEOF;
}

// @ts-ignore: decorator
@inline
export function entryIn(entries: usize, way: u32): TlbEntry {
  return changetype<TlbEntry>(entries + way * T.ENTRY_SIZEOF);
}

// @ts-ignore: decorator
@inline
export function entryAt(tlb: Tlb, set: u32, way: u32): TlbEntry {
  return entryIn(entriesAt(tlb, set), way);
}

/** The sizes held of entries of a type, a bit for each. */
// @ts-ignore: decorator
@inline
export function sizesOf(tlb: Tlb, type: TlbType): u64 {
  return load<u64>(changetype<usize>(tlb) + (<usize>type << 3), T.TLB_SIZES);
}

/** The way of a set that holds the key, or -1. */
// @ts-ignore: decorator
@inline
export function findIn(tags: usize, slots: u32, entries: usize, tag: u32, key: u64, context: u32): i32 {
  const wanted = i16x8.splat(<i16>tag);
  for (let way: u32 = 0; way < slots; way += TAG_GROUP) {
    let found = i16x8.bitmask(i16x8.eq(v128.load(tags + (way << 1)), wanted));
    while (found != 0) {
      const at = way + ctz(found);
      const entry = entryIn(entries, at);
      if (entry.key == key && entry.context == context) return at;
      found &= found - 1;
    }
  }
  return -1;
}

/** The way of `set` that holds the key, or -1. */
// @ts-ignore: decorator
@inline
export function findWay(tlb: Tlb, set: u32, key: u64, context: u32): i32 {
  return findIn(tagsAt(tlb, set), tlb.slots, entriesAt(tlb, set), tagOf(key, context), key, context);
}

/** The way of `set` that was used last. */
// @ts-ignore: decorator
@inline
export function wayUsedLast(tlb: Tlb, set: u32): u32 {
  return load<u16>(headAt(tlb, set));
}

/** Takes a way that is neither the head nor the tail out of its ring. */
// @ts-ignore: decorator
@inline
function unlink(links: usize, way: u32): void {
  const next: u32 = load<u16>(links + (way << 2), NEXT);
  const previous: u32 = load<u16>(links + (way << 2), PREVIOUS);
  store<u16>(links + (previous << 2), <u16>next, NEXT);
  store<u16>(links + (next << 2), <u16>previous, PREVIOUS);
}

/** Puts a way between the tail of the ring and its head. */
// @ts-ignore: decorator
@inline
function linkBefore(links: usize, head: u32, way: u32): void {
  const tail: u32 = load<u16>(links + (head << 2), PREVIOUS);
  store<u16>(links + (tail << 2), <u16>way, NEXT);
  store<u16>(links + (way << 2), <u16>tail, PREVIOUS);
  store<u16>(links + (way << 2), <u16>head, NEXT);
  store<u16>(links + (head << 2), <u16>way, PREVIOUS);
}

/** Makes `way` the entry of its set used last; `at` is the set's head. */
// @ts-ignore: decorator
@inline
export function touchIn(at: usize, links: usize, way: u32): void {
  const head: u32 = load<u16>(at);
  if (way == head) return;
  if (way != load<u16>(links + (head << 2), PREVIOUS)) {
    unlink(links, way);
    linkBefore(links, head, way);
  }
  store<u16>(at, <u16>way);
}

// @ts-ignore: decorator
@inline
export function touch(tlb: Tlb, set: u32, way: u32): void {
  touchIn(headAt(tlb, set), linksAt(tlb, set), way);
}

/** Makes `way` the entry of its set that is replaced next. */
function demote(tlb: Tlb, set: u32, way: u32): void {
  const at = headAt(tlb, set);
  const head: u32 = load<u16>(at);
  const links = linksAt(tlb, set);
  if (way == head) {
    store<u16>(at, load<u16>(links + (way << 2), NEXT));
    return;
  }
  if (way == load<u16>(links + (head << 2), PREVIOUS)) return;
  unlink(links, way);
  linkBefore(links, head, way);
}

/** The entry with the key, which becomes the one used last; null if there is none. */
// @ts-ignore: decorator
@inline
export function lookupKey(tlb: Tlb, key: u64, context: u32): TlbEntry | null {
  const set = setOf(tlb, key);
  const way = findWay(tlb, set, key, context);
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
export function countHeld(tlb: Tlb, key: u64, change: i32): void {
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
  const way = findWay(tlb, set, key, context);
  if (way >= 0) {
    touch(tlb, set, way);
    return entryAt(tlb, set, way);
  }
  return replaceOldest(tlb, set, key, context);
}

/** As place, where no entry has the key. */
// @ts-ignore: decorator
@inline
export function replaceOldest(tlb: Tlb, set: u32, key: u64, context: u32): TlbEntry {
  const tag = tagOf(key, context);
  return replaceIn(tlb, headAt(tlb, set), linksAt(tlb, set), tagsAt(tlb, set), entriesAt(tlb, set), tag, key, context);
}

/**
 * Stores a tag together with its neighbours: the group is soon loaded as a whole, which a narrower store that is still
 * on its way to the host's cache would hold up.
 */
// @ts-ignore: decorator
@inline
function storeTag(tags: usize, way: u32, tag: u32): void {
  const group = tags + ((way & ~(TAG_GROUP - 1)) << 1);
  const lane = i16x8.eq(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>(way & (TAG_GROUP - 1))));
  v128.store(group, v128.bitselect(i16x8.splat(<i16>tag), v128.load(group), lane));
}

/** Replaces the entry of a set used longest ago. */
// @ts-ignore: decorator
@inline
export function replaceIn(tlb: Tlb, head: usize, links: usize, tags: usize, entries: usize, tag: u32, key: u64, context: u32): TlbEntry {
  const way: u32 = load<u16>(links + (<u32>load<u16>(head) << 2), PREVIOUS);
  store<u16>(head, <u16>way);
  const entry = entryIn(entries, way);
  const at = tags + (way << 1);
  const held = load<u16>(at) != 0;
  // Mostly the new entry is of the type and size of the old one.
  if (!held || ((entry.key ^ key) & ((1 << PAGE_BITS) - 1)) != 0) {
    if (held) countHeld(tlb, entry.key, -1);
    countHeld(tlb, key, 1);
  }
  storeTag(tags, way, tag);
  entry.key = key;
  entry.context = context;
  return entry;
}

export function isHeld(tlb: Tlb, set: u32, way: u32): bool {
  return load<u16>(tagsAt(tlb, set) + (way << 1)) != 0;
}

export function removeEntry(tlb: Tlb, set: u32, way: u32): void {
  countHeld(tlb, entryAt(tlb, set, way).key, -1);
  store<u16>(tagsAt(tlb, set) + (way << 1), 0);
  demote(tlb, set, way);
}
