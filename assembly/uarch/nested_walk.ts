// The reads of the hardware walker with its intermediate results: partial walks of stage 1, and IPA -> PA entries for
// the tables and for the output. It changes nothing in memory and comes after the full walk, whose hardware updates
// it finds; what it finds differs from the full walk only where an intermediate result is stale.
import * as A from "../../src/abi/arm";
import * as E from "../../src/abi/tlb";
import { TlbType } from "../../src/abi/tlb";
import { MicroEvent } from "../../src/abi/uarch";
import { AccessType } from "../../src/abi/walk";
import { AF, outputAddress } from "../desc";
import { Kind, kindOf, leafFaults, leafOutput } from "../leaf_shape";
import { decodeMair, NORMAL_WB } from "../memory_type";
import { isHole, readDescriptor } from "../phys";
import { tablePermission } from "../stage1_permission";
import * as T from "../tcr";
import { BIG_ENDIAN, field, flag, levelShift, ON } from "../vtcr";
import { Regime, Translation } from "../walk_structs";
import { countMicro, MicroCore } from "./core";
import { walkRead } from "./hierarchy";
import { ipaStorage, walkStorage } from "./tlb";
import { permitsStage1, permitsStage2 } from "./tlb_permission";
import { keyOf, lookup, place, shiftOf, TlbEntry } from "./tlb_table";

/** The size of what no table gives: any entry is smaller. */
const ALL: u32 = 64;

// The walk under way.
let core: MicroCore = changetype<MicroCore>(0);
let regime: Regime = changetype<Regime>(0);
let vmid: u32 = 0;
let access: u32 = 0;
let el: u32 = 0;
let record: Translation = changetype<Translation>(0);
/** Output and log2 of the size of the last stage-2 translation. */
let stage2Output: u64 = 0;
let stage2Shift: u32 = 0;

// What the walk found: an entry to be, or where it failed.
export let output: u64 = 0;
export let ipa: u64 = 0;
export let shift: u32 = 0;
export let flags: u32 = 0;
export let stage1Desc: u64 = 0;
export let stage2Desc: u64 = 0;
export let failedStage: u32 = 0;
export let failedLevel: i32 = 0;

/** Begins a walk; `out` is written over by checks of permissions. */
export function beginNested(c: MicroCore, r: Regime, id: u32, kind: u32, level: u32, out: Translation): void {
  core = c;
  regime = r;
  vmid = id;
  access = kind;
  el = level;
  record = out;
  flags = NORMAL_WB << E.ENTRY_TYPE_LSB;
  shift = ALL;
  stage1Desc = 0;
  stage2Desc = 0;
}

function fail(stage: u32, level: i32): bool {
  failedStage = stage;
  failedLevel = level;
  return false;
}

/** Walks for a VA; `key` is the VA without its tag. False if there is no leaf that lets the access through. */
export function nestedVa(va: u64, key: u64, pan: bool): bool {
  if (T.stage1On(regime)) {
    if (!T.decodeStage1(regime, va, access)) return fail(1, 0);
    return walkStage1(key, pan);
  }
  const top = T.addressTop(regime, va, access);
  const address = top == 64 ? va : va & (((<u64>1) << top) - 1);
  return nestedOutput(address, NORMAL_WB);
}

/** Translates what stage 1 gave, an IPA of memory of `type`. */
function nestedOutput(address: u64, type: u32): bool {
  ipa = address;
  output = address;
  return (regime.flags & ON) == 0 || endStage2(throughStage2(address, access, type), type);
}

/** Walks for an IPA that no TLB has. `asked`: the IPA -> PA entries were looked through before. */
export function nestedIpa(address: u64, asked: bool): bool {
  ipa = address;
  const found = asked ? walkStage2(address, access, NORMAL_WB) : throughStage2(address, access, NORMAL_WB);
  return endStage2(found, NORMAL_WB);
}

function endStage2(found: bool, type: u32): bool {
  if (!found) return false;
  output = stage2Output;
  shift = min<u32>(shift, stage2Shift);
  flags |= E.ENTRY_STAGE2;
  return permitsStage2(regime, stage2Desc, type, access, el) || fail(2, 3);
}

function walkStage1(key: u64, pan: bool): bool {
  const stride = T.granuleShift - 3;
  const address = key & (((<u64>1) << T.iaBits) - 1);
  const entryMask = ((<u64>1) << stride) - 1;
  let table = T.firstTable;
  let mask: u64 = ~(<u64>0);
  let permission: u32 = 0;
  let level = T.firstLevel;
  const held = findPartial(key);
  if (held != null) {
    table = held.output;
    mask = entryMask;
    permission = (held.flags >> E.ENTRY_TABLE_LSB) & E.ENTRY_TABLE_MASK;
    level = <i32>((held.flags >> E.ENTRY_LEVEL_LSB) & E.ENTRY_LEVEL_MASK) - 1;
  }
  while (true) {
    const bits = levelShift(T.granuleShift, level);
    const at = table | (((address >> bits) & mask) << 3);
    if (!tableAddress(at)) return fail(failedStage, level);
    const desc = readStage1(stage2Output);
    const kind = kindOf(desc, T.granuleShift, level, T.layout);
    if (kind == Kind.INVALID) return fail(1, level);
    if (kind == Kind.LEAF) return leaf(key, desc, level, bits, permission, pan);
    if (T.hierarchical) permission |= tablePermission(desc);
    table = outputAddress(desc, T.granuleShift, T.layout);
    mask = entryMask;
    level++;
    keepPartial(key, bits, table, permission, level, desc);
  }
}

