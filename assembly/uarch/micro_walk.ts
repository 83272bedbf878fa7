// One access through the TLBs of a core, with a walk where they miss.
import * as A from "../../src/abi/arm";
import { Fsc } from "../../src/abi/arm";
import * as E from "../../src/abi/tlb";
import { TlbSource, TlbType } from "../../src/abi/tlb";
import { MicroEvent, WalkStorage } from "../../src/abi/uarch";
import { AccessType, REQUEST_PAN } from "../../src/abi/walk";
import { NORMAL_WB, NSH } from "../memory_type";
import { translateVa } from "../stage1";
import * as T from "../tcr";
import { translateStage2 } from "../translate";
import { field, flag, ON } from "../vtcr";
import { levelFault, resetRecord } from "../walk_record";
import { Regime, Translation } from "../walk_structs";
import { countMicro, MicroCore } from "./core";
import * as N from "./nested_walk";
import { tlbAt } from "./tlb";
import { permits } from "./tlb_permission";
import { keyOf, lookup, place, shiftOf, Tlb, TlbEntry } from "./tlb_table";

/** VA bit that all bits above are copies of, once the tag is gone. */
const SIGN_BIT: u32 = 55;
const OLD_VMID_BITS: u32 = 8;

/** The VMID that entries are tagged with: 8 bits, with VTCR_EL2.VS 16. */
// @ts-ignore: decorator
@inline
export function vmidOf(r: Regime): u32 {
  return field(r.vttbr, A.VTTBR_VMID_LSB, flag(r.vtcr, A.VTCR_VS_LSB) ? A.VTTBR_VMID_WIDTH : OLD_VMID_BITS);
}

/** A VA as entries and TLBI have it: without a tag. */
export function withoutTag(va: u64): u64 {
  return <u64>((<i64>(va << (63 - SIGN_BIT))) >> (63 - SIGN_BIT));
}

/**
 * Translates a load, store, atomic or fetch. The fault or the PA is in `out`; the rest of it is that of a walk if there
 * was one.
 */
export function translateThroughTlb(core: MicroCore, r: Regime, address: u64, access: u32, el: u32, flags: u32, out: Translation): TlbSource {
  const va = (flags & E.ACCESS_VA) != 0;
  const stage1 = va && T.stage1On(r);
  if (!stage1 && !(r.flags & ON)) {
    // The address itself, or its fault.
    fullWalk(r, address, access, el, flags, out);
    return TlbSource.NONE;
  }
  const type = va ? TlbType.COMBINED : TlbType.IPA;
  const key = va && T.addressTop(r, address, access) != 64 ? withoutTag(address) : address;
  const vmid = vmidOf(r);
  const fetch = access == AccessType.EXECUTE;
  const pan = (flags & E.ACCESS_PAN) != 0;
  resetRecord(out, 0);
  const first = tlbAt(fetch ? core.itlb : core.dtlb);
  let held = lookup(first, type, key, vmid);
  if (held != null && answers(held, r, key, access, el, pan, out)) return TlbSource.L1;
  const second = tlbAt(core.stlb);
  held = lookup(second, type, key, vmid);
  if (held != null && answers(held, r, key, access, el, pan, out)) {
    countMicro(core, fetch ? MicroEvent.ITLB_L2 : MicroEvent.DTLB_L2);
    copyEntry(held, place(first, held.key, vmid));
    return TlbSource.L2;
  }
  countMicro(core, MicroEvent.WALK);
  walkTables(core, r, address, key, vmid, access, el, flags, out);
  if (out.fsc < 0) {
    keep(second, type, key, vmid);
    keep(first, type, key, vmid);
  }
  return TlbSource.WALK;
}

/** The translation that the tables give. */
function fullWalk(r: Regime, address: u64, access: u32, el: u32, flags: u32, out: Translation): void {
  if (flags & E.ACCESS_VA) return translateVa(r, address, access, el, flags & E.ACCESS_PAN ? REQUEST_PAN : 0, out);
  resetRecord(out, address);
  translateStage2(r, address, access, el, false, NORMAL_WB, NSH, out);
}

/** True if the entry lets the access through: then `out` has the PA. */
// @ts-ignore: decorator
@inline
function answers(held: TlbEntry, r: Regime, key: u64, access: u32, el: u32, pan: bool, out: Translation): bool {
  if (!permits(r, held.flags, held.stage1, held.stage2, access, el, pan, out)) return false;
  out.pa = held.output | (key & (((<u64>1) << shiftOf(held.key)) - 1));
  return true;
}

function copyEntry(from: TlbEntry, to: TlbEntry): void {
  to.flags = from.flags;
  to.output = from.output;
  to.stage1 = from.stage1;
  to.stage2 = from.stage2;
}

/** Keeps what the walk found. */
function keep(tlb: Tlb, type: TlbType, key: u64, vmid: u32): void {
  const entry = place(tlb, keyOf(type, key, N.shift), vmid);
  entry.output = (N.output >> N.shift) << N.shift;
  entry.flags = N.flags;
  entry.stage1 = N.stage1Desc;
  entry.stage2 = N.stage2Desc;
}

/**
 * The full walk gives the answer of the tables; the walk with intermediate results says what is read. Where the two
 * differ, an intermediate result is stale, and what it leads to is the answer.
 */
function walkTables(core: MicroCore, r: Regime, address: u64, key: u64, vmid: u32, access: u32, el: u32, flags: u32, out: Translation): void {
  const pan = (flags & E.ACCESS_PAN) != 0;
  const va = (flags & E.ACCESS_VA) != 0;
  fullWalk(r, address, access, el, flags, out);
  const write = out.write;
  N.beginNested(core, r, vmid, access, el, out);
  const found = va ? N.nestedVa(address, key, pan) : N.nestedIpa(address, core.walkStorage == WalkStorage.UNIFIED);
  out.write = write;
  if (found) {
    out.fsc = -1;
    out.pa = N.output;
    out.ipa = N.ipa;
  } else if (out.fsc < 0) levelFault(out, N.failedStage, Fsc.TRANSLATION, N.failedLevel);
}
