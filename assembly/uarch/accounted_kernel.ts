// Reads and writes through stage 2 alone, of 4K tables from level 1 in one bank of RAM, as translateThroughTlb has
// them: the same entries, the same counts, in one inlined loop with the events in locals. What it does not serve (a
// fault, an entry that refuses, tables elsewhere) it leaves, nothing changed, to the general path.
import { ENTRY_STAGE2, ENTRY_TYPE_LSB, TlbType } from "../../src/abi/tlb";
import * as U from "../../src/abi/uarch";
import { MicroEvent, WalkStorage } from "../../src/abi/uarch";
import { AccessType } from "../../src/abi/walk";
import { translateSingle } from "../batch";
import { S2AP_RDWR, S2AP_READ, S2AP_WRITE } from "../desc";
import { kernelMasks } from "../kernel_masks";
import { NORMAL_WB } from "../memory_type";
import { HA } from "../vtcr";
import { Regime } from "../walk_structs";
import { cacheAt } from "./cache";
import { countMicro, MicroCore } from "./core";
import { vmidOf } from "./micro_walk";
import { anyStolen } from "./stolen";
import { tlbAt } from "./tlb";
import { entryAt, findWay, keyOf, lookup, place, replaceOldest, setOf, shiftOf, sizesOf, tagOf, Tlb, TlbEntry, touch } from "./tlb_table";
import { isKnown, Step, stepAt, walkAhead } from "./walk_ahead";
import { logOf, logReads, replayReads } from "./walk_log";

/** The kernel of kernel_masks.ts for 4K, start level 1 and 48-bit addresses. */
const SERVED: i32 = 2;
const PAGE_BITS: u32 = 12;
/** The size of pages among those that a table holds. */
const PAGES: u64 = (<u64>1) << PAGE_BITS;
/** Walks in a chunk from which on those of the next are made ahead: where the TLBs have most, that is for nothing. */
const AHEAD: u64 = U.STEPS / 8;

/** Walks in the last chunk. */
let lastWalks: u64 = 0;

/** True if `runAccounted` may be asked; it still may serve nothing. */
export function servesAccounted(core: MicroCore, r: Regime, address: u64, access: u32, el: u32): bool {
  if (r.kernel != SERVED || access == AccessType.EXECUTE || kernelMasks(r, access, el) == 0) return false;
  if (anyStolen(core) || cacheAt(core.l1d).setMask < 0) return false;
  if (isKnown(r)) return true;
  // A walk finds the tables; it must not write to them.
  if (!(r.flags & HA)) translateSingle(r, address, access, el);
  return isKnown(r);
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
    const way = findWay(tlb, set, tag, key, vmid);
    if (way < 0) continue;
    touch(tlb, set, way);
    return entryAt(tlb, set, way);
  }
  return null;
}

/** Keeps a translation that the table does not hold. */
// @ts-ignore: decorator
@inline
function keepNew(tlb: Tlb, key: u64, tag: u32, vmid: u32, output: u64, desc: u64): void {
  fill(replaceOldest(tlb, setOf(tlb, key), tag, key, vmid), output, desc);
}

// @ts-ignore: decorator
@inline
function paThrough(entry: TlbEntry, ipa: u64): u64 {
  return entry.output | (ipa & (((<u64>1) << shiftOf(entry.key)) - 1));
}

/** The walk's result from the IPA cache, if it has it: then nothing is read. Else the cache has it from now on. */
function throughIpaCache(core: MicroCore, ipaCache: u32, step: Step, ipa: u64, vmid: u32, need: u64): bool {
  countMicro(core, MicroEvent.IPA_CACHE_LOOKUP);
  const held = lookup(tlbAt(ipaCache), TlbType.IPA, ipa, vmid);
  if (held == null || (held.stage2 & need) != need) {
    fill(place(tlbAt(ipaCache), keyOf(TlbType.IPA, ipa, step.bits), vmid), step.output, step.leaf);
    return false;
  }
  countMicro(core, MicroEvent.IPA_CACHE_HIT);
  step.leaf = held.stage2;
  step.output = held.output;
  step.bits = shiftOf(held.key);
  return true;
}

/** Translates the IPAs of [at, end), at most STEPS of them. Returns where the first is that it does not serve. */
function runChunk(core: MicroCore, r: Regime, masks: usize, need: u64, at: usize, end: usize, distance: usize, ahead: bool): usize {
  // In locals: a store to the model would have them read again.
  const vmid = vmidOf(r);
  const root = r.tableBase;
  const first = tlbAt(core.dtlb);
  const second = tlbAt(core.stlb);
  const ipaCache = core.walkStorage == WalkStorage.SEPARATE ? core.ipaCache : 0;
  const start = at;
  let log = logOf(core);
  let secondHits: u64 = 0;
  let walks: u64 = 0;
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
    const step = stepAt(core, ahead ? <u32>(at - start) >> 3 : 0);
    if (!ahead) walkAhead(core, r, masks, at, at + 8);
    if (step.bits == 0) break;
    walks++;
    if (ipaCache == 0 || !throughIpaCache(core, ipaCache, step, ipa, vmid, need)) log = logReads(log, root, ipa, step);
    const bits = step.bits;
    if (bits != PAGE_BITS) {
      key = keyOf(TlbType.IPA, ipa, bits);
      tag = tagOf(key, vmid);
    }
    const output = step.output;
    keepNew(second, key, tag, vmid, output, step.leaf);
    keepNew(first, key, tag, vmid, output, step.leaf);
    store<u64>(at + distance, output | (ipa & (((<u64>1) << bits) - 1)));
  }
  countMicro(core, MicroEvent.DTLB_L2, secondHits);
  countMicro(core, MicroEvent.WALK, walks);
  if (walks != 0) replayReads(core, log);
  lastWalks = walks;
  return at;
}

/** Translates from `i` on, until the end or until it does not serve one. Returns the next index. */
export function runAccounted(core: MicroCore, r: Regime, ipas: usize, i: u32, n: u32, access: u32, el: u32, results: usize): u32 {
  const masks = kernelMasks(r, access, el);
  const end = ipas + (<usize>n << 3);
  let at = ipas + (<usize>i << 3);
  lastWalks = 0;
  while (at < end) {
    const to = min(end, at + (U.STEPS << 3));
    const ahead = lastWalks >= AHEAD;
    if (ahead) walkAhead(core, r, masks, at, to);
    at = runChunk(core, r, masks, needed(access), at, to, results - ipas, ahead);
    if (at != to) break;
  }
  return <u32>((at - ipas) >> 3);
}
