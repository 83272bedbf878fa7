// Stage 1 of the EL1&0 regime through stage 2: each table read, each hardware update and the output go through
// translateStage2. Arm ARM, stage-1 translation; docs/notes/stage2-walk.md section 8.
import * as A from "../src/abi/arm";
import { Fsc } from "../src/abi/arm";
import * as W from "../src/abi/walk";
import { AccessType } from "../src/abi/walk";
import { isAt, isLoadOrStore, isWrite, mustBeAligned, setsDirty, takesAccessFlagFault } from "./access_type";
import { AF, DBM, outputAddress } from "./desc";
import { Kind, kindOf, leafFaults, leafOutput } from "./leaf_shape";
import { decodeMair, decodeShareability, DEVICE_NGNRNE, effectiveShareability, isDeviceType } from "./memory_type";
import { NORMAL_NC, NORMAL_WB, NORMAL_WT_RA, NSH, OSH } from "./memory_type";
import { isHole, readDescriptor, swapDescriptor } from "./phys";
import { permitted, READ_ONLY, TablePermission, tablePermission } from "./stage1_permission";
import * as T from "./tcr";
import { translateStage2 } from "./translate";
import { field, flag, levelShift, ON } from "./vtcr";
import { levelFault, plainFault, recordStep, recordUpdate, resetRecord } from "./walk_record";
import { Regime, Translation } from "./walk_structs";

const STAGE: u32 = 1;
/** As in translate.ts: a descriptor that changes under the walk sends it back. */
const ATTEMPTS: u32 = 8;

// The access being translated, and what stage 1 gives it.
let access: u32 = 0;
let el: u32 = 0;
let flags: u32 = 0;
let type: u32 = 0;
let sh: u32 = 0;
let output: u64 = 0;

/** Translates `va` for an access of type `kind` at `level`, by both stages or, with REQUEST_STAGE1_ONLY, by the first. */
export function translateVa(r: Regime, va: u64, kind: u32, level: u32, requestFlags: u32, out: Translation): void {
  resetRecord(out, 0);
  access = kind;
  el = level;
  flags = requestFlags;
  if (isUnaligned() && isLoadOrStore(access) && flag(r.sctlrEl1, A.SCTLR_A_LSB)) failAlignment(out, 0);
  else if (T.stage1On(r)) walkUntilStable(r, va, out);
  else withoutStage1(r, va, out);
  if (out.fsc >= 0) return;
  if ((flags & W.REQUEST_STAGE1_ONLY) != 0 || !(r.flags & ON)) return giveOutput(out);
  translateStage2(r, output, kind, level, (flags & W.REQUEST_UNALIGNED) != 0, type, sh, out);
}

/** The output of stage 1 is all there is. */
function giveOutput(out: Translation): void {
  out.stage2Off = 1;
  out.s1ptw = 0;
  out.pa = output;
  out.ipa = output;
  out.attr = type;
  out.sh = effectiveShareability(type, sh);
}

/** Records a fault of stage 1, which goes to EL1. Always true: the walk has ended. */
function fail(out: Translation, code: i32, level: i32): bool {
  levelFault(out, STAGE, code, level);
  ownFault(out);
  return true;
}

function failAlignment(out: Translation, level: i32): void {
  plainFault(out, STAGE, Fsc.ALIGNMENT, level);
  ownFault(out);
}

/** The fault is of the access itself, not of a table read before it. */
function ownFault(out: Translation): void {
  out.s1ptw = 0;
  out.write = isWrite(access) ? 1 : 0;
}

