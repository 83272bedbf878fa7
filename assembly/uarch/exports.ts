// What the accounted output exports beside assembly/index.ts; no logic. Cores and caches are byte offsets from
// memoryBase.
import { BranchKind } from "../../src/abi/uarch";
import { base } from "../structs";
import { cacheInit } from "./cache";
import { checkCoreLayout, coreAt } from "./core";
import { guestRun } from "./guest";
import { cleanLine, fetchLine, loadLine, resetCaches, stealLine, storeLine, walkRead } from "./hierarchy";
import { checkRunLayout, PathRun, runPaths, tracePath } from "./path_run";
import { branch, forgetPredictions, resetPredictor } from "./predictor";

/** Call once, after init. */
export function microInit(): void {
  checkCoreLayout();
  checkRunLayout();
}

/** Makes an empty cache, or a level of a BTB, of the bytes at `cache`. */
export function microCacheInit(cache: u32, sets: u32, ways: u32, lineBytes: u32): void {
  cacheInit(cache, sets, ways, lineBytes);
}

/** Everything empty; the counts and the random numbers go on. */
export function microReset(core: u32): void {
  resetCaches(coreAt(core));
  resetPredictor(coreAt(core));
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
