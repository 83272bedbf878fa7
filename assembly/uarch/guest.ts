// A guest that runs between two faults: it uses the caches, TLBs and branch prediction of the core for itself, and what
// it does is not counted. Its memory and code lie where no other address of the model does.
import { TlbType } from "../../src/abi/tlb";
import * as U from "../../src/abi/uarch";
import { MicroCore } from "./core";
import { fetchLine, loadLine, storeLine } from "./hierarchy";
import { branch } from "./predictor";
import { nextRandom } from "./random";
import { tlbAt } from "./tlb";
import { keyOf, lookupKey, place } from "./tlb_table";

const DATA_PA: u64 = 0xe << 48;
const CODE_PA: u64 = 0xf << 48;
const CODE_VA: u64 = 0x400000;
const PAGE_SHIFT: u32 = 12;
/** A word of data, and the eight instructions of which one is a branch. */
const WORD: u64 = 8;
const BRANCH_BLOCK: u64 = 32;

/** Next of the random numbers of the core, as a number below `n`. */
function random(core: MicroCore, n: u64): u64 {
  return ((nextRandom(core) >> 32) * n) >> 32;
}

// @ts-ignore: decorator
@inline
function randomAddress(core: MicroCore, bytes: u32, step: u64): u64 {
  return random(core, max(<u64>bytes / step, 1)) * step;
}

/**
 * Accesses to `dataLines` random lines in `dataBytes` of memory, a quarter of them stores, fetches of `codeLines` lines
 * and `branches` branches in `codeBytes` of code.
 */
export function guestRun(core: MicroCore, dataLines: u32, codeLines: u32, branches: u32, dataBytes: u32, codeBytes: u32): void {
  const counts = changetype<usize>(core) + U.CORE_COUNTS;
  const saved = changetype<usize>(core) + U.CORE_SAVED_COUNTS;
  memory.copy(saved, counts, U.MicroEvent.COUNT << 3);
  for (let i: u32 = 0; i < dataLines; i++) touchData(core, dataBytes);
  for (let i: u32 = 0; i < codeLines; i++) touchCode(core, codeBytes);
  for (let i: u32 = 0; i < branches; i++) runBranch(core, codeBytes);
  memory.copy(counts, saved, U.MicroEvent.COUNT << 3);
}

/** The page of `address` has a place in the TLBs; its walk is left out. */
function touchPage(core: MicroCore, address: u64, fetch: bool): void {
  const key = keyOf(TlbType.GUEST, address, PAGE_SHIFT);
  const first = tlbAt(fetch ? core.itlb : core.dtlb);
  if (lookupKey(first, key, 0) != null) return;
  place(tlbAt(core.stlb), key, 0);
  place(first, key, 0);
}

function touchCode(core: MicroCore, bytes: u32): void {
  const pa = CODE_PA + randomAddress(core, bytes, WORD);
  touchPage(core, pa, true);
  fetchLine(core, pa);
}

function touchData(core: MicroCore, bytes: u32): void {
  const pa = DATA_PA + randomAddress(core, bytes, WORD);
  touchPage(core, pa, false);
  if (random(core, 4) == 0) storeLine(core, pa);
  else loadLine(core, pa);
}

/**
 * Of eight branches six are conditional, one calls and one returns. Where in its block a branch is, its kind and the
 * way it mostly goes are a matter of its block.
 */
function runBranch(core: MicroCore, codeBytes: u32): void {
  const block = randomAddress(core, codeBytes, BRANCH_BLOCK);
  const hash = <u32>((block * 0x9e3779b97f4a7c15) >> 56);
  const target = CODE_VA + randomAddress(core, codeBytes, BRANCH_BLOCK);
  const mostly = (hash & 8) != 0;
  const taken = random(core, 16) == 0 ? !mostly : mostly;
  const kind = (hash & 7) == 0 ? U.BranchKind.CALL : (hash & 7) == 1 ? U.BranchKind.RETURN : U.BranchKind.COND;
  const pc = CODE_VA + block + (<u64>(hash >> 5) << 2);
  branch(core, kind, pc, kind != U.BranchKind.COND || taken, target);
}
