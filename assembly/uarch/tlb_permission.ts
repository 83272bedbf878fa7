// What an access may do, told from what an entry of a TLB holds: the leaf descriptors of both stages. The answer is
// that of the walk that made the entry; a hardware update that is still due is a refusal, so that a walk makes it.
import * as A from "../../src/abi/arm";
import * as E from "../../src/abi/tlb";
import * as W from "../../src/abi/walk";
import { AccessType } from "../../src/abi/walk";
import { S2AP_READ, S2AP_WRITE } from "../desc";
import { checkedType, isDeviceType } from "../memory_type";
import { permitted } from "../stage1_permission";
import { field, PTW } from "../vtcr";
import { Regime, Translation } from "../walk_structs";

/** True if both stages let the access through. `record` is written over. */
export function permits(r: Regime, flags: u32, stage1: u64, stage2: u64, access: u32, el: u32, pan: bool, record: Translation): bool {
  const type = flags >> E.ENTRY_TYPE_LSB;
  if (flags & E.ENTRY_STAGE1 && !permitsStage1(r, flags, stage1, access, el, pan, record)) return false;
  return !(flags & E.ENTRY_STAGE2) || permitsStage2(r, stage2, type, access, el);
}

export function permitsStage1(r: Regime, flags: u32, desc: u64, access: u32, el: u32, pan: bool, record: Translation): bool {
  const type = flags >> E.ENTRY_TYPE_LSB;
  if (access == AccessType.EXECUTE && refusesCode(r, type)) return false;
  const table = (flags >> E.ENTRY_TABLE_LSB) & E.ENTRY_TABLE_MASK;
  return permitted(r, desc, table, access, el, pan, record);
}

/** A read of a stage-1 table, a load, a store, an atomic or a fetch through a stage-2 leaf; `type` is stage 1's. */
export function permitsStage2(r: Regime, desc: u64, type: u32, access: u32, el: u32): bool {
  const read = (desc & S2AP_READ) != 0;
  const write = (desc & S2AP_WRITE) != 0;
  if (access == AccessType.READ) return read;
  if (access == AccessType.WRITE) return write;
  if (access == AccessType.ATOMIC) return read && write;
  const checked = checkedType(r, desc, type);
  if (access == AccessType.EXECUTE) return !refusesCode(r, checked) && mayExecute(r, desc, el);
  return read && !((r.flags & PTW) != 0 && isDeviceType(checked));
}

function refusesCode(r: Regime, type: u32): bool {
  return isDeviceType(type) && (r.choices & W.CHOICE_FETCH_DEVICE_FAULT) != 0;
}

function mayExecute(r: Regime, desc: u64, el: u32): bool {
  const xn = field(desc, A.DESC_XN_LSB, A.DESC_XN_WIDTH);
  if (!(r.features & W.FEAT_XNX)) return (xn & 2) == 0;
  return xn == 0 || (xn == 1 && el == 0) || (xn == 3 && el == 1);
}
