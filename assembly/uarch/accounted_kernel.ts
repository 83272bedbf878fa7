// Reads and writes through stage 2 alone, of 4K tables from level 1 in one bank of RAM, as translateThroughTlb has
// them: the same entries, the same counts, in one inlined loop with the events in locals. What it does not serve (a
// fault, an entry that refuses, tables elsewhere) it leaves, nothing changed, to the general path.
import * as A from "../../src/abi/arm";
import { ENTRY_STAGE2, ENTRY_TYPE_LSB, TlbType } from "../../src/abi/tlb";
import { MicroEvent, WalkStorage } from "../../src/abi/uarch";
import { AccessType } from "../../src/abi/walk";
import { translateSingle } from "../batch";
import { S2AP_RDWR, S2AP_READ, S2AP_WRITE } from "../desc";
import { TYPE } from "../kernel";
import { kernelMasks } from "../kernel_masks";
import { NORMAL_WB } from "../memory_type";
import { physGeneration } from "../phys";
import { HA } from "../vtcr";
import { Regime } from "../walk_structs";
import { Cache, cacheAt, placeIn, setsOf } from "./cache";
import { countMicro, MicroCore } from "./core";
import { walkMiss } from "./hierarchy";
import { vmidOf } from "./micro_walk";
import { tlbAt } from "./tlb";
import { entriesAt, entryIn, findIn, headAt, keyOf, linksAt, lookup, place, replaceIn, setOf, shiftOf } from "./tlb_table";
import { sizesOf, tagOf, tagsAt, Tlb, TlbEntry, touch } from "./tlb_table";

/** The kernel of kernel_masks.ts for 4K, start level 1 and 48-bit addresses. */
const SERVED: i32 = 2;
const PAGE_BITS: u32 = 12;
/** The size of pages among those that a table holds. */
const PAGES: u64 = (<u64>1) << PAGE_BITS;
const INDEX_MASK: usize = 511 << 3;
const ADDRESS: u64 = (((<u64>1) << A.DESC_ADDRESS_END) - 1) & ~(((<u64>1) << PAGE_BITS) - 1);

/** True if `runAccounted` may be asked; it still may serve nothing. */
export function servesAccounted(core: MicroCore, r: Regime, address: u64, access: u32, el: u32): bool {
  if (r.kernel != SERVED || access == AccessType.EXECUTE || kernelMasks(r, access, el) == 0) return false;
  if (cacheAt(core.l1d).lineShift < 0 || cacheAt(core.l1d).setMask < 0) return false;
  if (isKnown(r)) return true;
  // A walk finds the tables; it must not write to them.
  if (!(r.flags & HA)) translateSingle(r, address, access, el);
  return isKnown(r);
}

/** The tables' place is known. */
function isKnown(r: Regime): bool {
  return r.generation == physGeneration() && r.rootLinear != 0 && r.windowQuarter != 0 && !r.sparse;
}

// @ts-ignore: decorator
@inline
function needed(access: u32): u64 {
  if (access == AccessType.READ) return S2AP_READ;
  return access == AccessType.WRITE ? S2AP_WRITE : S2AP_RDWR;
}

// @ts-ignore: decorator
@inline
function fill(entry: TlbEntry, output: u64, desc: u64): void {
  entry.flags = ENTRY_STAGE2 | (NORMAL_WB << ENTRY_TYPE_LSB);
  entry.output = output;
  entry.stage2 = desc;
}

/** The smallest entry that covers the IPA. Of pages the key and the tag are given, of other sizes they are found. */
// @ts-ignore: decorator
@inline
function findHeld(tlb: Tlb, ipa: u64, pageKey: u64, pageTag: u32, vmid: u32): TlbEntry | null {
  for (let sizes = sizesOf(tlb, TlbType.IPA); sizes != 0; sizes &= sizes - 1) {
    let key = pageKey;
    let tag = pageTag;
    if (!(sizes & PAGES)) {
      key = keyOf(TlbType.IPA, ipa, <u32>ctz(sizes));
      tag = tagOf(key, vmid);
    }
    const set = setOf(tlb, key);
    const entries = entriesAt(tlb, set);
    const way = findIn(tagsAt(tlb, set), tlb.slots, entries, tag, key, vmid);
    if (way < 0) continue;
    touch(tlb, set, way);
    return entryIn(entries, way);
  }
  return null;
}

/** Keeps a translation that the table does not hold. */
// @ts-ignore: decorator
@inline
function keepNew(tlb: Tlb, key: u64, tag: u32, vmid: u32, output: u64, desc: u64): void {
  const set = setOf(tlb, key);
  const entries = entriesAt(tlb, set);
  fill(replaceIn(tlb, headAt(tlb, set), linksAt(tlb, set), tagsAt(tlb, set), entries, tag, key, vmid), output, desc);
}

/** A read of the walker, whose event is counted here unless the L1D has the line. */
// @ts-ignore: decorator
@inline
function readFirst(core: MicroCore, l1d: Cache, sets: usize, shift: u32, mask: u32, bytes: u32, pa: u64): u64 {
  const line = pa >> shift;
  if (placeIn(l1d, sets + <usize>((<u32>line & mask) * bytes), line, false) >= 0) return 1;
  walkMiss(core, pa);
  return 0;
}

