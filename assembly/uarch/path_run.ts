// Follows faults through programs on a modelled core: fetches, loads, stores and branches in the order of the path, at
// the addresses that a record and a placement give. The host has checked every word of a program.
import { FAULT_SIZEOF } from "../../src/abi/fault-log";
import * as P from "../../src/abi/program";
import { BranchKind, CORE_COUNTS, MicroEvent } from "../../src/abi/uarch";
import { base } from "../structs";
import { coreAt, MicroCore } from "./core";
import { guestRun } from "./guest";
import { resetCaches, stealLine } from "./hierarchy";
import { fetchCode, forgetLast, loadData, storeData } from "./host_access";
import { locate, slotProbe } from "./operands";
import { branch, resetPredictor } from "./predictor";
import { resetTranslations } from "./tlb";

const COUNT_BYTES: usize = <usize>MicroEvent.COUNT << 3;
const WIDTH: usize = <usize>P.OP_WORDS << 2;

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

/** Follows all faults of the run; the events of each are added to its row. */
export function runPaths(core: MicroCore, run: PathRun): void {
  for (let i: u32 = 0; i < run.count; i++) {
    const record = begin(core, run, i);
    const program = base() + load<u32>(base() + run.programs + (<usize>i << 2));
    const placement = base() + run.placement;
    const addresses = addressesOf(run);
    for (let at = program; perform(core, at, record, placement, addresses); at += WIDTH) {}
    settle(core, run, base() + load<u32>(base() + run.rows + (<usize>i << 2)));
  }
}

/** Follows the first fault of the run; the events of each operation are added to a row of its own. */
export function tracePath(core: MicroCore, run: PathRun): void {
  const record = begin(core, run, 0);
  const placement = base() + run.placement;
  let row = base() + load<u32>(base() + run.rows);
  for (let at = base() + load<u32>(base() + run.programs); perform(core, at, record, placement, addressesOf(run)); at += WIDTH) {
    settle(core, run, row);
    snapshot(core, run);
    row += COUNT_BYTES;
  }
}

/** What happens before fault `i`, which is not counted. Gives its record. */
function begin(core: MicroCore, run: PathRun, i: u32): usize {
  if (run.between == P.Between.RESET) reset(core);
  if (run.between == P.Between.GUEST) guestRun(core, run.dataLines, run.codeLines, run.branches, run.dataBytes, run.codeBytes);
  const record = base() + run.records + <usize>i * FAULT_SIZEOF;
  const addresses = addressesOf(run);
  locate(record, base() + run.placement, addresses);
  if (run.steal != 0 && chance(core) < run.steal) stealLine(core, load<u64>(addresses + (<usize>P.Operand.KVM << 3)));
  forgetLast();
  snapshot(core, run);
  return record;
}

function reset(core: MicroCore): void {
  resetCaches(core);
  resetTranslations(core);
  resetPredictor(core);
}

/** The next 16 random bits of the core (xorshift64, as in guest.ts). */
function chance(core: MicroCore): u32 {
  let x = core.random;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  core.random = x;
  return <u32>(x >> 48);
}

function snapshot(core: MicroCore, run: PathRun): void {
  memory.copy(changetype<usize>(run) + P.RUN_SNAPSHOT, countsOf(core), COUNT_BYTES);
}

/** Adds what the core has counted since the snapshot to `row`. */
function settle(core: MicroCore, run: PathRun, row: usize): void {
  const before = changetype<usize>(run) + P.RUN_SNAPSHOT;
  const now = countsOf(core);
  for (let at: usize = 0; at < COUNT_BYTES; at += 8) {
    const more = load<u64>(now + at) - load<u64>(before + at);
    if (more != 0) store<u64>(row + at, load<u64>(row + at) + more);
  }
}

// @ts-ignore: decorator
@inline
function codeAddress(placement: usize, codeBase: u32, offset: u32): u64 {
  return load<u64>(placement + (<usize>codeBase << 3), P.PLACEMENT_CODE) + offset;
}

