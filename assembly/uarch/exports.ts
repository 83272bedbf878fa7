// What the accounted output exports beside assembly/index.ts; no logic. Cores and caches are byte offsets from
// memoryBase.
import { ACCESS_LINE } from "../../src/abi/tlb";
import { BranchKind } from "../../src/abi/uarch";
import { base } from "../structs";
import { Regime, Translation } from "../walk_structs";
import { accessLine, accessMany } from "./access_many";
import { btbInit, checkBtbLayout } from "./btb";
import { checkFrontLayout } from "./btb_front";
import { cacheInit } from "./cache";
import { checkCoreLayout, coreAt } from "./core";
import { guestRun } from "./guest";
import { cleanLine, fetchLine, loadLine, stealLine, storeLine, walkRead } from "./hierarchy";
import { translateThroughTlb, vmidOf, withoutTag } from "./micro_walk";
import { checkRunLayout, PathRun, runPaths, tracePath } from "./path_run";
import { branch, forgetPredictions } from "./predictor";
import { hostTranslate, invalidate, tlbAt } from "./tlb";
import { resetCore } from "./reset";
import { checkStepLayout } from "./steps";
import { checkTlbLayout, initTlb } from "./tlb_setup";

/** Call once, after init. */
export function microInit(): void {
  checkCoreLayout();
  checkBtbLayout();
  checkFrontLayout();
  checkRunLayout();
  checkStepLayout();
  checkTlbLayout();
}

/** Makes an empty cache of the bytes at `cache`. */
export function microCacheInit(cache: u32, sets: u32, ways: u32, lineBytes: u32): void {
  cacheInit(cache, sets, ways, lineBytes);
}

/** Makes an empty level of a BTB, the `level`-th of the TAKEN events, of the bytes at `offset`; `last` if none is behind. */
export function microBtbInit(offset: u32, level: u32, sets: u32, ways: u32, last: bool): void {
  btbInit(offset, level, sets, ways, last);
}

/** Everything empty; the counts and the random numbers go on. */
export function microReset(core: u32): void {
  resetCore(coreAt(core));
}

export function microLoad(core: u32, pa: u64): void {
  loadLine(coreAt(core), pa);
}

export function microStore(core: u32, pa: u64): void {
  storeLine(coreAt(core), pa);
}

export function microFetch(core: u32, pa: u64): void {
  fetchLine(coreAt(core), pa);
}

export function microWalkRead(core: u32, pa: u64): void {
  walkRead(coreAt(core), pa);
}

export function microCleanLine(core: u32, pa: u64): void {
  cleanLine(coreAt(core), pa);
}

export function microStealLine(core: u32, pa: u64): void {
  stealLine(coreAt(core), pa);
}

export function microBranch(core: u32, kind: BranchKind, pc: u64, taken: bool, target: u64): void {
  branch(coreAt(core), kind, pc, taken, target);
}

/** Empties parts of the branch prediction, bits of PredictorPart. */
export function microPredictorForget(core: u32, parts: u32): void {
  forgetPredictions(coreAt(core), parts);
}

export function microGuest(core: u32, dataLines: u32, codeLines: u32, branches: u32, dataBytes: u32, codeBytes: u32): void {
  guestRun(coreAt(core), dataLines, codeLines, branches, dataBytes, codeBytes);
}

/** Follows all faults of a PathRun (src/abi/program.ts); the events of each are added to its row. */
export function microRunPaths(core: u32, run: u32): void {
  runPaths(coreAt(core), changetype<PathRun>(base() + run));
}

/** Follows the first fault of a PathRun; the events of each operation are added to a row of its own. */
export function microTracePath(core: u32, run: u32): void {
  tracePath(coreAt(core), changetype<PathRun>(base() + run));
}

/** Makes an empty table of translations of the bytes at `tlb`. */
export function microTlbInit(tlb: u32, sets: u32, ways: u32): void {
  initTlb(tlbAt(tlb), sets, ways);
}

/** One TLBI instruction: `kind` is a TlbiKind, `address` a VA or an IPA where the kind is by address. */
export function microTlbi(core: u32, kind: u32, vmid: u32, address: u64): void {
  invalidate(coreAt(core), kind, vmid, address);
}

/** The tag of a VA is not part of what a TLBI by VA compares. */
export function microTlbiVa(core: u32, kind: u32, vmid: u32, va: u64): void {
  invalidate(coreAt(core), kind, vmid, withoutTag(va));
}

/** One access through the TLBs into the Translation at `out`. Returns its TlbSource. */
export function microAccess(core: u32, regime: u32, address: u64, access: u32, el: u32, flags: u32, out: u32): u32 {
  const record = changetype<Translation>(base() + out);
  const source = translateThroughTlb(coreAt(core), changetype<Regime>(base() + regime), address, access, el, flags, record);
  if (flags & ACCESS_LINE && record.fsc < 0) accessLine(coreAt(core), record.pa, access);
  return source;
}

/** Many accesses of one kind; the results are those of translateMany. */
export function microAccessMany(core: u32, regime: u32, addresses: u32, n: u32, access: u32, el: u32, flags: u32, results: u32): void {
  const r = changetype<Regime>(base() + regime);
  accessMany(coreAt(core), r, base() + addresses, n, access, el, flags, base() + results);
}

/** The VMID that a regime tags entries with. */
export function microVmid(regime: u32): u32 {
  return vmidOf(changetype<Regime>(base() + regime));
}

/** The host kernel's own access to its linear map (`fetch`: to its text). */
export function microHostTranslate(core: u32, va: u64, fetch: bool): void {
  hostTranslate(coreAt(core), va, fetch);
}