// @ts-ignore: decorator
@inline
function paThrough(entry: TlbEntry, ipa: u64): u64 {
  return entry.output | (ipa & (((<u64>1) << shiftOf(entry.key)) - 1));
}

/** Translates from `i` on, until the end or until it does not serve one. Returns the next index. */
export function runAccounted(core: MicroCore, r: Regime, ipas: usize, i: u32, n: u32, access: u32, el: u32, results: usize): u32 {
  // In locals: a store to the model would have them read again.
  const masks = kernelMasks(r, access, el);
  const leaves = load<u64>(masks);
  const block = load<u64>(masks, 8);
  const page = load<u64>(masks, 16);
  const need = needed(access);
  const root: usize = r.rootLinear;
  const rootPa = r.tableBase;
  const a = r.windowLink;
  const b = r.windowQuarter;
  const c: usize = r.windowOffset;
  const ipaMax = r.ipaMax;
  const vmid = vmidOf(r);
  const first = tlbAt(core.dtlb);
  const second = tlbAt(core.stlb);
  const l1d = cacheAt(core.l1d);
  const lines = setsOf(l1d);
  const lineShift = <u32>l1d.lineShift;
  const lineMask = <u32>l1d.setMask;
  const setBytes = l1d.setBytes;
  const ipaCache = core.walkStorage == WalkStorage.SEPARATE ? core.ipaCache : 0;
  let secondHits: u64 = 0;
  let walks: u64 = 0;
  let reads: u64 = 0;
  let at = ipas + (<usize>i << 3);
  const end = ipas + (<usize>n << 3);
  const distance = results - ipas;
  for (; at < end; at += 8) {
    const ipa = load<u64>(at);
    let key = keyOf(TlbType.IPA, ipa, PAGE_BITS);
    let tag = tagOf(key, vmid);
    let held = findHeld(first, ipa, key, tag, vmid);
    if (held != null) {
      if ((held.stage2 & need) != need) break;
      store<u64>(at + distance, paThrough(held, ipa));
      continue;
    }
    held = findHeld(second, ipa, key, tag, vmid);
    if (held != null) {
      if ((held.stage2 & need) != need) break;
      secondHits++;
      if (held.key != key) {
        key = held.key;
        tag = tagOf(key, vmid);
      }
      store<u64>(at + distance, paThrough(held, ipa));
      keepNew(first, key, tag, vmid, held.output, held.stage2);
      continue;
    }
    // The walk, which changes nothing, so that it may be left half way.
    if (ipa > ipaMax) break;
    const index1 = <usize>(ipa >> 30) << 3;
    let desc = load<u64>(root + index1);
    const to2 = desc & (ADDRESS | TYPE);
    let pa2: u64 = 0;
    let pa3: u64 = 0;
    let bits: u32 = 30;
    if (rotr<u64>(to2 - a, 2) < b) {
      const index2 = <usize>(ipa >> 18) & INDEX_MASK;
      desc = load<u64>(<usize>to2 + (index2 + c));
      pa2 = to2 - TYPE + index2;
      bits = 21;
      const to3 = desc & (ADDRESS | TYPE);
      if (rotr<u64>(to3 - a, 2) < b) {
        const index3 = <usize>(ipa >> 9) & INDEX_MASK;
        desc = load<u64>(<usize>to3 + (index3 + c));
        pa3 = to3 - TYPE + index3;
        bits = PAGE_BITS;
      }
    }
    if ((desc & leaves) != (bits == PAGE_BITS ? page : block)) break;
    walks++;
    let output = desc & ADDRESS & ~(((<u64>1) << bits) - 1);
    let read = true;
    if (ipaCache != 0) {
      countMicro(core, MicroEvent.IPA_CACHE_LOOKUP);
      const kept = lookup(tlbAt(ipaCache), TlbType.IPA, ipa, vmid);
      if (kept != null && (kept.stage2 & need) == need) {
        countMicro(core, MicroEvent.IPA_CACHE_HIT);
        read = false;
        output = kept.output;
        desc = kept.stage2;
        bits = shiftOf(kept.key);
      }
    }
    if (read) {
      reads += readFirst(core, l1d, lines, lineShift, lineMask, setBytes, rootPa + index1);
      if (pa2 != 0) reads += readFirst(core, l1d, lines, lineShift, lineMask, setBytes, pa2);
      if (pa3 != 0) reads += readFirst(core, l1d, lines, lineShift, lineMask, setBytes, pa3);
    }
    if (bits != PAGE_BITS) {
      key = keyOf(TlbType.IPA, ipa, bits);
      tag = tagOf(key, vmid);
    }
    if (ipaCache != 0 && read) fill(place(tlbAt(ipaCache), key, vmid), output, desc);
    keepNew(second, key, tag, vmid, output, desc);
    keepNew(first, key, tag, vmid, output, desc);
    store<u64>(at + distance, output | (ipa & (((<u64>1) << bits) - 1)));
  }
  countMicro(core, MicroEvent.DTLB_L2, secondHits);
  countMicro(core, MicroEvent.WALK, walks);
  countMicro(core, MicroEvent.WALK_READ_L1, reads);
  return <u32>((at - ipas) >> 3);
}
