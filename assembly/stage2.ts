// Visitors over stage-2 tables: dissolve, unmap, change attributes, dump (map: map.ts, flush: flush.ts). Every live entry holds
// one reference on the table page it is in; a table page is freed when only its own reference is left.
import { Event } from "../src/abi/event";
import { ENOMEM, ENOSPC } from "../src/abi/kvm";
import * as L from "../src/abi/layout";
import { TableStep } from "../src/abi/table-log";
import { count } from "./account";
import { isValid, leaf, outputAddress, pageAttributes, tableDescriptor } from "./desc";
import { flushLeaf } from "./flush";
import { takePage } from "./memcache";
import { writeEntry } from "./pgtable";
import { getPage, pageCount, poolFree, putPage } from "./pool";
import { Leaf, MemoryCache, Vm } from "./structs";
import { logStep, logTlbi } from "./table_log";
import { levelShift } from "./vtcr";

/** A hypercall that invalidates one IPA and what stage 1 made of it: DSB, TLBI IPAS2E1IS, DSB, TLBI VMALLE1IS, DSB, ISB. */
export function tlbFlushIpa(vm: Vm, ipa: u64): void {
  count(Event.HYPERCALL);
  count(Event.TLBI_IPA);
  count(Event.DSB, 3);
  count(Event.ISB, 2);
  logStep(TableStep.DSB_ISHST);
  logStep(TableStep.ISB);
  logTlbi(TableStep.TLBI_IPAS2E1IS, vm, ipa);
  logStep(TableStep.DSB_ISH);
  logTlbi(TableStep.TLBI_VMALLE1IS, vm);
  logStep(TableStep.DSB_ISH);
  logStep(TableStep.ISB);
}

/** A hypercall that invalidates the whole VMID: DSB, TLBI VMALLS12E1IS, DSB, ISB. */
export function tlbFlushVmid(vm: Vm): void {
  count(Event.HYPERCALL);
  count(Event.TLBI_VMID);
  count(Event.DSB, 2);
  count(Event.ISB, 2);
  logStep(TableStep.DSB_ISHST);
  logStep(TableStep.ISB);
  logTlbi(TableStep.TLBI_VMALLS12E1IS, vm);
  logStep(TableStep.DSB_ISH);
  logStep(TableStep.ISB);
}

/** Writes a table or block entry: ordered before the walker may use it. */
export function publishEntry(ptep: u64, desc: u64): void {
  writeEntry(ptep, desc);
  count(Event.DSB);
  count(Event.ISB);
  logStep(TableStep.DSB_ISHST);
  logStep(TableStep.ISB);
}

/** The break of break-before-make: clear a valid entry and invalidate `ipa`, which it maps. */
export function breakEntry(vm: Vm, ptep: u64, ipa: u64): void {
  count(Event.BREAK_BEFORE_MAKE);
  writeEntry(ptep, 0);
  tlbFlushIpa(vm, ipa);
}

/** The same for a table: what is below it may be cached for any address of its range, so that the whole VMID goes. */
export function breakTable(vm: Vm, ptep: u64): void {
  count(Event.BREAK_BEFORE_MAKE);
  writeEntry(ptep, 0);
  tlbFlushVmid(vm);
}

/**
 * Puts a table in the place of each block of the range above `level`: it maps the same range with the same
 * attributes, but for the contiguous bit. -ENOMEM without a page for the table; the block stays then.
 */
@unmanaged
@final
export class DissolveVisitor {
  cache: u32;
  level: i32;

  leaf(vm: Vm, ptep: u64, old: u64, level: i32, addr: u64, end: u64): i32 {
    if (level >= this.level || !isValid(old)) return 0;
    const table = takePage(changetype<MemoryCache>(<usize>this.cache));
    if (table == 0) return -ENOMEM;
    fillTable(vm, table, level + 1, outputAddress(old, levelShift(vm.granuleShift, level), vm.layout), pageAttributes(old));
    breakEntry(vm, ptep, addr);
    publishEntry(ptep, tableDescriptor(table, vm.layout));
    return 0;
  }

  tablePre(vm: Vm, ptep: u64, old: u64, level: i32, addr: u64, end: u64): i32 {
    return 0;
  }

  tablePost(vm: Vm, ptep: u64, table: u64, addr: u64): i32 {
    return 0;
  }
}

/** Fills an unlinked table of `level` with leaves for one range of output addresses from `pa` up. */
function fillTable(vm: Vm, table: u64, level: i32, pa: u64, attributes: u64): void {
  const entries: u32 = 1 << vm.stride;
  const shift = levelShift(vm.granuleShift, level);
  for (let i: u32 = 0; i < entries; i++) {
    writeEntry(table + (<u64>i << 3), leaf(pa + (<u64>i << shift), attributes, level, vm.layout));
  }
  getPage(table, entries);
}

/** Clears every entry of the range; a block that is only partly in the range goes as a whole. */
@unmanaged
@final
export class UnmapVisitor {
  leaf(vm: Vm, ptep: u64, old: u64, level: i32, addr: u64, end: u64): i32 {
    if (old == 0) return 0;
    writeEntry(ptep, 0);
    tlbFlushIpa(vm, addr);
    if (isValid(old)) flushLeaf(vm, old, level);
    putPage(ptep);
    return 0;
  }

  tablePre(vm: Vm, ptep: u64, old: u64, level: i32, addr: u64, end: u64): i32 {
    return 0;
  }

  tablePost(vm: Vm, ptep: u64, table: u64, addr: u64): i32 {
    if (pageCount(table) != 1) return 0;
    writeEntry(ptep, 0);
    tlbFlushIpa(vm, addr);
    poolFree(table);
    putPage(ptep);
    return 0;
  }
}

/** Sets and clears attribute bits in every valid leaf of the range; counts the leaves that changed. */
@unmanaged
@final
export class AttributeVisitor {
  set: u64;
  clear: u64;
  changed: u64;

  leaf(vm: Vm, ptep: u64, old: u64, level: i32, addr: u64, end: u64): i32 {
    if (!isValid(old)) return 0;
    const desc = (old & ~this.clear) | this.set;
    if (desc == old) return 0;
    writeEntry(ptep, desc);
    this.changed++;
    return 0;
  }

  tablePre(vm: Vm, ptep: u64, old: u64, level: i32, addr: u64, end: u64): i32 {
    return 0;
  }

  tablePost(vm: Vm, ptep: u64, table: u64, addr: u64): i32 {
    return 0;
  }
}

/** Writes every valid leaf of the range to a buffer; -ENOSPC when it is full. */
@unmanaged
@final
export class DumpVisitor {
  out: u32;
  capacity: u32;
  found: u32;

  leaf(vm: Vm, ptep: u64, old: u64, level: i32, addr: u64, end: u64): i32 {
    if (!isValid(old)) return 0;
    if (this.found == this.capacity) return -ENOSPC;
    const out = changetype<Leaf>(<usize>this.out + this.found * L.LEAF_SIZEOF);
    out.ipa = addr & ~(((<u64>1) << levelShift(vm.granuleShift, level)) - 1);
    out.desc = old;
    out.level = level;
    this.found++;
    return 0;
  }

  tablePre(vm: Vm, ptep: u64, old: u64, level: i32, addr: u64, end: u64): i32 {
    return 0;
  }

  tablePost(vm: Vm, ptep: u64, table: u64, addr: u64): i32 {
    return 0;
  }
}
