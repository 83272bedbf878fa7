// The hardware walk of stage 2. Order of checks: Arm ARM, stage-2 translation; docs/notes/stage2-walk.md sections 2
// to 7. A guest fault is data: `fsc` holds the fault status code with its level.
import * as A from "../src/abi/arm";
import { Fsc } from "../src/abi/arm";
import * as W from "../src/abi/walk";
import { AccessType } from "../src/abi/walk";
import { isAt, isTableAccess, isWrite, mustBeAligned, setsDirty, takesAccessFlagFault } from "./access_type";
import { AF, DBM, outputAddress, S2AP_READ, S2AP_WRITE } from "./desc";
import { Kind, kindOf, leafFaults, leafOutput } from "./leaf_shape";
import { checkedType, combinedShareability, combinedType, isDeviceType } from "./memory_type";
import { isHole, readDescriptor, swapDescriptor } from "./phys";
import { BIG_ENDIAN, field, flag, HA, HD, levelShift, ON, PTW } from "./vtcr";
import { levelFault, plainFault, recordStep, recordUpdate } from "./walk_record";
import { Regime, Translation } from "./walk_structs";

const STAGE: u32 = 2;
/** A descriptor that changes under the walk sends it back to the start; bits are only ever set, so this suffices. */
const ATTEMPTS: u32 = 8;

// The access being translated, and what stage 1 made of its memory.
let access: u32 = 0;
let el: u32 = 0;
let unaligned: bool = false;
let stage1Type: u32 = 0;
let stage1Sh: u32 = 0;

/**
 * Translates `ipa` for an access of type `kind` made at `level` (0 or 1), with the memory type (a byte of MAIR_EL1)
 * and shareability that stage 1 gave it. Adds to the steps of `out`, which has been reset.
 */
export function translateStage2(r: Regime, ipa: u64, kind: u32, level: u32, misaligned: bool, type: u32, sh: u32, out: Translation): void {
  out.ipa = ipa;
  if (!(r.flags & ON)) {
    out.stage2Off = 1;
    out.pa = ipa;
    out.attr = type;
    out.sh = sh;
    return;
  }
  access = kind;
  el = level;
  unaligned = misaligned;
  stage1Type = type;
  stage1Sh = sh;
  out.write = isWrite(kind) ? 1 : 0;
  out.s1ptw = isTableAccess(access) ? 1 : 0;
  if (!r.valid || ipa >> r.iaBits != 0) return levelFault(out, STAGE, Fsc.TRANSLATION, 0);
  for (let attempt: u32 = 0; attempt < ATTEMPTS; attempt++) if (walk(r, ipa, out)) return;
  plainFault(out, STAGE, Fsc.ATOMIC_UPDATE, 0);
}

/** One walk from the first table. False if the leaf changed under it. */
function walk(r: Regime, ipa: u64, out: Translation): bool {
  // In locals: a store to the result would have the regime read again.
  const granuleShift = r.granuleShift;
  const stride = r.stride;
  const oaBits = r.oaBits;
  const layout = r.layout;
  const swap = (r.flags & BIG_ENDIAN) != 0;
  const entryMask = ((<u64>1) << stride) - 1;
  const first = r.startLevel;
  let table = r.tableBase;
  let mask: u64 = ~(<u64>0);
  let level = first;
  let shift = levelShift(granuleShift, first);
  while (true) {
    const at = table | (((ipa >> shift) & mask) << 3);
    // The level is 0 for the first table and the table descriptor's own level after it.
    if (at >> oaBits != 0) return fail(out, Fsc.ADDRESS_SIZE, level == first ? 0 : level - 1);
    if (isHole(at)) return fail(out, Fsc.EXTERNAL_WALK, level);
    let desc = readDescriptor(at);
    if (swap) desc = bswap<u64>(desc);
    recordStep(out, STAGE, level, at, desc);
    const kind = kindOf(desc, granuleShift, level, layout);
    if (kind == Kind.LEAF) return leaf(r, ipa, at, desc, level, shift, out);
    if (kind == Kind.INVALID) return fail(out, Fsc.TRANSLATION, level);
    table = outputAddress(desc, granuleShift, layout);
    mask = entryMask;
    level++;
    shift -= stride;
  }
}

