// Branch prediction: a BTB of up to three levels, a direction predictor of two-bit counters indexed by the address
// and the global history, and a return stack. A taken branch goes to the front of every level of the BTB, of the last
// one first; what that replaces leaves the other levels too, so that the last level knows every target.
import * as U from "../../src/abi/uarch";
import { base } from "../structs";
import { Cache, cacheAccess, cacheAt, cacheClear, cacheEnd, cacheHolds, cachePlace, cacheRemove, lineOf, replacedAddress, replacedAny, setIndex } from "./cache";
import { countMicro, MicroCore } from "./core";

/** Levels of the BTB in the order of the TAKEN events. */
enum Level {
  NANO,
  MICRO,
  MAIN,
  NONE,
}

/** A counter from here on predicts taken; it starts one below. */
const WEAKLY_TAKEN: u32 = 2;
const STRONGLY_TAKEN: u32 = 3;
const INSTRUCTION: u64 = 4;

/** Target of the branch that `follow` met last, before it was renewed; no branch goes to NO_TARGET. */
let heldTarget: u64 = 0;
const NO_TARGET: u64 = ~(<u64>0);

/** Predicts a branch at `pc`, and learns. `target` is where it goes if it is taken, whether it is or not. */
export function branch(core: MicroCore, kind: U.BranchKind, pc: u64, taken: bool, target: u64): void {
  switch (kind) {
    case U.BranchKind.COND:
      conditional(core, pc, taken, target);
      return;
    case U.BranchKind.JUMP:
      countTaken(core, followDirect(core, pc, target));
      return;
    case U.BranchKind.CALL:
      countTaken(core, followDirect(core, pc, target));
      pushReturn(core, pc + INSTRUCTION);
      return;
    case U.BranchKind.RETURN:
      comeBack(core, pc, target);
      return;
    case U.BranchKind.INDIRECT_CALL:
      indirect(core, pc, target);
      pushReturn(core, pc + INSTRUCTION);
      return;
    default:
      indirect(core, pc, target);
  }
}

// @ts-ignore: decorator
@inline
function countTaken(core: MicroCore, level: Level): void {
  countMicro(core, U.MicroEvent.TAKEN_NANO + level);
}

function conditional(core: MicroCore, pc: u64, taken: bool, target: u64): void {
  const decoded = core.coldRule == U.ColdRule.DIRECTION;
  const counter = train(core, pc, taken);
  const coldTaken = core.coldRule == U.ColdRule.BACKWARD_TAKEN && target < pc;
  // Not taken, and predicted so whether the BTB holds it or not.
  if (!taken && counter < WEAKLY_TAKEN && !coldTaken) return;
  const held = taken ? followDirect(core, pc, target) : holdsDirect(core, pc) ? Level.MAIN : Level.NONE;
  const predicted = decoded || held != Level.NONE ? counter >= WEAKLY_TAKEN : coldTaken;
  if (predicted != taken) countMicro(core, U.MicroEvent.MISPREDICT_COND);
  else if (taken) countTaken(core, decoded ? Level.MAIN : held);
}

/** A return that the stack predicts costs what the BTB level of the instruction costs. */
function comeBack(core: MicroCore, pc: u64, target: u64): void {
  const level = follow(core, pc, target);
  if (popReturn(core) == target) countTaken(core, level);
  else countMicro(core, U.MicroEvent.MISPREDICT_RETURN);
}

function indirect(core: MicroCore, pc: u64, target: u64): void {
  const level = follow(core, pc, target);
  if (level != Level.NONE && heldTarget == target) countTaken(core, level);
  else countMicro(core, U.MicroEvent.MISPREDICT_INDIRECT);
}

/** Without a BTB of direct branches their targets are known when they are decoded. */
function followDirect(core: MicroCore, pc: u64, target: u64): Level {
  return core.coldRule == U.ColdRule.DIRECTION ? Level.NONE : follow(core, pc, target);
}

function holdsDirect(core: MicroCore, pc: u64): bool {
  const last = lastLevel(core);
  return last != 0 && core.coldRule != U.ColdRule.DIRECTION && cacheHolds(last, pc);
}

/** The level that knows the targets; 0 without a BTB. */
// @ts-ignore: decorator
@inline
function lastLevel(core: MicroCore): u32 {
  return core.btbMain != 0 ? core.btbMain : core.btbMicro != 0 ? core.btbMicro : core.btbNano;
}

