// Permissions of stage 1 in the EL1&0 regime: AP, UXN, PXN, what tables above a leaf took away, PAN and WXN.
// Arm ARM, "Access permissions for instruction and data accesses", stage 1.
import * as A from "../src/abi/arm";
import { AccessType } from "../src/abi/walk";
import { field, flag } from "./vtcr";
import { Regime, Translation } from "./walk_structs";

/** AP[2]: nobody writes. */
export const READ_ONLY: u64 = (<u64>2) << A.DESC_S1_AP_LSB;
/** AP[1]: EL0 may access. */
const UNPRIVILEGED: u64 = (<u64>1) << A.DESC_S1_AP_LSB;
const PXN: u64 = (<u64>1) << A.DESC_S1_PXN_LSB;
const UXN: u64 = (<u64>1) << A.DESC_S1_UXN_LSB;

/** What the tables of a walk took away: PXNTable, UXNTable and APTable, side by side as in a descriptor. */
export type TablePermission = u32;
const PXNTABLE: u32 = 1;
const UXNTABLE: u32 = 1 << (A.DESC_S1_UXNTABLE_LSB - A.DESC_S1_PXNTABLE_LSB);
const NO_EL0: u32 = 1 << (A.DESC_S1_APTABLE_LSB - A.DESC_S1_PXNTABLE_LSB);
const NO_WRITE: u32 = 2 << (A.DESC_S1_APTABLE_LSB - A.DESC_S1_PXNTABLE_LSB);
const WIDTH: u32 = A.DESC_S1_APTABLE_LSB + A.DESC_S1_APTABLE_WIDTH - A.DESC_S1_PXNTABLE_LSB;

export function tablePermission(desc: u64): TablePermission {
  return field(desc, A.DESC_S1_PXNTABLE_LSB, WIDTH);
}

/** True if the leaf `desc` below tables that took `table` away lets the access through. */
export function permitted(r: Regime, desc: u64, table: TablePermission, access: u32, el: u32, pan: bool, out: Translation): bool {
  const el0 = (desc & UNPRIVILEGED) != 0 && !(table & NO_EL0);
  const writable = !(desc & READ_ONLY) && !(table & NO_WRITE);
  if (access == AccessType.EXECUTE) return mayExecute(r, desc, table, el, el0, writable);
  let read = el != 0 || el0;
  // PAN is for loads and stores, not for AT and cache maintenance.
  const panApplies = access <= <u32>AccessType.ATOMIC || access == AccessType.CACHE_ZERO;
  if (el != 0 && el0 && pan && panApplies) read = false;
  const write = read && writable;
  if (access == AccessType.ATOMIC) {
    out.write = read ? 1 : 0;
    return write;
  }
  if (access == AccessType.READ || access == AccessType.AT_READ) return read;
  if (access == AccessType.CACHE_OP || access == AccessType.ICACHE_OP) return el != 0 || read;
  return write;
}

function mayExecute(r: Regime, desc: u64, table: TablePermission, el: u32, el0: bool, writable: bool): bool {
  const wxn = flag(r.sctlrEl1, A.SCTLR_WXN_LSB) && writable;
  if (el == 0) return !(desc & UXN) && !(table & UXNTABLE) && !(wxn && el0);
  // What EL0 may write EL1 never executes.
  return !(desc & PXN) && !(table & PXNTABLE) && !wxn && !(el0 && writable);
}