function fail(out: Translation, code: i32, level: i32): bool {
  levelFault(out, STAGE, code, level);
  return true;
}

/** Leaf checks in the architecture's order. False if the leaf changed before the hardware's update of it. */
function leaf(r: Regime, ipa: u64, at: u64, desc: u64, level: i32, shift: u32, out: Translation): bool {
  out.desc = desc;
  if (leafFaults(r, desc, r.granuleShift, level, shift, r.iaBits)) return fail(out, Fsc.TRANSLATION, level);
  const pa = leafOutput(r, desc, ipa, r.granuleShift, level, shift, r.layout);
  if (pa >> r.oaBits != 0) return fail(out, Fsc.ADDRESS_SIZE, level);
  if (!(desc & AF) && !(r.flags & HA) && takesAccessFlagFault(r, access)) return fail(out, Fsc.ACCESS_FLAG, level);
  const type = checkedType(r, desc, stage1Type);
  if (isDeviceType(type) && mustBeAligned(access, unaligned)) plainFault(out, STAGE, Fsc.ALIGNMENT, level);
  else if (!permitted(r, desc, type, out)) levelFault(out, STAGE, Fsc.PERMISSION, level);
  if (!update(r, at, desc, out)) return false;
  out.level = level;
  if (out.fsc >= 0) return true;
  out.pa = pa;
  out.attr = combinedType(r, type, stage1Type, access);
  out.sh = combinedShareability(r, desc, stage1Sh, out.attr);
  return true;
}

/** True if execution at the access's exception level is allowed by XN[1:0]. */
function mayExecute(r: Regime, desc: u64): bool {
  let xn = field(desc, A.DESC_XN_LSB, A.DESC_XN_WIDTH);
  if (!(r.features & W.FEAT_XNX)) xn &= 2;
  return xn == 0 || (xn == 1 && el == 0) || (xn == 3 && el == 1);
}

/** Permission of the leaf for the access; a refused atomic that may read reports as a write. */
function permitted(r: Regime, desc: u64, type: u32, out: Translation): bool {
  const read = (desc & S2AP_READ) != 0;
  const write = (desc & S2AP_WRITE) != 0 || ((r.flags & HD) != 0 && (desc & DBM) != 0);
  if (access == AccessType.READ || access == AccessType.AT_READ) return read;
  if (access == AccessType.EXECUTE) return maySupplyCode(r, type) && mayExecute(r, desc);
  if (access == AccessType.ATOMIC) {
    out.write = read ? 1 : 0;
    return read && write;
  }
  if (isTableAccess(access)) {
    if ((r.flags & PTW) != 0 && isDeviceType(type)) return false;
    return read && (write || access == AccessType.TABLE_WALK);
  }
  if (access == AccessType.CACHE_OP || access == AccessType.ICACHE_OP) return el != 0 || read;
  return write;
}

function maySupplyCode(r: Regime, type: u32): bool {
  return !isDeviceType(type) || !(r.choices & W.CHOICE_FETCH_DEVICE_FAULT);
}

/** FEAT_HAFDBS: sets the access flag, and S2AP[1] for a write, in one swap. False if the leaf changed meanwhile. */
function update(r: Regime, at: u64, desc: u64, out: Translation): bool {
  if (!(r.flags & HA)) return true;
  const faults = out.fsc >= 0;
  if (faults && !(r.choices & W.CHOICE_AF_SET_ON_FAULT)) return true;
  let next = desc;
  if (!isAt(access) || !(r.choices & W.CHOICE_AF_KEPT_BY_AT)) next |= AF;
  if (!faults && (r.flags & HD) != 0 && (desc & DBM) != 0 && setsDirty(access)) next |= S2AP_WRITE;
  if (next == desc) return true;
  if (!swapDescriptor(at, desc, next, (r.flags & BIG_ENDIAN) != 0)) return unfault(out);
  recordUpdate(out, out.steps - 1, at, next);
  return true;
}

/** The walk begins again: what it found so far does not count. */
function unfault(out: Translation): bool {
  out.fsc = -1;
  return false;
}
