// The visitors that map a range: PlanVisitor counts the table pages it takes, MapVisitor writes it. Both decide by
// Mapping, so that what was counted is what is taken.
import { DESC_ADDRESS_END } from "../src/abi/arm";
import { Event } from "../src/abi/event";
import { ENOMEM } from "../src/abi/kvm";
import { count } from "./account";
import { isTable, isValid, outputAddress, tableDescriptor } from "./desc";
import { fillRun, linearRun } from "./leaf_run";
import { Mapping } from "./mapping";
import { takePage } from "./memcache";
import { BELOW_DONE, writeEntry } from "./pgtable";
import { readDescriptor } from "./phys";
import { getPage, poolFree } from "./pool";
import { takeReserved } from "./reserve";
import { breakEntry, breakTable, publishEntry } from "./stage2";
import { MemoryCache, Reserve, Vm } from "./structs";
import { logRun } from "./table_log";
import { levelShift } from "./vtcr";

/** Maps the range with the largest entries that its Mapping allows. */
@unmanaged
@final
export class MapVisitor extends Mapping {
  private page(): u64 {
    if (this.reserve != 0) return takeReserved(changetype<Reserve>(<usize>this.reserve));
    return takePage(changetype<MemoryCache>(<usize>this.cache));
  }

  leaf(vm: Vm, ptep: u64, old: u64, level: i32, addr: u64, end: u64): i32 {
    if (this.fits(vm, level, addr, end)) {
      const desc = this.entry(vm, level, addr);
      if (old == desc) return 0;
      if (isValid(old)) breakEntry(vm, ptep, addr);
      else getPage(ptep);
      if (level < 3) publishEntry(ptep, desc);
      else writeEntry(ptep, desc);
      return 0;
    }
    const page = this.page();
    if (page == 0) return -ENOMEM;
    const filled = level == 2 && this.fillPages(vm, page, addr, end);
    if (isValid(old)) breakEntry(vm, ptep, addr);
    else getPage(ptep);
    publishEntry(ptep, tableDescriptor(page, vm.layout));
    return filled ? BELOW_DONE : 0;
  }

  /** Writes the pages of [addr, end) into a new table in runs. False where high address bits change on the way. */
  private fillPages(vm: Vm, table: u64, addr: u64, end: u64): bool {
    const step = (<u64>1) << vm.granuleShift;
    if ((this.output(addr) ^ this.output(end - step)) >> DESC_ADDRESS_END != 0) return false;
    const pages = <u32>((end - addr) >> vm.granuleShift);
    const index = (addr >> vm.granuleShift) & (((<u64>1) << vm.stride) - 1);
    const entries = table + (index << 3);
    const start = linearRun(entries, pages);
    if (start == 0) return false;
    let at = start;
    while (addr < end) {
      const stop = this.runEnd(vm, addr, end);
      const run = <u32>((stop - addr) >> vm.granuleShift);
      const first = this.entry(vm, 3, addr);
      fillRun(at, first, step, run);
      logRun(entries + (at - start), first, step, run);
      at += <usize>run << 3;
      addr = stop;
    }
    getPage(table, pages);
    count(Event.DESC_READ, pages);
    count(Event.DESC_WRITE, pages);
    return true;
  }

  /** A block takes the place of a whole table: the table goes first. */
  tablePre(vm: Vm, ptep: u64, old: u64, level: i32, addr: u64, end: u64): i32 {
    if (!this.fits(vm, level, addr, end)) return 0;
    breakTable(vm, ptep);
    freeTable(vm, outputAddress(old, vm.granuleShift, vm.layout), level + 1);
    publishEntry(ptep, this.entry(vm, level, addr));
    return 0;
  }

  tablePost(vm: Vm, ptep: u64, table: u64, addr: u64): i32 {
    return 0;
  }
}

/** Frees an unlinked table page and every table below it. */
function freeTable(vm: Vm, table: u64, level: i32): void {
  for (let i: u64 = 0; level < 3 && i >> vm.stride == 0; i++) {
    const desc = readDescriptor(table + (i << 3));
    if (isTable(desc, level)) freeTable(vm, outputAddress(desc, vm.granuleShift, vm.layout), level + 1);
  }
  poolFree(table);
}

/** Counts the table pages that a MapVisitor with the same record takes. */
@unmanaged
@final
export class PlanVisitor extends Mapping {
  tables: u64;
  /** The map follows an unmap of [goneStart, goneEnd), which frees the tables it empties. */
  goneStart: u64;
  goneEnd: u64;

  leaf(vm: Vm, ptep: u64, old: u64, level: i32, addr: u64, end: u64): i32 {
    if (!this.fits(vm, level, addr, end)) this.countNew(vm, level + 1, addr, end);
    return BELOW_DONE;
  }

  tablePre(vm: Vm, ptep: u64, old: u64, level: i32, addr: u64, end: u64): i32 {
    if (this.fits(vm, level, addr, end)) return BELOW_DONE;
    const table = outputAddress(old, vm.granuleShift, vm.layout);
    const first = addr & ~(((<u64>1) << levelShift(vm.granuleShift, level)) - 1);
    if (!this.isFreed(vm, table, level + 1, first)) return 0;
    this.countNew(vm, level + 1, addr, end);
    return BELOW_DONE;
  }

  tablePost(vm: Vm, ptep: u64, table: u64, addr: u64): i32 {
    return 0;
  }

  /** A new table of `level`, and those that [addr, end) needs below it. */
  private countNew(vm: Vm, level: i32, addr: u64, end: u64): void {
    this.tables++;
    if (level == 3) return;
    const size = (<u64>1) << levelShift(vm.granuleShift, level);
    while (addr < end) {
      const next = min<u64>(end, (addr & ~(size - 1)) + size);
      if (!this.fits(vm, level, addr, next)) this.countNew(vm, level + 1, addr, next);
      addr = next;
    }
  }

  /** The unmap empties the table of `level` whose first IPA is `base`: no entry of it lies outside the range. */
  private isFreed(vm: Vm, table: u64, level: i32, base: u64): bool {
    const size = (<u64>1) << levelShift(vm.granuleShift, level);
    const bytes = size << vm.stride;
    if (base >= this.goneEnd || base + bytes <= this.goneStart) return false;
    for (let addr = base; addr < base + bytes; addr += size, table += 8) {
      const desc = readDescriptor(table);
      if (desc == 0) continue;
      const stays = isTable(desc, level)
        ? !this.isFreed(vm, outputAddress(desc, vm.granuleShift, vm.layout), level + 1, addr)
        : addr >= this.goneEnd || addr + size <= this.goneStart;
      if (stays) return false;
    }
    return true;
  }
}
