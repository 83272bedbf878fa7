// The log of faults: where the structures that a fault met lie. Written where the header names room for it; layout in
// src/abi/fault-log.ts. The functional output has none of it.
import { Event } from "../src/abi/event";
import * as F from "../src/abi/fault-log";
import { count } from "./account";
import { base, header } from "./structs";

/** The record of the fault under way, or 0. */
let record: usize = 0;

/** Starts the record of a fault of the vcpu at `vcpu` on the VM at `vm`. */
export function beginRecord(vcpu: u32, vm: u32): void {
  if (!ACCOUNTED) return;
  const h = header();
  record = h.faultLog != 0 && h.faultLog + F.FAULT_SIZEOF <= h.faultLogEnd ? base() + h.faultLog : 0;
  if (record == 0) return;
  memory.fill(record, 0, F.FAULT_SIZEOF);
  store<u32>(record, vcpu, F.FAULT_VCPU);
  store<u32>(record, vm, F.FAULT_VM);
}

/** Ends the record: it stays if the fault has a path. */
export function endRecord(path: u32): void {
  if (!ACCOUNTED) return;
  const h = header();
  if (record != 0 && path != 0) {
    store<u32>(record, path, F.FAULT_PATH);
    h.faultLog += F.FAULT_SIZEOF;
  } else if (h.faultLog != 0) {
    count(Event.FAULT_UNLOGGED);
  }
  record = 0;
}

/** Notes a 32-bit field of the record, by its offset. */
// @ts-ignore: decorator
@inline
export function noteWord(field: u32, value: u32): void {
  if (ACCOUNTED) {
    if (record != 0) store<u32>(record + field, value);
  }
}

/** Notes a 64-bit field of the record, by its offset. */
// @ts-ignore: decorator
@inline
export function noteLong(field: u32, value: u64): void {
  if (ACCOUNTED) {
    if (record != 0) store<u64>(record + field, value);
  }
}

/** Notes the stage-2 entry of `level` that the handler looks at. */
// @ts-ignore: decorator
@inline
export function noteEntry(level: i32, pa: u64): void {
  noteLong(F.FAULT_ENTRIES + (<u32>level << 3), pa);
}
