// Software table walk: traversal only. A visitor decides; after a leaf visit the entry is read again, so a
// visitor may install a table and the walk descends into it.
import { Event } from "../src/abi/event";
import { count } from "./account";
import { isTable, outputAddress } from "./desc";
import { readDescriptor, writeDescriptor } from "./phys";
import { Vm } from "./structs";
import { logWrite } from "./table_log";
import { levelShift } from "./vtcr";

/** A visitor's answer: what is below the entry is done as well. */
export const BELOW_DONE: i32 = 1;

/** PA of the entry for `ipa` in the table at `table`. The start level's index takes all bits above (concatenation). */
// @ts-ignore: decorator
@inline
export function entryAddress(vm: Vm, table: u64, level: i32, ipa: u64): u64 {
  const index = ipa >> levelShift(vm.granuleShift, level);
  return table + ((level == vm.startLevel ? index : index & ((<u64>1 << vm.stride) - 1)) << 3);
}

/** Reads an entry for the software side, counted. */
// @ts-ignore: decorator
@inline
export function readEntry(pa: u64): u64 {
  count(Event.DESC_READ);
  return readDescriptor(pa);
}

/** Writes an entry for the software side, counted. */
// @ts-ignore: decorator
@inline
export function writeEntry(pa: u64, desc: u64): void {
  count(Event.DESC_WRITE);
  logWrite(pa, desc);
  writeDescriptor(pa, desc);
}

/** Visits the entries for [start, end) with `visitor`; stops at the first negative result and returns it. */
export function walk<V>(vm: Vm, start: u64, end: u64, visitor: V): i32 {
  return walkTable<V>(vm, vm.pgd, vm.startLevel, start, end, visitor);
}

function walkTable<V>(vm: Vm, table: u64, level: i32, start: u64, end: u64, visitor: V): i32 {
  const size = (<u64>1) << levelShift(vm.granuleShift, level);
  for (let addr = start; addr < end; ) {
    const next = min<u64>(end, (addr & ~(size - 1)) + size);
    const result = visit<V>(vm, entryAddress(vm, table, level, addr), level, addr, next, visitor);
    if (result < 0) return result;
    addr = next;
  }
  return 0;
}

function visit<V>(vm: Vm, ptep: u64, level: i32, addr: u64, end: u64, visitor: V): i32 {
  let desc = readEntry(ptep);
  const result = isTable(desc, level)
    ? visitor.tablePre(vm, ptep, desc, level, addr, end)
    : visitor.leaf(vm, ptep, desc, level, addr, end);
  if (result != 0) return result == BELOW_DONE ? 0 : result;
  desc = readDescriptor(ptep);
  if (!isTable(desc, level)) return 0;
  const table = outputAddress(desc, vm.granuleShift, vm.layout);
  const below = walkTable<V>(vm, table, level + 1, addr, end, visitor);
  return below < 0 ? below : visitor.tablePost(vm, ptep, table, addr);
}
