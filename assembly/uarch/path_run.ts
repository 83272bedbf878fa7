// Follows faults through programs on a modelled core: fetches, loads and stores, then branches, each in the order of the
// path, at the addresses that a record and a placement give. The host has checked every word of a program.
import { FAULT_SIZEOF } from "../../src/abi/fault-log";
import * as P from "../../src/abi/program";
import { BranchKind, CORE_COUNTS, MicroEvent } from "../../src/abi/uarch";
import { base } from "../structs";
import { MicroCore } from "./core";
import { guestRun } from "./guest";
import { stealLine } from "./hierarchy";
import { fetchCode, fetchNear, forgetLast, loadData, storeData } from "./host_access";
import { locate, slotProbe } from "./operands";
import { branch } from "./predictor";
import { nextRandom } from "./random";
import { resetCore } from "./reset";
import { beginProgram, branchesAreSettled, countBranches, disturb, fetchesAreQuiet, noteBranches, noteFetches } from "./steady";
import { AccessCode, accessesOf, AccessStep, branchesOf, BranchStep, dataOf, Loaded, NO_BRANCH, placeProgram } from "./steps";

const COUNT_BYTES: usize = <usize>MicroEvent.COUNT << 3;

@unmanaged
@final
export class PathRun {
  records: u32;
  programs: u32;
  rows: u32;
  count: u32;
  placement: u32;
  between: u32;
  dataLines: u32;
  codeLines: u32;
  branches: u32;
  dataBytes: u32;
  codeBytes: u32;
  steal: u32;
  generation: u32;
}

// @ts-ignore: decorator
@inline
function addressesOf(run: PathRun): usize {
  return changetype<usize>(run) + P.RUN_ADDRESSES;
}

// @ts-ignore: decorator
@inline
function countsOf(core: MicroCore): usize {
  return changetype<usize>(core) + CORE_COUNTS;
}

// @ts-ignore: decorator
@inline
function rowOf(run: PathRun, i: u32): usize {
  return base() + load<u32>(base() + run.rows + (<usize>i << 2));
}

/** The program of fault `i`, at the addresses of the run. */
// @ts-ignore: decorator
@inline
function programOf(core: MicroCore, run: PathRun, i: u32): Loaded {
  const program = changetype<Loaded>(base() + load<u32>(base() + run.programs + (<usize>i << 2)));
  placeProgram(core, program, base() + run.placement, run.generation);
  return program;
}

/** Follows all faults of the run; the events of each are added to its row. */
export function runPaths(core: MicroCore, run: PathRun): void {
  disturb();
  for (let i: u32 = 0; i < run.count; i++) {
    const program = programOf(core, run, i);
    const record = begin(core, run, i);
    beginProgram(core, changetype<usize>(program));
    makeAccesses(core, run, program, record);
    makeBranches(core, run, program);
    settle(core, run, rowOf(run, i));
  }
}

/** Follows the first fault of the run; the events of each operation are added to a row of its own. */
export function tracePath(core: MicroCore, run: PathRun): void {
  const program = programOf(core, run, 0);
  const placement = base() + run.placement;
  const record = begin(core, run, 0);
  let at = accessesOf(program);
  let branches = branchesOf(program);
  while (true) {
    const step = changetype<AccessStep>(at);
    const turn = changetype<BranchStep>(branches);
    const isBranch = turn.kind != NO_BRANCH && turn.source < step.source;
    if (!isBranch && step.code == AccessCode.END) return;
    if (isBranch) doBranch(core, turn);
    else access(core, step, record, placement, addressesOf(run));
    settle(core, run, rowOf(run, 0) + <usize>(isBranch ? turn.source : step.source) * COUNT_BYTES);
    snapshot(core, run);
    if (isBranch) branches += P.STEP_BYTES;
    else at += P.STEP_BYTES;
  }
}

/** What happens before fault `i`, which is not counted. Gives its record. */
function begin(core: MicroCore, run: PathRun, i: u32): usize {
  if (run.between != P.Between.NOTHING) disturb();
  if (run.between == P.Between.RESET) resetCore(core);
  if (run.between == P.Between.GUEST) guestRun(core, run.dataLines, run.codeLines, run.branches, run.dataBytes, run.codeBytes);
  const record = base() + run.records + <usize>i * FAULT_SIZEOF;
  const addresses = addressesOf(run);
  locate(record, base() + run.placement, addresses);
  if (run.steal != 0 && chance(core) < run.steal) stealLine(core, load<u64>(addresses + (<usize>P.Operand.KVM << 3)));
  forgetLast();
  snapshot(core, run);
  return record;
}

/** The next 16 random bits of the core. */
function chance(core: MicroCore): u32 {
  return <u32>(nextRandom(core) >> 48);
}

// @ts-ignore: decorator
@inline
function snapshotOf(run: PathRun): usize {
  return changetype<usize>(run) + P.RUN_SNAPSHOT;
}

function snapshot(core: MicroCore, run: PathRun): void {
  memory.copy(snapshotOf(run), countsOf(core), COUNT_BYTES);
}

/** Adds what the core has counted since the snapshot to `row`. */
function settle(core: MicroCore, run: PathRun, row: usize): void {
  const before = snapshotOf(run);
  const now = countsOf(core);
  for (let at: usize = 0; at < COUNT_BYTES; at += 8) {
    const more = load<u64>(now + at) - load<u64>(before + at);
    if (more != 0) store<u64>(row + at, load<u64>(row + at) + more);
  }
}

