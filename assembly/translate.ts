// The hardware walk of one IPA. Order of checks: Arm ARM, stage-2 translation; docs/notes/stage2-walk.md
// sections 2 to 7. A guest fault is data: `fsc` holds the fault status code with its level.
import { Fsc, HCR_DC_LSB, HCR_VM_LSB, VTCR_HA_LSB } from "../src/abi/arm";
import { Access } from "../src/abi/event";
import { FEAT_HAFDBS, FEAT_XNX, TRANSLATION_STEP, TRANSLATION_STEP_SIZEOF } from "../src/abi/layout";
import { AF, isTable, isValid, outputAddress, S2AP_READ, S2AP_WRITE } from "./desc";
import { isMemory, resolve, writeDescriptor } from "./phys";
import { Regime, Step, Translation } from "./structs";
import { levelShift } from "./vtcr";

/** Blocks exist at levels 1 and 2 with 4K, at level 2 otherwise (no FEAT_LPA). */
// @ts-ignore: decorator
@inline
function blockAllowed(r: Regime, level: i32): bool {
  return level == 2 || (level == 1 && r.granuleShift == 12);
}

function fault(out: Translation, fsc: i32, level: i32): void {
  out.fsc = fsc | level;
  out.level = level;
}

/** True if execution from `el` is allowed by XN[1:0]. */
// @ts-ignore: decorator
@inline
function mayExecute(r: Regime, desc: u64, el: u32): bool {
  let xn = <u32>(desc >> 53) & 3;
  if (!(r.features & FEAT_XNX)) xn &= 2;
  return xn == 0 || (xn == 1 && el == 0) || (xn == 3 && el == 1);
}

/** True if the leaf allows the access. Cache maintenance at EL1 needs no stage-2 permission. */
function permitted(r: Regime, desc: u64, access: u32, el: u32): bool {
  if (access == Access.READ) return (desc & S2AP_READ) != 0;
  if (access == Access.WRITE) return (desc & S2AP_WRITE) != 0;
  if (access == Access.EXECUTE) return mayExecute(r, desc, el);
  return el != 0 || (desc & S2AP_READ) != 0;
}

/** Translates `ipa` for `access` made at `el` under the decoded regime `r`. The result is in `out`. */
export function translate(r: Regime, ipa: u64, access: u32, el: u32, out: Translation): void {
  out.steps = 0;
  out.desc = 0;
  out.pa = 0;
  out.fsc = -1;
  out.stage2Off = 0;
  if (!(r.hcr & (((<u64>1) << HCR_VM_LSB) | ((<u64>1) << HCR_DC_LSB)))) {
    out.stage2Off = 1;
    out.pa = ipa;
    return;
  }
  if (!r.valid || ipa >> r.iaBits != 0) return fault(out, Fsc.TRANSLATION, 0);
  walk(r, ipa, access, el, out);
}

function walk(r: Regime, ipa: u64, access: u32, el: u32, out: Translation): void {
  // In locals: a store to the result would have the regime read again.
  const granuleShift = r.granuleShift;
  const stride = r.stride;
  const oaBits = r.oaBits;
  const entryMask = ((<u64>1) << stride) - 1;
  let level = r.startLevel;
  let shift = levelShift(granuleShift, level);
  let table = r.tableBase;
  let mask: u64 = ~(<u64>0);
  for (let step: u32 = 0; ; step++, level++, shift -= stride) {
    const at = table | (((ipa >> shift) & mask) << 3);
    // The level is 0 for the first table and the table descriptor's own level after it.
    if (at >> oaBits != 0) return fault(out, Fsc.ADDRESS_SIZE, step == 0 ? 0 : level - 1);
    const linear = resolve(at);
    if (linear == 0 && !isMemory(at)) return fault(out, Fsc.EXTERNAL_WALK, level);
    const desc = linear == 0 ? 0 : load<u64>(linear);
    record(out, step, at, desc);
    if (!isValid(desc)) return fault(out, Fsc.TRANSLATION, level);
    if (isTable(desc, level)) {
      table = outputAddress(desc, granuleShift);
      mask = entryMask;
      continue;
    }
    const isPage = level == 3 && (desc & 2) != 0;
    if (!isPage && ((desc & 2) != 0 || !blockAllowed(r, level))) return fault(out, Fsc.TRANSLATION, level);
    return checkLeaf(r, ipa, access, el, out, at, desc, level, shift);
  }
}

// @ts-ignore: decorator
@inline
function record(out: Translation, index: u32, at: u64, desc: u64): void {
  const step = changetype<Step>(changetype<usize>(out) + TRANSLATION_STEP + index * TRANSLATION_STEP_SIZEOF);
  step.pa = at;
  step.desc = desc;
  out.steps = index + 1;
}

/** Leaf checks in the architecture's order: address size, access flag, permission. */
// @ts-ignore: decorator
@inline
function checkLeaf(r: Regime, ipa: u64, access: u32, el: u32, out: Translation, at: u64, desc: u64, level: i32, shift: u32): void {
  out.desc = desc;
  const pa = outputAddress(desc, shift) | (ipa & (((<u64>1) << shift) - 1));
  if (pa >> r.oaBits != 0) return fault(out, Fsc.ADDRESS_SIZE, level);
  const hardwareAf = (r.features & FEAT_HAFDBS) != 0 && ((r.vtcr >> VTCR_HA_LSB) & 1) != 0;
  if (!(desc & AF) && !hardwareAf) return fault(out, Fsc.ACCESS_FLAG, level);
  if (!permitted(r, desc, access, el)) return fault(out, Fsc.PERMISSION, level);
  if (!(desc & AF)) writeDescriptor(at, desc | AF);
  out.level = level;
  out.pa = pa;
}

/** Translates `n` IPAs at `ipas` into `results`: the PA, or bit 63 with the fault status code. */
export function translateBatch(r: Regime, ipas: usize, n: u32, access: u32, el: u32, out: Translation, results: usize): void {
  for (let i: u32 = 0; i < n; i++) {
    translate(r, load<u64>(ipas + (<usize>i << 3)), access, el, out);
    const value = out.fsc < 0 ? out.pa : ((<u64>1) << 63) | <u64>out.fsc;
    store<u64>(results + (<usize>i << 3), value);
  }
}
