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
import { Cache, cacheAt, lineOf, placeLine, setIndex } from "./cache";
import { countMicro, MicroCore } from "./core";
import { walkMiss } from "./hierarchy";
import { vmidOf } from "./micro_walk";
import { tlbAt } from "./tlb";
import { entryAt, findWay, keyOf, lookup, place, replaceOldest, setOf, shiftOf, sizesOf, Tlb, TlbEntry, touch } from "./tlb_table";

/** The kernel of kernel_masks.ts for 4K, start level 1 and 48-bit addresses. */
const SERVED: i32 = 2;
const PAGE_BITS: u32 = 12;
const INDEX_MASK: usize = 511 << 3;
const ADDRESS: u64 = (((<u64>1) << A.DESC_ADDRESS_END) - 1) & ~(((<u64>1) << PAGE_BITS) - 1);

/** True if `runAccounted` may be asked; it still may serve nothing. */
export function servesAccounted(core: MicroCore, r: Regime, address: u64, access: u32, el: u32): bool {
  if (r.kernel != SERVED || access == AccessType.EXECUTE || kernelMasks(r, access, el) == 0) return false;
  // Another size of lines, or other caches, are for the general path.
  if (core.stlb == 0 || core.l1d == 0) return false;
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

/** The way that holds an IPA of the smallest size, its set above it; -1 if there is none. */
// @ts-ignore: decorator
@inline
function findHeld(tlb: Tlb, ipa: u64, vmid: u32): TlbEntry | null {
  for (let sizes = sizesOf(tlb, TlbType.IPA); sizes != 0; sizes &= sizes - 1) {
    const key = keyOf(TlbType.IPA, ipa, <u32>ctz(sizes));
    const set = setOf(tlb, key);
    const way = findWay(tlb, set, key, vmid);
    if (way < 0) continue;
    touch(tlb, set, way);
    return entryAt(tlb, set, way);
  }
  return null;
}

// @ts-ignore: decorator
@inline
function fill(entry: TlbEntry, output: u64, desc: u64): void {
  entry.flags = ENTRY_STAGE2 | (NORMAL_WB << ENTRY_TYPE_LSB);
  entry.output = output;
  entry.stage1 = 0;
  entry.stage2 = desc;
}

/** A read of the walker: true if the L1D has it. */
// @ts-ignore: decorator
@inline
function inFirst(l1d: Cache, pa: u64): bool {
  const line = lineOf(l1d, pa);
  return placeLine(l1d, setIndex(l1d, line), line, false) >= 0;
}

// @ts-ignore: decorator
@inline
function paThrough(entry: TlbEntry, ipa: u64): u64 {
  return entry.output | (ipa & (((<u64>1) << shiftOf(entry.key)) - 1));
}

/** Translates from `i` on, until the end or until it does not serve one. Returns the next index. */
export function runAccounted(core: MicroCore, r: Regime, ipas: usize, i: u32, n: u32, access: u32, el: u32, results: usize): u32 {
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
  const ipaCache = core.walkStorage == WalkStorage.SEPARATE ? core.ipaCache : 0;
  let secondHits: u64 = 0;
  let walks: u64 = 0;
  let reads: u64 = 0;
  let at = ipas + (<usize>i << 3);
  const end = ipas + (<usize>n << 3);
  const distance = results - ipas;
  for (; at < end; at += 8) {
    const ipa = load<u64>(at);
    let held = findHeld(first, ipa, vmid);
    if (held != null) {
      if ((held.stage2 & need) != need) break;
      store<u64>(at + distance, paThrough(held, ipa));
      continue;
    }
    held = findHeld(second, ipa, vmid);
    if (held != null) {
      if ((held.stage2 & need) != need) break;
      secondHits++;
      const entry = replaceOldest(first, setOf(first, held.key), held.key, vmid);
      fill(entry, held.output, held.stage2);
      store<u64>(at + distance, paThrough(held, ipa));
      continue;
    }
    // The walk, which changes nothing, so that it may be left half way.
    if (ipa > ipaMax) break;
    const index1 = <usize>(ipa >> 30) << 3;
    const desc1 = load<u64>(root + index1);
    const to2 = desc1 & (ADDRESS | TYPE);
    let pa2: u64 = 0;
    let pa3: u64 = 0;
    let desc = desc1;
    let shift: u32 = 30;
    if (rotr<u64>(to2 - a, 2) < b) {
      const index2 = <usize>(ipa >> 18) & INDEX_MASK;
      desc = load<u64>(<usize>to2 + (index2 + c));
      pa2 = to2 - TYPE + index2;
      shift = 21;
      const to3 = desc & (ADDRESS | TYPE);
      if (rotr<u64>(to3 - a, 2) < b) {
        const index3 = <usize>(ipa >> 9) & INDEX_MASK;
        desc = load<u64>(<usize>to3 + (index3 + c));
        pa3 = to3 - TYPE + index3;
        shift = PAGE_BITS;
      }
    }
    if ((desc & leaves) != (shift == PAGE_BITS ? page : block)) break;
    walks++;
    let output = desc & ADDRESS & ~(((<u64>1) << shift) - 1);
    let bits = shift;
    let asked = false;
    if (ipaCache != 0) {
      countMicro(core, MicroEvent.IPA_CACHE_LOOKUP);
      const kept = lookup(tlbAt(ipaCache), TlbType.IPA, ipa, vmid);
      if (kept != null && (kept.stage2 & need) == need) {
        countMicro(core, MicroEvent.IPA_CACHE_HIT);
        asked = true;
        output = kept.output;
        desc = kept.stage2;
        bits = shiftOf(kept.key);
      }
    }
    if (!asked) {
      if (inFirst(l1d, rootPa + index1)) reads++;
      else walkMiss(core, rootPa + index1);
      if (pa2 != 0) {
        if (inFirst(l1d, pa2)) reads++;
        else walkMiss(core, pa2);
        if (pa3 != 0) {
          if (inFirst(l1d, pa3)) reads++;
          else walkMiss(core, pa3);
        }
      }
      if (ipaCache != 0) fill(place(tlbAt(ipaCache), keyOf(TlbType.IPA, ipa, bits), vmid), output, desc);
    }
    const key = keyOf(TlbType.IPA, ipa, bits);
    fill(replaceOldest(second, setOf(second, key), key, vmid), output, desc);
    fill(replaceOldest(first, setOf(first, key), key, vmid), output, desc);
    store<u64>(at + distance, output | (ipa & (((<u64>1) << bits) - 1)));
  }
  countMicro(core, MicroEvent.DTLB_L2, secondHits);
  countMicro(core, MicroEvent.WALK, walks);
  countMicro(core, MicroEvent.WALK_READ_L1, reads);
  return <u32>((at - ipas) >> 3);
}