/** Stage 1 off: the address itself; device memory for data, HCR_EL2.DC: write-back for all. */
function withoutStage1(r: Regime, va: u64, out: Translation): void {
  const top = T.addressTop(r, va, access);
  output = top == 64 ? va : va & (((<u64>1) << top) - 1);
  if (output >> min<u32>(r.paMax, A.WIDE_ADDRESS_END) != 0) {
    fail(out, Fsc.ADDRESS_SIZE, 0);
    return;
  }
  if (flag(r.hcr, A.HCR_DC_LSB)) {
    type = NORMAL_WB;
    sh = NSH;
    return;
  }
  sh = OSH;
  type = DEVICE_NGNRNE;
  if (access == AccessType.EXECUTE) type = flag(r.sctlrEl1, A.SCTLR_I_LSB) ? NORMAL_WT_RA : NORMAL_NC;
  else if (mustBeAligned(access, isUnaligned())) failAlignment(out, 0);
}

function walkUntilStable(r: Regime, va: u64, out: Translation): void {
  if (!T.decodeStage1(r, va, access)) {
    fail(out, Fsc.TRANSLATION, 0);
    return;
  }
  for (let attempt: u32 = 0; attempt < ATTEMPTS; attempt++) if (walk(r, va, out)) return;
  plainFault(out, STAGE, Fsc.ATOMIC_UPDATE, 0);
}

/** One walk from the first table. False if the leaf changed under it. */
function walk(r: Regime, va: u64, out: Translation): bool {
  const stride = T.granuleShift - 3;
  const address = va & (((<u64>1) << T.iaBits) - 1);
  const entryMask = ((<u64>1) << stride) - 1;
  const first = T.firstLevel;
  let table = T.firstTable;
  let mask: u64 = ~(<u64>0);
  let permission: TablePermission = 0;
  let level = first;
  let shift = levelShift(T.granuleShift, first);
  while (true) {
    const at = table | (((address >> shift) & mask) << 3);
    if (at >> T.oaBits != 0) return fail(out, Fsc.ADDRESS_SIZE, level == first ? 0 : level - 1);
    if (!tableAccess(r, at, AccessType.TABLE_WALK, out)) return true;
    const pa = out.pa;
    if (isHole(pa)) return fail(out, Fsc.EXTERNAL_WALK, level);
    let desc = readDescriptor(pa);
    if (flag(r.sctlrEl1, A.SCTLR_EE_LSB)) desc = bswap<u64>(desc);
    recordStep(out, STAGE, level, pa, desc);
    const kind = kindOf(desc, T.granuleShift, level, T.layout);
    if (kind == Kind.LEAF) return leaf(r, va, at, desc, level, shift, permission, out);
    if (kind == Kind.INVALID) return fail(out, Fsc.TRANSLATION, level);
    if (T.hierarchical) permission |= tablePermission(desc);
    table = outputAddress(desc, T.granuleShift, T.layout);
    mask = entryMask;
    level++;
    shift -= stride;
  }
}

/** Translates the address of a descriptor by stage 2. False if that faulted: the fault is that of the whole access. */
function tableAccess(r: Regime, at: u64, kind: u32, out: Translation): bool {
  translateStage2(r, at, kind, el, false, T.walkType, T.walkSh, out);
  if (out.fsc < 0) return true;
  out.write = isWrite(access) ? 1 : 0;
  return false;
}

/** Leaf checks in the architecture's order. False if the leaf changed before the hardware's update of it. */
function leaf(r: Regime, va: u64, at: u64, desc: u64, level: i32, shift: u32, table: TablePermission, out: Translation): bool {
  const index = out.steps - 1;
  if (leafFaults(r, desc, T.granuleShift, level, shift, T.iaBits)) return fail(out, Fsc.TRANSLATION, level);
  output = leafOutput(r, desc, va, T.granuleShift, level, shift, T.layout);
  if (output >> T.oaBits != 0) return fail(out, Fsc.ADDRESS_SIZE, level);
  const hardwareAf = setsAccessFlag(r);
  if (!(desc & AF) && !hardwareAf && takesAccessFlagFault(r, access)) return fail(out, Fsc.ACCESS_FLAG, level);
  decodeType(r, desc);
  const dirty = hardwareAf && tracksDirty(r) && (desc & DBM) != 0;
  if (isDeviceType(type) && mustBeAligned(access, isUnaligned())) failAlignment(out, level);
  else if (!mayAccess(r, dirty ? desc & ~READ_ONLY : desc, table, out)) levelFault(out, STAGE, Fsc.PERMISSION, level);
  if (hardwareAf && !update(r, at, index, desc, dirty, out)) return false;
  if (out.fsc >= 0) return true;
  replaceType(r);
  return true;
}