/** Does the operation at `at`; false at the end of the program. */
// @ts-ignore: decorator
@inline
function perform(core: MicroCore, at: usize, record: usize, placement: usize, addresses: usize): bool {
  const first = load<u32>(at);
  switch (first & ((1 << P.OP_CODE_WIDTH) - 1)) {
    case P.Op.BRANCH:
      doBranch(core, at, first, placement);
      return true;
    case P.Op.LOAD:
      loadData(core, dataAddress(at, record, placement, addresses), guessOf(at, addresses));
      return true;
    case P.Op.STORE:
      storeData(core, dataAddress(at, record, placement, addresses), guessOf(at, addresses));
      return true;
    case P.Op.FETCH:
      doFetch(core, at, placement, addresses);
      return true;
    default:
      return false;
  }
}

// @ts-ignore: decorator
@inline
function dataAddress(at: usize, record: usize, placement: usize, addresses: usize): u64 {
  const operand = load<u32>(at, 4);
  const offset = load<u32>(at, 8);
  if (operand == P.Operand.SLOT_PROBE) return slotProbe(record, placement, offset);
  return load<u64>(addresses + (<usize>operand << 3)) + offset;
}

// @ts-ignore: decorator
@inline
function doFetch(core: MicroCore, at: usize, placement: usize, addresses: usize): void {
  const place = load<u32>(at, 4);
  const guess = addresses + (P.RUN_CODE_WAYS - P.RUN_ADDRESSES) + (<usize>place << 2);
  fetchCode(core, codeAddress(placement, place, load<u32>(at, 8)), load<u32>(at, 12), guess);
}

/** The way of the DTLB that had the structure of the operation the last time. */
// @ts-ignore: decorator
@inline
function guessOf(at: usize, addresses: usize): usize {
  return addresses + (P.RUN_WAYS - P.RUN_ADDRESSES) + (<usize>load<u32>(at, 4) << 2);
}

function doBranch(core: MicroCore, at: usize, first: u32, placement: usize): void {
  const bases = load<u32>(at, 4);
  const pc = codeAddress(placement, bases & ((1 << P.OP_TARGET_BASE_LSB) - 1), load<u32>(at, 8));
  const target = codeAddress(placement, bases >> P.OP_TARGET_BASE_LSB, load<u32>(at, 12));
  const kind = (first >> P.OP_KIND_LSB) & ((1 << P.OP_KIND_WIDTH) - 1);
  branch(core, <BranchKind>kind, pc, ((first >> P.OP_TAKEN_LSB) & 1) != 0, target);
}

/** Compile-time only: every offset that the host uses is where the class has it. */
export function checkRunLayout(): void {
  if (offsetof<PathRun>("rows") != P.RUN_ROWS) ERROR("a structure disagrees with src/abi/program.ts");
  if (offsetof<PathRun>("between") != P.RUN_BETWEEN) ERROR("a structure disagrees with src/abi/program.ts");
  if (offsetof<PathRun>("codeBytes") != P.RUN_CODE_BYTES) ERROR("a structure disagrees with src/abi/program.ts");
  if (offsetof<PathRun>("steal") != P.RUN_STEAL) ERROR("a structure disagrees with src/abi/program.ts");
  if (offsetof<PathRun>() > <usize>P.RUN_ADDRESSES) ERROR("a structure disagrees with src/abi/program.ts");
  if (P.RUN_ADDRESSES + (P.Operand.COUNT << 3) > P.RUN_SNAPSHOT) ERROR("more operands than a run has room for");
  if (P.RUN_SNAPSHOT + (MicroEvent.COUNT << 3) > P.RUN_WAYS) ERROR("more events than a run has room for");
  if (P.RUN_WAYS + (P.Operand.COUNT << 2) > P.RUN_CODE_WAYS) ERROR("more operands than a run has room for");
  if (P.RUN_CODE_WAYS + (P.CODE_BASES << 2) > P.RUN_SIZEOF) ERROR("more places of code than a run has room for");
}
