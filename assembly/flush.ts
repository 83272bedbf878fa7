// Cleaning to the point of coherency what stage 2 maps: kvm_flush_dcache_pte and _pmd, and the walk that calls them for
// a memory slot. By pfn_valid and not by attributes: what the host does not know as memory is left alone.
import { Event } from "../src/abi/event";
import { count } from "./account";
import { isValid, outputAddress } from "./desc";
import { linearRun } from "./leaf_run";
import { kernelMemoryEnd } from "./page";
import { BELOW_DONE, entryAddress } from "./pgtable";
import { Vm } from "./structs";
import { levelShift } from "./vtcr";

/** Cache lines are counted in units of 64 bytes, the line of every profile but one. */
export const LINE_SHIFT = 6;

/** `n` calls, each for a leaf of 2^shift bytes, with a DSB at its end. */
function countFlushes(n: u64, shift: u32): void {
  count(Event.FLUSH_DCACHE_AREA, n);
  count(Event.DC_CIVAC_LINE, n << (shift - LINE_SHIFT));
  count(Event.DSB, n);
}

/** Cleans and invalidates the memory behind a leaf. */
export function flushLeaf(vm: Vm, desc: u64, level: i32): void {
  if (!ACCOUNTED) return;
  const shift = levelShift(vm.granuleShift, level);
  if (kernelMemoryEnd(outputAddress(desc, shift, vm.layout)) != 0) countFlushes(1, shift);
}

/** Cleans and invalidates the memory behind every present leaf. */
@unmanaged
@final
export class FlushVisitor {
  leaf(vm: Vm, ptep: u64, old: u64, level: i32, addr: u64, end: u64): i32 {
    if (isValid(old)) flushLeaf(vm, old, level);
    return 0;
  }

  /** The pages of a level-3 table at one go: the same events as by `leaf`. */
  tablePre(vm: Vm, ptep: u64, old: u64, level: i32, addr: u64, end: u64): i32 {
    if (level != 2) return 0;
    const n = <u32>((end - addr) >> vm.granuleShift);
    const table = outputAddress(old, vm.granuleShift, vm.layout);
    let at = linearRun(entryAddress(vm, table, 3, addr), n);
    if (at == 0) return 0;
    let known: u64 = 0;
    // A run of addresses in one region of memory.
    let first: u64 = 0;
    let regionEnd: u64 = 0;
    for (const stop = at + (<usize>n << 3); at < stop; at += 8) {
      const desc = load<u64>(at);
      if (!isValid(desc)) continue;
      const pa = outputAddress(desc, vm.granuleShift, vm.layout);
      if (pa < first || pa >= regionEnd) {
        first = pa;
        regionEnd = kernelMemoryEnd(pa);
      }
      if (regionEnd != 0) known++;
    }
    count(Event.DESC_READ, n);
    countFlushes(known, vm.granuleShift);
    return BELOW_DONE;
  }

  tablePost(vm: Vm, ptep: u64, table: u64, addr: u64): i32 {
    return 0;
  }
}
