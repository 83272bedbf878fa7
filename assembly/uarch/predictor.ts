// Branch prediction: a BTB (btb.ts), a direction predictor of two-bit counters indexed by the address and the global
// history, and a return stack.
import * as U from "../../src/abi/uarch";
import { base } from "../structs";
import { btbClear, btbHolds, follow, heldTarget, Level, NO_TARGET } from "./btb";
import { countMicro, MicroCore } from "./core";

/** A counter from here on predicts taken; it starts one below. */
const WEAKLY_TAKEN: u32 = 2;
const STRONGLY_TAKEN: u32 = 3;
const INSTRUCTION: u64 = 4;

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

/** As branch, of a conditional branch, a call or a return, when nobody asks what was predicted. */
// @ts-ignore: decorator
@inline
export function learnBranch(core: MicroCore, kind: U.BranchKind, pc: u64, taken: bool, target: u64): void {
  if (kind == U.BranchKind.COND) {
    train(core, pc, taken);
    if (taken) followDirect(core, pc, target);
  } else if (kind == U.BranchKind.CALL) {
    followDirect(core, pc, target);
    pushReturn(core, pc + INSTRUCTION);
  } else {
    follow(core, pc, target);
    popReturn(core);
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
  else if (taken) countTaken(core, held);
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
  return core.coldRule != U.ColdRule.DIRECTION && btbHolds(core, pc);
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
  if ((parts & U.PredictorPart.TARGETS) != 0) btbClear(core);
  if ((parts & U.PredictorPart.DIRECTIONS) != 0) {
    memory.fill(base() + core.direction, <u8>(WEAKLY_TAKEN - 1), <usize>core.directionMask + 1);
  }
}

export function resetPredictor(core: MicroCore): void {
  forgetPredictions(core, U.PredictorPart.RETURNS | U.PredictorPart.HISTORY | U.PredictorPart.TARGETS | U.PredictorPart.DIRECTIONS);
}
