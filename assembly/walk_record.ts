// What a walk leaves behind: the fault, and each descriptor it read.
import { Fsc } from "../src/abi/arm";
import { STEP_SIZEOF, STEPS_MAX, TRANSLATION_STEP } from "../src/abi/walk";
import { Step, Translation } from "./walk_structs";

/** Records a guest fault at `level`, -1 to 3. `code` is the status code of a levelled fault. */
export function levelFault(out: Translation, stage: u32, code: i32, level: i32): void {
  out.fsc = level < 0 ? minusOne(code) : code | level;
  out.level = level;
  out.stage = stage;
}

/** Records a guest fault whose code carries no level. */
export function plainFault(out: Translation, stage: u32, code: i32, level: i32): void {
  out.fsc = code;
  out.level = level;
  out.stage = stage;
}

/** Level -1 has codes of its own. */
function minusOne(code: i32): i32 {
  if (code == Fsc.ADDRESS_SIZE) return Fsc.ADDRESS_SIZE_MINUS_1;
  return code == Fsc.TRANSLATION ? Fsc.TRANSLATION_MINUS_1 : Fsc.EXTERNAL_WALK_MINUS_1;
}

// @ts-ignore: decorator
@inline
function stepAt(out: Translation, index: u32): Step {
  return changetype<Step>(changetype<usize>(out) + TRANSLATION_STEP + index * STEP_SIZEOF);
}

/** Notes a descriptor read; what does not fit is left out. */
// @ts-ignore: decorator
@inline
export function recordStep(out: Translation, stage: u32, level: i32, pa: u64, desc: u64): void {
  const index = out.steps;
  if (index >= <u32>STEPS_MAX) return;
  const step = stepAt(out, index);
  step.pa = pa;
  step.desc = desc;
  step.written = desc;
  // Level and stage at once.
  store<u64>(changetype<usize>(step), <u64><u32>level | (<u64>stage << 32), offsetof<Step>("level"));
  out.steps = index + 1;
}

/** Notes what the hardware wrote over the descriptor at `pa`, that of step `index` unless the steps were too many. */
export function recordUpdate(out: Translation, index: u32, pa: u64, desc: u64): void {
  const step = stepAt(out, index);
  if (step.pa == pa) step.written = desc;
}

export function stepPa(out: Translation, index: u32): u64 {
  return stepAt(out, index).pa;
}

/** Makes `out` that of a walk that has not begun. */
export function resetRecord(out: Translation, ipa: u64): void {
  out.fsc = -1;
  out.level = 0;
  out.stage = 2;
  out.s1ptw = 0;
  out.write = 0;
  out.stage2Off = 0;
  out.attr = 0;
  out.sh = 0;
  out.pa = 0;
  out.ipa = ipa;
  out.desc = 0;
  out.steps = 0;
}
