// The log of table changes: descriptor writes, invalidations, barriers and table pages in program order. Written where
// the header names room for it; layout in src/abi/table-log.ts. The functional output has none of it.
import { VTTBR_VMID_LSB } from "../src/abi/arm";
import * as T from "../src/abi/table-log";
import { TableStep } from "../src/abi/table-log";
import { readDescriptor } from "./phys";
import { base, header, Vm } from "./structs";

function append(kind: TableStep, word: u32, address: u64, old: u64, desc: u64): void {
  const h = header();
  if (h.tableLog == 0) return;
  if (h.tableLog + T.TABLE_STEP_SIZEOF > h.tableLogEnd) {
    h.tableLogLost++;
    return;
  }
  const at = base() + h.tableLog;
  h.tableLog += T.TABLE_STEP_SIZEOF;
  store<u32>(at, kind, T.TABLE_STEP_KIND);
  store<u32>(at, word, T.TABLE_STEP_WORD);
  store<u64>(at, address, T.TABLE_STEP_ADDRESS);
  store<u64>(at, old, T.TABLE_STEP_OLD);
  store<u64>(at, desc, T.TABLE_STEP_NEW);
}

/** The entry at `pa` is about to become `desc`. */
// @ts-ignore: decorator
@inline
export function logWrite(pa: u64, desc: u64): void {
  if (ACCOUNTED) append(TableStep.WRITE, 0, pa, readDescriptor(pa), desc);
}

/** `n` entries from `pa` on were written: `first`, and each `step` above the one before. */
// @ts-ignore: decorator
@inline
export function logRun(pa: u64, first: u64, step: u64, n: u32): void {
  if (ACCOUNTED) append(TableStep.RUN, n, pa, step, first);
}

/** A table page, or a barrier, which has no address. */
// @ts-ignore: decorator
@inline
export function logStep(kind: TableStep, pa: u64 = 0): void {
  if (ACCOUNTED) append(kind, 0, pa, 0, 0);
}

/** A TLBI of the VM's VMID. */
// @ts-ignore: decorator
@inline
export function logTlbi(kind: TableStep, vm: Vm, ipa: u64 = 0): void {
  if (ACCOUNTED) append(kind, <u32>(vm.vttbr >> VTTBR_VMID_LSB), ipa, 0, 0);
}
