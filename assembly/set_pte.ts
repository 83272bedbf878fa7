// The v4.13 writers of single entries, stage2_get_pmd, stage2_set_pte and stage2_set_pmd_huge, with their
// branch sites. Sources: fault-path.md sections 2.8 and 4.
import { Event } from "../src/abi/event";
import { EFAULT, Predicate } from "../src/abi/kvm";
import { Site } from "../src/abi/site";
import { LostBy } from "../src/abi/layout";
import { count, predicate, site } from "./account";
import { isPresent, isTable, outputAddress, tableDescriptor } from "./desc";
import { noteEntry } from "./fault_log";
import { cachePop } from "./memcache";
import { entryAddress, readEntry, writeEntry } from "./pgtable";
import { readDescriptor } from "./phys";
import { getPage, losePage, putPage } from "./pool";
import { breakEntry, publishEntry } from "./stage2";
import { MemoryCache, Vm } from "./structs";

/** A table page was needed and the cache was empty: the kernel would have stopped. */
let emptyCachePop: bool = false;

/** Tells once whether a table page was popped from an empty cache. */
export function takeEmptyCachePop(): bool {
  const was = emptyCachePop;
  emptyCachePop = false;
  return was;
}

/** Links a page of the cache under `ptep`. Its table descriptor, or 0 if the cache was empty. */
function linkTable(vm: Vm, cache: MemoryCache, ptep: u64): u64 {
  const page = cachePop(cache);
  if (page == 0) {
    emptyCachePop = true;
    return 0;
  }
  const desc = tableDescriptor(page, vm.layout);
  publishEntry(ptep, desc);
  getPage(ptep);
  return desc;
}

/** stage2_get_pmd: PA of the level-2 entry for `ipa`, or 0 if a table above it is missing and there is no cache. */
// @ts-ignore: decorator
@inline
export function getPmd(vm: Vm, cache: MemoryCache | null, ipa: u64): u64 {
  let table = vm.pgd;
  for (let level = vm.startLevel; level < 2; level++) {
    const ptep = entryAddress(vm, table, level, ipa);
    noteEntry(level, ptep);
    let desc = readEntry(ptep);
    if (level == 1) site(Site.G2, desc == 0);
    if (desc == 0) {
      if (cache == null) return 0;
      desc = linkTable(vm, cache, ptep);
      if (desc == 0) return 0;
    }
    table = outputAddress(desc, vm.granuleShift, vm.layout);
  }
  const pmd = entryAddress(vm, table, 2, ipa);
  noteEntry(2, pmd);
  return pmd;
}

/** A non-zero level-2 entry whose table bit is clear. */
// @ts-ignore: decorator
@inline
export function isBlock(desc: u64): bool {
  return desc != 0 && (desc & 2) == 0;
}

/** PA of the entry above level 2 that maps `ipa` by a block; 0 if none does. Not counted: v4.13 has no such blocks. */
export function blockAboveLevel2(vm: Vm, ipa: u64): u64 {
  let table = vm.pgd;
  for (let level = vm.startLevel; level < 2; level++) {
    const ptep = entryAddress(vm, table, level, ipa);
    const desc = readDescriptor(ptep);
    if (!isTable(desc, level)) return isPresent(desc) ? ptep : 0;
    table = outputAddress(desc, vm.granuleShift, vm.layout);
  }
  return 0;
}

/** stage2_dissolve_pmd: drops a block so that pages can take its place. */
function dissolve(vm: Vm, pmd: u64, ipa: u64): void {
  if (!site(Site.D1, isBlock(readEntry(pmd)))) return;
  breakEntry(vm, pmd, ipa);
  putPage(pmd);
}

/**
 * stage2_set_pte: writes the level-3 entry for `ipa`. `iomap` refuses to replace a present entry,
 * `logging` dissolves a block first. 0, or -EFAULT for `iomap` over a present entry.
 */
export function setPte(vm: Vm, cache: MemoryCache | null, ipa: u64, desc: u64, iomap: bool, logging: bool): i32 {
  const pmd = getPmd(vm, cache, ipa);
  if (site(Site.P1, pmd == 0)) return 0;
  if (site(Site.P2, logging)) dissolve(vm, pmd, ipa);
  let entry = readEntry(pmd);
  if (site(Site.P3, entry == 0)) {
    if (site(Site.P4, cache == null)) return 0;
    entry = linkTable(vm, cache as MemoryCache, pmd);
    if (entry == 0) return 0;
  } else if (isBlock(entry)) {
    count(Event.BLOCK_TAKEN_AS_TABLE);
  }
  const ptep = entryAddress(vm, outputAddress(entry, vm.granuleShift, vm.layout), 3, ipa);
  noteEntry(3, ptep);
  const present = isPresent(readEntry(ptep));
  if (site(Site.P5, iomap && present)) return -EFAULT;
  if (site(Site.P6, present)) breakEntry(vm, ptep, ipa);
  else getPage(ptep);
  writeEntry(ptep, desc);
  return 0;
}

/** stage2_set_pmd_huge: writes a block entry for `ipa`. */
export function setPmdHuge(vm: Vm, cache: MemoryCache, ipa: u64, desc: u64): void {
  const pmd = getPmd(vm, cache, ipa);
  if (pmd == 0) return;
  const old = readEntry(pmd);
  if (site(Site.M1, isPresent(old))) {
    if (!isBlock(old)) {
      count(Event.TABLE_LOST_UNDER_BLOCK);
      losePage(outputAddress(old, vm.granuleShift, vm.layout), LostBy.TABLE_UNDER_BLOCK);
    }
    breakEntry(vm, pmd, ipa);
  } else {
    getPage(pmd);
  }
  publishEntry(pmd, desc);
}

/** Sets the predicates about the entries for `ipa` as they are before anything is written. */
export function noteEntries(vm: Vm, ipa: u64, logging: bool): void {
  if (!ACCOUNTED) return;
  let table = vm.pgd;
  let missing = false;
  for (let level = vm.startLevel; level < 2 && !missing; level++) {
    const desc = readDescriptor(entryAddress(vm, table, level, ipa));
    missing = desc == 0;
    table = outputAddress(desc, vm.granuleShift, vm.layout);
  }
  predicate(Predicate.l1_empty, missing);
  const l2 = missing ? 0 : readDescriptor(entryAddress(vm, table, 2, ipa));
  predicate(Predicate.l2_empty, l2 == 0);
  predicate(Predicate.l2_is_block, isBlock(l2));
  predicate(Predicate.l2_is_table, (l2 & 2) != 0);
  predicate(Predicate.l2_present, (l2 & 1) != 0);
  const reached = l2 != 0 && !(logging && isBlock(l2));
  const l3 = reached ? readDescriptor(entryAddress(vm, outputAddress(l2, vm.granuleShift, vm.layout), 3, ipa)) : 0;
  // Through a block there is no level-3 entry, only the word its address is taken for.
  if (!reached || !isBlock(l2)) predicate(Predicate.pte_empty, l3 == 0);
  predicate(Predicate.pte_present, isPresent(l3));
}

/** What noteEntries sets for a block of level 2. */
export function noteBlock(): void {
  predicate(Predicate.l1_empty, false);
  predicate(Predicate.l2_empty, false);
  predicate(Predicate.l2_is_block, true);
  predicate(Predicate.l2_is_table, false);
  predicate(Predicate.l2_present, true);
  predicate(Predicate.pte_present, false);
}
