// What a core need not do again when it follows one program over and over with nothing between. All of the caches, TLBs
// and BTB levels replace what was used longest ago: once a sequence of uses has ended, the same sequence leaves them as
// it found them. So
// - fetches that all hit the L1I and the ITLB, right after the same fetches, change nothing from then on;
// - branches that all were in the BTB, of a predictor that starts with the same history and the same depth of the return
//   stack, count the same from then on: a counter that saturates at 3 has settled after three times.
import { CORE_COUNTS, MicroEvent } from "../../src/abi/uarch";
import { newBranches } from "./btb";
import { MicroCore } from "./core";

/** Times that the branches must have been followed: three until the counters have settled, one to count. */
const SETTLED: u32 = 4;
const FIRST_BRANCH: usize = <usize>MicroEvent.TAKEN_NANO << 3;
const AFTER_BRANCHES: usize = <usize>(MicroEvent.MISPREDICT_INDIRECT + 1) << 3;

/** The program followed last, 0 if the core was used otherwise since; whether it is the one before it too. */
let program: usize = 0;
let again: bool = false;
/** Whether its fetches change nothing. */
let quiet: bool = false;
/** Times in a row that its branches began with the same, without a new one. */
let times: u32 = 0;
// What its branches began with.
let branchesHeld: u64 = 0;
let history: u32 = 0;
let returnsTop: u32 = 0;
let returnsUsed: u32 = 0;

/** Something else has used the core. */
export function disturb(): void {
  program = 0;
}

/** The next program to be followed is `next`. */
// @ts-ignore: decorator
@inline
export function beginProgram(core: MicroCore, next: usize): void {
  again = next == program;
  const sameStart = core.history == history && core.returnsTop == returnsTop && core.returnsUsed == returnsUsed;
  if (!again || !sameStart) times = 0;
  if (!again) quiet = false;
  program = next;
  branchesHeld = newBranches;
  history = core.history;
  returnsTop = core.returnsTop;
  returnsUsed = core.returnsUsed;
}

/** True if the fetches of the program change nothing and are no events. */
// @ts-ignore: decorator
@inline
export function fetchesAreQuiet(): bool {
  return quiet;
}

/** The accesses were made; `before` has the counts before them, `now` has them now. */
// @ts-ignore: decorator
@inline
export function noteFetches(core: MicroCore, before: usize): void {
  const now = changetype<usize>(core) + CORE_COUNTS;
  const hit = same(before, now, MicroEvent.FETCH_L2) && same(before, now, MicroEvent.FETCH_L3) && same(before, now, MicroEvent.FETCH_DRAM);
  quiet = again && hit && same(before, now, MicroEvent.ITLB_L2) && same(before, now, MicroEvent.WALK);
}

// @ts-ignore: decorator
@inline
function same(before: usize, now: usize, event: MicroEvent): bool {
  return load<u64>(before + (<usize>event << 3)) == load<u64>(now + (<usize>event << 3));
}

/** True if the branches of the program count what they counted the last time. */
// @ts-ignore: decorator
@inline
export function branchesAreSettled(): bool {
  return times >= SETTLED;
}

/** Counts them so. `counted` has counts by event. */
// @ts-ignore: decorator
@inline
export function countBranches(core: MicroCore, counted: usize): void {
  const now = changetype<usize>(core) + CORE_COUNTS;
  for (let at = FIRST_BRANCH; at < AFTER_BRANCHES; at += 8) store<u64>(now + at, load<u64>(now + at) + load<u64>(counted + at));
}

/** The branches were followed; what they counted goes to `counted`. */
// @ts-ignore: decorator
@inline
export function noteBranches(core: MicroCore, before: usize, counted: usize): void {
  times = newBranches == branchesHeld ? times + 1 : 0;
  if (times < SETTLED) return;
  const now = changetype<usize>(core) + CORE_COUNTS;
  for (let at = FIRST_BRANCH; at < AFTER_BRANCHES; at += 8) store<u64>(counted + at, load<u64>(now + at) - load<u64>(before + at));
}
