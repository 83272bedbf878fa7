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

const NEXT: usize = 0;
const PREVIOUS: usize = 2;
const SIZE_BITS: u32 = 6;
const PAGE_BITS: u32 = 12;

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
  return <u32>(((key ^ (<u64>context << 44)) * 0x9e3779b97f4a7c15) >> 32) | 1;
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
function headAt(tlb: Tlb, set: u32): usize {
  return changetype<usize>(tlb) + tlb.heads + (set << 1);
}

// @ts-ignore: decorator
@inline
function linksAt(tlb: Tlb, set: u32): usize {
  return changetype<usize>(tlb) + tlb.links + ((set * tlb.slots) << 2);
}

// @ts-ignore: decorator
@inline
function tagsAt(tlb: Tlb, set: u32): usize {
  return changetype<usize>(tlb) + T.TLB_TAGS + ((set * tlb.slots) << 2);
}

// @ts-ignore: decorator
@inline
export function entryAt(tlb: Tlb, set: u32, way: u32): TlbEntry {
  return changetype<TlbEntry>(changetype<usize>(tlb) + tlb.entries + (set * tlb.slots + way) * T.ENTRY_SIZEOF);
}

/** The sizes held of entries of a type, a bit for each. */
// @ts-ignore: decorator
@inline
export function sizesOf(tlb: Tlb, type: TlbType): u64 {
  return load<u64>(changetype<usize>(tlb) + (<usize>type << 3), T.TLB_SIZES);
}

// @ts-ignore: decorator
@inline
function aligned(bytes: u32): u32 {
  return (bytes + 15) & ~15;
}

/** Makes an empty table of the bytes at `tlb`, as many as tlbBytes of src/uarch/tlb-layout.ts says. */
export function initTlb(tlb: Tlb, sets: u32, ways: u32): void {
  const slots = (ways + 3) & ~3;
  tlb.sets = sets;
  tlb.ways = ways;
  tlb.slots = slots;
  tlb.mask = popcnt(sets) == 1 ? sets - 1 : 0;
  tlb.heads = T.TLB_TAGS + ((sets * slots) << 2);
  tlb.links = tlb.heads + aligned(sets << 1);
  tlb.entries = tlb.links + ((sets * slots) << 2);
  resetTlb(tlb);
}

/** Forgets all entries: in every set all ways are in a ring. */
export function resetTlb(tlb: Tlb): void {
  const start = changetype<usize>(tlb);
  memory.fill(start + T.TLB_SIZES, 0, T.TLB_TAGS - T.TLB_SIZES);
  memory.fill(start + T.TLB_TAGS, 0, (tlb.sets * tlb.slots) << 2);
  for (let set: u32 = 0; set < tlb.sets; set++) {
    store<u16>(headAt(tlb, set), 0);
    const links = linksAt(tlb, set);
    for (let way: u32 = 0; way < tlb.ways; way++) {
      store<u16>(links + (way << 2), <u16>(way + 1 == tlb.ways ? 0 : way + 1), NEXT);
      store<u16>(links + (way << 2), <u16>(way == 0 ? tlb.ways - 1 : way - 1), PREVIOUS);
    }
  }
}

/** The way of `set` that holds the key, or -1. */
// @ts-ignore: decorator
@inline
export function findWay(tlb: Tlb, set: u32, key: u64, context: u32): i32 {
  const tags = tagsAt(tlb, set);
  const wanted = i32x4.splat(tagOf(key, context));
  const slots = tlb.slots;
  for (let way: u32 = 0; way < slots; way += 4) {
    let found = i32x4.bitmask(i32x4.eq(v128.load(tags + (way << 2)), wanted));
    while (found != 0) {
      const at = way + ctz(found);
      const entry = entryAt(tlb, set, at);
      if (entry.key == key && entry.context == context) return at;
      found &= found - 1;
    }
  }
  return -1;
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

/** Makes `way` the entry of its set used last. */
// @ts-ignore: decorator
@inline
export function touch(tlb: Tlb, set: u32, way: u32): void {
  const at = headAt(tlb, set);
  const head: u32 = load<u16>(at);
  if (way == head) return;
  const links = linksAt(tlb, set);
  if (way != load<u16>(links + (head << 2), PREVIOUS)) {
    unlink(links, way);
    linkBefore(links, head, way);
  }
  store<u16>(at, <u16>way);
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
// @ts-ignore: decorator
@inline
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
  const head = headAt(tlb, set);
  const way: u32 = load<u16>(linksAt(tlb, set) + (<u32>load<u16>(head) << 2), PREVIOUS);
  store<u16>(head, <u16>way);
  const entry = entryAt(tlb, set, way);
  const tag = tagsAt(tlb, set) + (way << 2);
  const held = load<u32>(tag) != 0;
  // Mostly the new entry is of the type and size of the old one.
  if (!held || ((entry.key ^ key) & ((1 << PAGE_BITS) - 1)) != 0) {
    if (held) countHeld(tlb, entry.key, -1);
    countHeld(tlb, key, 1);
  }
  store<u32>(tag, tagOf(key, context));
  entry.key = key;
  entry.context = context;
  return entry;
}

export function isHeld(tlb: Tlb, set: u32, way: u32): bool {
  return load<u32>(tagsAt(tlb, set) + (way << 2)) != 0;
}

export function removeEntry(tlb: Tlb, set: u32, way: u32): void {
  countHeld(tlb, entryAt(tlb, set, way).key, -1);
  store<u32>(tagsAt(tlb, set) + (way << 2), 0);
  demote(tlb, set, way);
}

/** Compile-time only: every offset that the host uses is where the class has it. */
export function checkTlbLayout(): void {
  if (offsetof<Tlb>("mask") != T.TLB_MASK) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (offsetof<Tlb>("entries") != T.TLB_ENTRIES) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (offsetof<Tlb>() > <usize>T.TLB_SIZES) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (T.TLB_SIZES + (TlbType.COUNT << 3) > T.TLB_HELD) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (T.TLB_HELD + (TlbType.COUNT << (SIZE_BITS + 2)) > T.TLB_TAGS) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (offsetof<TlbEntry>("flags") != T.ENTRY_FLAGS) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (offsetof<TlbEntry>("stage2") != T.ENTRY_STAGE2_DESC) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (offsetof<TlbEntry>() != T.ENTRY_SIZEOF) ERROR("a structure disagrees with src/abi/tlb.ts");
}
