// A guest that runs between two faults: it uses the caches, TLBs and branch prediction of the core for itself, and what
// it does is not counted. Its memory and code lie where no other address of the model does.
import { TlbType } from "../../src/abi/tlb";
import * as U from "../../src/abi/uarch";
import { MicroCore } from "./core";
import { fetchLine, loadLine, storeLine } from "./hierarchy";
import { learnBranch } from "./predictor";
import { below, randomAfter } from "./random";
import { tlbAt } from "./tlb";
import { findWay, keyOf, replaceOldest, setOf, tagOf, Tlb, touch } from "./tlb_table";

const DATA_PA: u64 = 0xe << 48;
const CODE_PA: u64 = 0xf << 48;
const CODE_VA: u64 = 0x400000;
const PAGE_SHIFT: u32 = 12;
/** A word of data, and the eight instructions of which one is a branch. */
const WORD: u64 = 8;
const BRANCH_BLOCK: u64 = 32;

/** One of the multiples of `step` below `bytes`. */
// @ts-ignore: decorator
@inline
function randomAddress(x: u64, bytes: u32, step: u64): u64 {
  return below(x, max(<u64>bytes / step, 1)) * step;
}

/**
 * Accesses to `dataLines` random lines in `dataBytes` of memory, a quarter of them stores, fetches of `codeLines` lines
 * and `branches` branches in `codeBytes` of code.
 */
export function guestRun(core: MicroCore, dataLines: u32, codeLines: u32, branches: u32, dataBytes: u32, codeBytes: u32): void {
  const counts = changetype<usize>(core) + U.CORE_COUNTS;
  const saved = changetype<usize>(core) + U.CORE_SAVED_COUNTS;
  memory.copy(saved, counts, U.MicroEvent.COUNT << 3);
  // In a local: each number waits for the one before it.
  let x = core.random;
  for (let i: u32 = 0; i < dataLines; i++) {
    const address = randomAfter(x);
    x = randomAfter(address);
    touchData(core, randomAddress(address, dataBytes, WORD), below(x, 4) == 0);
  }
  for (let i: u32 = 0; i < codeLines; i++) {
    x = randomAfter(x);
    touchCode(core, randomAddress(x, codeBytes, WORD));
  }
  for (let i: u32 = 0; i < branches; i++) {
    const block = randomAfter(x);
    const target = randomAfter(block);
    x = randomAfter(target);
    const to = randomAddress(target, codeBytes, BRANCH_BLOCK);
    runBranch(core, randomAddress(block, codeBytes, BRANCH_BLOCK), to, below(x, 16) == 0);
  }
  core.random = x;
  memory.copy(counts, saved, U.MicroEvent.COUNT << 3);
}

/** The page of `address` has a place in the TLBs; its walk is left out. */
// @ts-ignore: decorator
@inline
function touchPage(core: MicroCore, address: u64, fetch: bool): void {
  const key = keyOf(TlbType.GUEST, address, PAGE_SHIFT);
  const tag = tagOf(key, 0);
  if (usePage(tlbAt(fetch ? core.itlb : core.dtlb), tag, key)) return;
  usePage(tlbAt(core.stlb), tag, key);
}

/** The page becomes the entry used last; false if the table did not hold it. */
function usePage(tlb: Tlb, tag: u32, key: u64): bool {
  const set = setOf(tlb, key);
  const way = findWay(tlb, set, tag, key, 0);
  if (way < 0) replaceOldest(tlb, set, tag, key, 0);
  else touch(tlb, set, way);
  return way >= 0;
}

function touchCode(core: MicroCore, address: u64): void {
  const pa = CODE_PA + address;
  touchPage(core, pa, true);
  fetchLine(core, pa);
}

function touchData(core: MicroCore, address: u64, write: bool): void {
  const pa = DATA_PA + address;
  touchPage(core, pa, false);
  if (write) storeLine(core, pa);
  else loadLine(core, pa);
}

/**
 * Of eight branches six are conditional, one calls and one returns. Where in its block a branch is, its kind and the
 * way it mostly goes are a matter of its block; `rarely` it goes the other way.
 */
function runBranch(core: MicroCore, block: u64, target: u64, rarely: bool): void {
  const hash = <u32>((block * 0x9e3779b97f4a7c15) >> 56);
  const mostly = (hash & 8) != 0;
  const kind = (hash & 7) == 0 ? U.BranchKind.CALL : (hash & 7) == 1 ? U.BranchKind.RETURN : U.BranchKind.COND;
  const pc = CODE_VA + block + (<u64>(hash >> 5) << 2);
  learnBranch(core, kind, pc, kind != U.BranchKind.COND || mostly != rarely, CODE_VA + target);
}