/** Puts a taken branch in front of every level; gives the first that held it and leaves its target in heldTarget. */
function follow(core: MicroCore, pc: u64, target: u64): Level {
  const last = lastLevel(core);
  let level = Level.NONE;
  if (last == 0) return level;
  if (placeTarget(core, last, pc, target)) level = last == core.btbMain ? Level.MAIN : last == core.btbMicro ? Level.MICRO : Level.NANO;
  if (core.btbMicro != 0 && core.btbMicro != last && cacheAccess(core.btbMicro, pc, false)) level = Level.MICRO;
  if (core.btbNano != 0 && core.btbNano != last && cacheAccess(core.btbNano, pc, false)) level = Level.NANO;
  return level;
}

/** Puts a branch in front of the last level: targets move with their branches. True if the level held it. */
function placeTarget(core: MicroCore, level: u32, pc: u64, target: u64): bool {
  const cache = cacheAt(level);
  const targets = targetsOf(cache, setIndex(cache, lineOf(cache, pc)));
  const found = cachePlace(cache, pc, false);
  if (found != 0) moveTargets(targets, found < 0 ? cache.ways - 1 : <u32>found);
  heldTarget = found < 0 ? NO_TARGET : load<u64>(targets);
  store<u64>(targets, target);
  if (found < 0 && replacedAny()) removeAbove(core, level, replacedAddress(level));
  return found >= 0;
}

// @ts-ignore: decorator
@inline
function targetsOf(cache: Cache, index: u32): usize {
  return cacheEnd(cache) + (<usize>(index * cache.ways) << 3);
}

/** Moves the target at `place` to the front. */
function moveTargets(targets: usize, place: u32): void {
  const front = load<u64>(targets + (<usize>place << 3));
  for (let at = targets + (<usize>place << 3); at > targets; at -= 8) store<u64>(at, load<u64>(at - 8));
  store<u64>(targets, front);
}

function removeAbove(core: MicroCore, last: u32, pc: u64): void {
  if (core.btbMicro != 0 && core.btbMicro != last) cacheRemove(core.btbMicro, pc);
  if (core.btbNano != 0 && core.btbNano != last) cacheRemove(core.btbNano, pc);
}

/** The counter that predicts the branch, as it was before it learns the outcome. */
function train(core: MicroCore, pc: u64, taken: bool): u32 {
  const index = (<u32>(pc >> 2) ^ core.history) & core.directionMask;
  const at = base() + core.direction + index;
  const counter: u32 = load<u8>(at);
  store<u8>(at, taken ? min(counter + 1, STRONGLY_TAKEN) : counter - u32(counter != 0));
  core.history = ((core.history << 1) | u32(taken)) & ((1 << core.historyBits) - 1);
  return counter;
}

// @ts-ignore: decorator
@inline
function returnSlot(core: MicroCore): usize {
  return base() + core.returns + (<usize>core.returnsTop << 3);
}

/** The stack is circular: one call too many and the oldest is lost. */
function pushReturn(core: MicroCore, address: u64): void {
  if (core.returnsSize == 0) return;
  core.returnsTop = core.returnsTop + 1 == core.returnsSize ? 0 : core.returnsTop + 1;
  core.returnsUsed = min(core.returnsUsed + 1, core.returnsSize);
  store<u64>(returnSlot(core), address);
}

/** NO_TARGET if the stack is empty. */
function popReturn(core: MicroCore): u64 {
  if (core.returnsUsed == 0) return NO_TARGET;
  const address = load<u64>(returnSlot(core));
  core.returnsTop = core.returnsTop == 0 ? core.returnsSize - 1 : core.returnsTop - 1;
  core.returnsUsed--;
  return address;
}

/** Empties `parts` (PredictorPart). */
export function forgetPredictions(core: MicroCore, parts: u32): void {
  if ((parts & U.PredictorPart.RETURNS) != 0) core.returnsUsed = 0;
  if ((parts & U.PredictorPart.HISTORY) != 0) core.history = 0;
  if ((parts & U.PredictorPart.TARGETS) != 0) {
    cacheClear(core.btbNano);
    cacheClear(core.btbMicro);
    cacheClear(core.btbMain);
  }
  if ((parts & U.PredictorPart.DIRECTIONS) != 0) {
    memory.fill(base() + core.direction, <u8>(WEAKLY_TAKEN - 1), <usize>core.directionMask + 1);
  }
}

export function resetPredictor(core: MicroCore): void {
  forgetPredictions(core, U.PredictorPart.RETURNS | U.PredictorPart.HISTORY | U.PredictorPart.TARGETS | U.PredictorPart.DIRECTIONS);
}
