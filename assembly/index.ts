// The wasm exports; no logic. Every pointer is a byte offset from memoryBase (src/abi/layout.ts).
import { ABI_MAGIC, ABI_VERSION, REQUEST_SIZEOF, RESULT_SIZEOF } from "../src/abi/layout";
import { REQUEST_UNALIGNED } from "../src/abi/walk";
import { takeExit } from "./abort";
import { translateBatch, translateSingle } from "./batch";
import { CensusVisitor } from "./census";
import { leaf } from "./desc";
import { FlushVisitor } from "./flush";
import { internalVmPrepMem } from "./idmap";
import { commitIdmap, prepareIdmap } from "./idmap_up_front";
import { fillRun, linearRun } from "./leaf_run";
import { MapVisitor, PlanVisitor } from "./map";
import { freeMemoryCache, topupMemoryCache } from "./memcache";
import { decodeMair, decodeShareability } from "./memory_type";
import { abortUserAccess, completeRead } from "./mmio";
import { ageHva, changePte, invalidateEnd, invalidatePage, invalidateStart, unmapHva } from "./notifier";
import { walk } from "./pgtable";
import { physReset } from "./phys";
import { translateVa } from "./stage1";
import { pageCount, poolAlloc, poolFree } from "./pool";
import { releaseReserve } from "./reserve";
import { setPte } from "./set_pte";
import { AttributeVisitor, DissolveVisitor, DumpVisitor, tlbFlushVmid, UnmapVisitor } from "./stage2";
import { base, checkLayout, FaultRequest, FaultResult, header, MemoryCache, Reserve, setBase, Vcpu, Vm } from "./structs";
import { translateStage2 } from "./translate";
import { checkVisitors } from "./visitor_layout";
import { decodeRegime } from "./vtcr";
import { resetRecord } from "./walk_record";
import { checkWalkLayout, Regime, Translation } from "./walk_structs";

/** The version of everything a host relies on, exports and layout: a host of another stops here. Needs no memory. */
export function abiVersion(): u32 {
  return ABI_VERSION;
}

/** Binds the instance to the memory at `memoryBase` and stamps its header. Call once, before anything else. */
export function init(memoryBase: u32): void {
  checkLayout();
  checkWalkLayout();
  checkVisitors();
  setBase(memoryBase);
  header().magic = ABI_MAGIC;
  header().abi = ABI_VERSION;
  physReset();
}

/** Call after the bank table changed. */
export function banksChanged(): void {
  physReset();
}

export function regimeDecode(regime: u32): void {
  decodeRegime(changetype<Regime>(base() + regime));
}

/**
 * The full walk of stage 2 with a record of it. `type` is the memory type that stage 1 gave, a byte of MAIR_EL1, and
 * `sh` its shareability.
 */
export function translateIpa(regime: u32, ipa: u64, access: u32, el: u32, flags: u32, type: u32, sh: u32, out: u32): void {
  const record = changetype<Translation>(base() + out);
  resetRecord(record, ipa);
  const unaligned = (flags & REQUEST_UNALIGNED) != 0;
  const r = changetype<Regime>(base() + regime);
  translateStage2(r, ipa, access, el, unaligned, decodeMair(type), decodeShareability(r, sh), record);
}

/** Stage 1, then stage 2. */
export function translateAddress(regime: u32, va: u64, access: u32, el: u32, flags: u32, out: u32): void {
  translateVa(changetype<Regime>(base() + regime), va, access, el, flags, changetype<Translation>(base() + out));
}

/** Many walks of stage 2 at full speed: only their results. */
export function translateMany(regime: u32, ipas: u32, n: u32, access: u32, el: u32, results: u32, attributes: bool): void {
  translateBatch(changetype<Regime>(base() + regime), base() + ipas, n, access, el, base() + results, attributes);
}

/** One walk as translateMany does it, without attributes. */
export function translateRaw(regime: u32, ipa: u64, access: u32, el: u32): u64 {
  return translateSingle(changetype<Regime>(base() + regime), ipa, access, el);
}

/** Takes `n` exits in order; results[i] belongs to requests[i]. */
export function faultMany(requests: u32, n: u32, results: u32): void {
  for (let i: u32 = 0; i < n; i++) {
    const request = changetype<FaultRequest>(base() + requests + i * REQUEST_SIZEOF);
    takeExit(request, changetype<FaultResult>(base() + results + i * RESULT_SIZEOF));
  }
}

/** Completes an MMIO read that user space answered. */
export function mmioReturn(vcpu: u32, value: u64): void {
  completeRead(changetype<Vcpu>(base() + vcpu), value);
}

/** Answers an access that was left for user space by a synchronous external abort; the guest is back at it. */
export function mmioAbort(vcpu: u32): void {
  abortUserAccess(changetype<Vcpu>(base() + vcpu));
}

export function tableAlloc(): u64 {
  return poolAlloc();
}

export function tableFree(pa: u64): void {
  poolFree(pa);
}

export function tableRefs(pa: u64): u32 {
  return pageCount(pa);
}

export function cacheTopup(cache: u32, min: u32): i32 {
  return topupMemoryCache(changetype<MemoryCache>(base() + cache), min);
}

export function cacheFree(cache: u32): void {
  freeMemoryCache(changetype<MemoryCache>(base() + cache));
}