// @ts-ignore: decorator
@inline
function makeAccesses(core: MicroCore, run: PathRun, program: Loaded, record: usize): void {
  const placement = base() + run.placement;
  if (fetchesAreQuiet()) {
    accessData(core, dataOf(program), record, placement, addressesOf(run));
    return;
  }
  accessAll(core, accessesOf(program), record, placement, addressesOf(run));
  noteFetches(core, snapshotOf(run));
}

// @ts-ignore: decorator
@inline
function makeBranches(core: MicroCore, run: PathRun, program: Loaded): void {
  const counted = changetype<usize>(run) + P.RUN_SETTLED;
  if (branchesAreSettled()) {
    countBranches(core, counted);
    return;
  }
  branchAll(core, branchesOf(program));
  noteBranches(core, snapshotOf(run), counted);
}

/** Makes the accesses from `at` to the end of the list. */
function accessAll(core: MicroCore, at: usize, record: usize, placement: usize, addresses: usize): void {
  for (; changetype<AccessStep>(at).code != AccessCode.END; at += P.STEP_BYTES) {
    access(core, changetype<AccessStep>(at), record, placement, addresses);
  }
}

/** Makes those to data only, of which `at` is the first. */
function accessData(core: MicroCore, at: usize, record: usize, placement: usize, addresses: usize): void {
  let step = changetype<AccessStep>(at);
  while (step.code != AccessCode.END) {
    const pa = dataAddress(step, record, placement, addresses);
    if (step.code == AccessCode.LOAD) loadData(core, pa, dataGuess(step, addresses));
    else storeData(core, pa, dataGuess(step, addresses));
    step = changetype<AccessStep>(changetype<usize>(step) + <usize>step.next);
  }
}

// @ts-ignore: decorator
@inline
function access(core: MicroCore, step: AccessStep, record: usize, placement: usize, addresses: usize): void {
  switch (step.code) {
    case AccessCode.LOAD:
      loadData(core, dataAddress(step, record, placement, addresses), dataGuess(step, addresses));
      return;
    case AccessCode.STORE:
      storeData(core, dataAddress(step, record, placement, addresses), dataGuess(step, addresses));
      return;
    case AccessCode.FETCH_NEAR:
      fetchNear(core, step.address, step.next, step.amount);
      return;
    default:
      fetchCode(core, step.address, step.next, step.amount, codeGuess(step, addresses));
  }
}

// @ts-ignore: decorator
@inline
function dataAddress(step: AccessStep, record: usize, placement: usize, addresses: usize): u64 {
  if (step.place == P.Operand.SLOT_PROBE) return slotProbe(record, placement, step.amount);
  return load<u64>(addresses + (<usize>step.place << 3)) + step.amount;
}

/** The way of the DTLB that had the structure of the access the last time. */
// @ts-ignore: decorator
@inline
function dataGuess(step: AccessStep, addresses: usize): usize {
  return addresses + (P.RUN_WAYS - P.RUN_ADDRESSES) + (<usize>step.place << 2);
}

/** The way of the ITLB that had the place of code the last time. */
// @ts-ignore: decorator
@inline
function codeGuess(step: AccessStep, addresses: usize): usize {
  return addresses + (P.RUN_CODE_WAYS - P.RUN_ADDRESSES) + (<usize>step.place << 2);
}

/** Makes the branches from `at` to the end of the list. */
function branchAll(core: MicroCore, at: usize): void {
  for (; changetype<BranchStep>(at).kind != NO_BRANCH; at += P.STEP_BYTES) doBranch(core, changetype<BranchStep>(at));
}

// @ts-ignore: decorator
@inline
function doBranch(core: MicroCore, step: BranchStep): void {
  branch(core, <BranchKind>step.kind, step.pc, step.taken != 0, step.target);
}

/** Compile-time only: every offset that the host uses is where the class has it. */
export function checkRunLayout(): void {
  if (offsetof<PathRun>("rows") != P.RUN_ROWS) ERROR("a structure disagrees with src/abi/program.ts");
  if (offsetof<PathRun>("between") != P.RUN_BETWEEN) ERROR("a structure disagrees with src/abi/program.ts");
  if (offsetof<PathRun>("codeBytes") != P.RUN_CODE_BYTES) ERROR("a structure disagrees with src/abi/program.ts");
  if (offsetof<PathRun>("generation") != P.RUN_GENERATION) ERROR("a structure disagrees with src/abi/program.ts");
  if (offsetof<PathRun>("steal") != P.RUN_STEAL) ERROR("a structure disagrees with src/abi/program.ts");
  if (offsetof<PathRun>() > <usize>P.RUN_ADDRESSES) ERROR("a structure disagrees with src/abi/program.ts");
  if (P.RUN_ADDRESSES + (P.Operand.COUNT << 3) > P.RUN_SNAPSHOT) ERROR("more operands than a run has room for");
  if (P.RUN_SNAPSHOT + (MicroEvent.COUNT << 3) > P.RUN_WAYS) ERROR("more events than a run has room for");
  if (P.RUN_WAYS + (P.Operand.COUNT << 2) > P.RUN_CODE_WAYS) ERROR("more operands than a run has room for");
  if (P.RUN_CODE_WAYS + (P.CODE_BASES << 2) > P.RUN_SETTLED) ERROR("more places of code than a run has room for");
  if (P.RUN_SETTLED + (MicroEvent.COUNT << 3) > P.RUN_SIZEOF) ERROR("more events than a run has room for");
}