/** TCR_EL1.HA, where the CPU has it. */
function setsAccessFlag(r: Regime): bool {
  return flag(r.tcrEl1, A.TCR_HA_LSB) && (r.features & W.FEAT_HAF) != 0;
}

/** TCR_EL1.HD, where the CPU has it; it counts only together with HA. */
function tracksDirty(r: Regime): bool {
  return flag(r.tcrEl1, A.TCR_HD_LSB) && (r.features & W.FEAT_HDBS) != 0;
}

function mayAccess(r: Regime, desc: u64, table: TablePermission, out: Translation): bool {
  ownFault(out);
  const fetchFromDevice = access == AccessType.EXECUTE && isDeviceType(type);
  if (fetchFromDevice && (r.choices & W.CHOICE_FETCH_DEVICE_FAULT) != 0) return false;
  return permitted(r, desc, table, access, el, (flags & W.REQUEST_PAN) != 0, out);
}

/** Memory type and shareability of the leaf. */
function decodeType(r: Regime, desc: u64): void {
  const index = field(desc, A.DESC_S1_ATTRINDX_LSB, A.DESC_S1_ATTRINDX_WIDTH);
  type = decodeMair(<u32>(r.mair >> (index << 3)) & 0xff);
  const own = T.ds ? T.walkSh : field(desc, A.DESC_SH_LSB, A.DESC_SH_WIDTH);
  sh = decodeShareability(r, own);
}

/** SCTLR_EL1.C and I clear make data and fetches non-cacheable; a fetch from device memory acts as one from such. */
function replaceType(r: Regime): void {
  const fetch = access == AccessType.EXECUTE;
  const cached = flag(r.sctlrEl1, fetch ? A.SCTLR_I_LSB : A.SCTLR_C_LSB);
  if (isDeviceType(type) ? fetch : !cached) type = NORMAL_NC;
}

function isUnaligned(): bool {
  return (flags & W.REQUEST_UNALIGNED) != 0;
}

/**
 * FEAT_HAFDBS at stage 1: sets the access flag, and clears AP[2] for a write, in one swap behind a stage-2
 * translation with write permission, whose fault is that of the access. False if the descriptor changed meanwhile.
 */
function update(r: Regime, at: u64, index: u32, desc: u64, dirty: bool, out: Translation): bool {
  const pending = out.fsc;
  if (pending >= 0 && !(r.choices & W.CHOICE_AF_SET_ON_FAULT)) return true;
  let next = desc;
  if (!isAt(access) || !(r.choices & W.CHOICE_AF_KEPT_BY_AT)) next |= AF;
  if (pending < 0 && dirty && setsDirty(access)) next &= ~READ_ONLY;
  if (next == desc) return true;
  const level = out.level;
  const write = out.write;
  out.fsc = -1;
  if (!tableAccess(r, at, AccessType.TABLE_UPDATE, out)) return true;
  if (!swapDescriptor(out.pa, desc, next, flag(r.sctlrEl1, A.SCTLR_EE_LSB))) return false;
  recordUpdate(out, index, out.pa, next);
  restore(out, pending, level, write);
  return true;
}

/** The stage-1 fault, or none, that there was before the update. */
function restore(out: Translation, fsc: i32, level: i32, write: u32): void {
  out.fsc = fsc;
  out.level = level;
  out.write = write;
  out.stage = STAGE;
  out.s1ptw = 0;
}