/** Maps [ipa, ipa + size) to `pa` with the largest entries that fit. `visitor` is a MapVisitor the host filled. */
export function stage2Map(vm: u32, ipa: u64, size: u64, visitor: u32): i32 {
  return walk<MapVisitor>(changetype<Vm>(base() + vm), ipa, ipa + size, changetype<MapVisitor>(base() + visitor));
}

/** Puts tables in the place of the blocks of the range. `visitor` is a DissolveVisitor the host filled. */
export function stage2Dissolve(vm: u32, ipa: u64, size: u64, visitor: u32): i32 {
  const dissolve = changetype<DissolveVisitor>(base() + visitor);
  return walk<DissolveVisitor>(changetype<Vm>(base() + vm), ipa, ipa + size, dissolve);
}

/** stage2_set_pte for one page. */
export function stage2SetPte(vm: u32, cache: u32, ipa: u64, pa: u64, attributes: u64, iomap: bool, logging: bool): i32 {
  const machine = changetype<Vm>(base() + vm);
  const desc = leaf(pa, attributes, 3, machine.layout);
  return setPte(machine, changetype<MemoryCache>(base() + cache), ipa, desc, iomap, logging);
}

export function stage2Unmap(vm: u32, ipa: u64, size: u64): i32 {
  return walk<UnmapVisitor>(changetype<Vm>(base() + vm), ipa, ipa + size, changetype<UnmapVisitor>(0));
}

/** Sets and clears attribute bits in the leaves of the range. `visitor` is an AttributeVisitor. */
export function stage2Attributes(vm: u32, ipa: u64, size: u64, visitor: u32): i32 {
  return walk<AttributeVisitor>(changetype<Vm>(base() + vm), ipa, ipa + size, changetype<AttributeVisitor>(base() + visitor));
}

export function stage2Flush(vm: u32, ipa: u64, size: u64): i32 {
  return walk<FlushVisitor>(changetype<Vm>(base() + vm), ipa, ipa + size, changetype<FlushVisitor>(0));
}

/** Counts the table pages and leaves of the range into a census record. */
export function stage2Census(vm: u32, ipa: u64, size: u64, census: u32): i32 {
  return walk<CensusVisitor>(changetype<Vm>(base() + vm), ipa, ipa + size, changetype<CensusVisitor>(base() + census));
}

/** Writes the leaves of the range to the visitor's buffer; -ENOSPC when it is full. `visitor` is a DumpVisitor. */
export function stage2Dump(vm: u32, ipa: u64, size: u64, visitor: u32): i32 {
  const dump = changetype<DumpVisitor>(base() + visitor);
  return walk<DumpVisitor>(changetype<Vm>(base() + vm), ipa, ipa + size, dump);
}

/**
 * Writes `n` leaves into the table entries from `pa` on: `first`, and each `step` above the one before. Returns n, or
 * 0 if one bank of RAM does not hold them all.
 */
export function leafRun(pa: u64, first: u64, step: u64, n: u32): u32 {
  const at = linearRun(pa, n);
  if (at == 0) return 0;
  fillRun(at, first, step, n);
  return n;
}

/** kvm_flush_remote_tlbs. */
export function tlbFlushAll(vm: u32): void {
  tlbFlushVmid(changetype<Vm>(base() + vm));
}

export function idmapAsPosted(vm: u32, cache: u32, start: u64, end: u64, byKind: bool): i32 {
  return internalVmPrepMem(changetype<Vm>(base() + vm), changetype<MemoryCache>(base() + cache), start, end, byKind);
}

/** Sets the table pages of a map aside, or changes nothing. `visitor` is a PlanVisitor with a reserve. */
export function idmapPrepare(vm: u32, visitor: u32): i32 {
  return prepareIdmap(changetype<Vm>(base() + vm), changetype<PlanVisitor>(base() + visitor));
}

/** Makes the map that idmapPrepare prepared in the same record. */
export function idmapCommit(vm: u32, visitor: u32): i32 {
  return commitIdmap(changetype<Vm>(base() + vm), changetype<MapVisitor>(base() + visitor));
}

/** Gives back the table pages set aside for a map that is not made. */
export function reserveRelease(reserve: u32): void {
  releaseReserve(changetype<Reserve>(base() + reserve));
}

export function notifierUnmap(vm: u32, start: u64, end: u64): void {
  unmapHva(changetype<Vm>(base() + vm), start, end);
}

export function notifierStart(vm: u32, start: u64, end: u64): void {
  invalidateStart(changetype<Vm>(base() + vm), start, end);
}

export function notifierEnd(vm: u32): void {
  invalidateEnd(changetype<Vm>(base() + vm));
}

export function notifierPage(vm: u32, hva: u64): void {
  invalidatePage(changetype<Vm>(base() + vm), hva);
}

export function notifierChangePte(vm: u32, hva: u64, pa: u64): void {
  changePte(changetype<Vm>(base() + vm), hva, pa);
}

/** `visitor` is an AttributeVisitor; its `changed` tells how many entries were young. */
export function notifierAge(vm: u32, start: u64, end: u64, visitor: u32): void {
  ageHva(changetype<Vm>(base() + vm), start, end, changetype<AttributeVisitor>(base() + visitor));
}