/** Has stage2Output be the PA of the stage-1 descriptor at `at`. False if it cannot be read. */
function tableAddress(at: u64): bool {
  failedStage = 1;
  if (at >> T.oaBits != 0) return false;
  stage2Output = at;
  if ((regime.flags & ON) != 0) {
    if (!throughStage2(at, AccessType.TABLE_WALK, T.walkType)) return false;
    failedStage = 2;
    if (!permitsStage2(regime, stage2Desc, T.walkType, AccessType.TABLE_WALK, el)) return false;
    failedStage = 1;
  }
  return !isHole(stage2Output);
}

function readStage1(pa: u64): u64 {
  walkRead(core, pa);
  const desc = readDescriptor(pa);
  return flag(regime.sctlrEl1, A.SCTLR_EE_LSB) ? bswap<u64>(desc) : desc;
}

function leaf(key: u64, desc: u64, level: i32, bits: u32, permission: u32, pan: bool): bool {
  if (leafFaults(regime, desc, T.granuleShift, level, bits, T.iaBits)) return fail(1, level);
  const address = leafOutput(regime, desc, key, T.granuleShift, level, bits, T.layout);
  if (address >> T.oaBits != 0 || !(desc & AF)) return fail(1, level);
  const index = field(desc, A.DESC_S1_ATTRINDX_LSB, A.DESC_S1_ATTRINDX_WIDTH);
  const type = decodeMair(<u32>(regime.mair >> (index << 3)) & 0xff);
  stage1Desc = desc;
  shift = min<u32>(bits, T.oaBits);
  flags = E.ENTRY_STAGE1 | (permission << E.ENTRY_TABLE_LSB) | (type << E.ENTRY_TYPE_LSB);
  if (!permitsStage1(regime, flags, desc, access, el, pan, record)) return fail(1, level);
  return nestedOutput(address, type);
}

/** The partial walk that leads furthest, if one is kept. */
function findPartial(key: u64): TlbEntry | null {
  const storage = walkStorage(core);
  if (storage == null) return null;
  countMicro(core, MicroEvent.WALK_CACHE_LOOKUP);
  const held = lookup(storage, TlbType.WALK, key, vmid);
  if (held != null) countMicro(core, MicroEvent.WALK_CACHE_HIT);
  return held;
}

function keepPartial(key: u64, bits: u32, table: u64, permission: u32, level: i32, desc: u64): void {
  const storage = walkStorage(core);
  if (storage == null) return;
  const entry = place(storage, keyOf(TlbType.WALK, key, bits), vmid);
  entry.output = table;
  entry.flags = E.ENTRY_STAGE1 | (permission << E.ENTRY_TABLE_LSB) | (<u32>(level + 1) << E.ENTRY_LEVEL_LSB);
  entry.stage1 = desc;
  entry.stage2 = 0;
}

/** Translates an IPA for the walker: by an entry that lets the access through, else by a walk. */
function throughStage2(address: u64, kind: u32, type: u32): bool {
  const storage = ipaStorage(core);
  if (storage == null) return walkStage2(address, kind, type);
  countMicro(core, MicroEvent.IPA_CACHE_LOOKUP);
  const held = lookup(storage, TlbType.IPA, address, vmid);
  if (held == null || !permitsStage2(regime, held.stage2, type, kind, el)) return walkStage2(address, kind, type);
  countMicro(core, MicroEvent.IPA_CACHE_HIT);
  stage2Desc = held.stage2;
  stage2Shift = shiftOf(held.key);
  stage2Output = held.output | (address & (((<u64>1) << stage2Shift) - 1));
  return true;
}

/** As translate.ts walks, without the checks of the leaf that are the access's own. */
function walkStage2(address: u64, kind: u32, type: u32): bool {
  const r = regime;
  fail(2, 0);
  if (!r.valid || address >> r.iaBits != 0) return false;
  const entryMask = ((<u64>1) << r.stride) - 1;
  let table = r.tableBase;
  let mask: u64 = ~(<u64>0);
  let level = r.startLevel;
  while (true) {
    const bits = levelShift(r.granuleShift, level);
    const at = table | (((address >> bits) & mask) << 3);
    failedLevel = level;
    if (at >> r.oaBits != 0 || isHole(at)) return false;
    walkRead(core, at);
    let desc = readDescriptor(at);
    if (r.flags & BIG_ENDIAN) desc = bswap<u64>(desc);
    const shape = kindOf(desc, r.granuleShift, level, r.layout);
    if (shape == Kind.INVALID) return false;
    if (shape == Kind.LEAF) return endWalk2(address, desc, level, bits, kind, type);
    table = outputAddress(desc, r.granuleShift, r.layout);
    mask = entryMask;
    level++;
  }
}

function endWalk2(address: u64, desc: u64, level: i32, bits: u32, kind: u32, type: u32): bool {
  const r = regime;
  if (leafFaults(r, desc, r.granuleShift, level, bits, r.iaBits)) return false;
  const pa = leafOutput(r, desc, address, r.granuleShift, level, bits, r.layout);
  if (pa >> r.oaBits != 0 || !(desc & AF)) return false;
  // A block may be larger than the output size: addresses beyond that are faults.
  const held = min<u32>(bits, r.oaBits);
  stage2Output = pa;
  stage2Desc = desc;
  stage2Shift = held;
  const storage = ipaStorage(core);
  if (storage == null || !permitsStage2(r, desc, type, kind, el)) return true;
  const entry = place(storage, keyOf(TlbType.IPA, address, held), vmid);
  entry.output = (pa >> held) << held;
  entry.flags = E.ENTRY_STAGE2 | (NORMAL_WB << E.ENTRY_TYPE_LSB);
  entry.stage1 = 0;
  entry.stage2 = desc;
  return true;
}
