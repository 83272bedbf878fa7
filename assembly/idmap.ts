// internal_vm_prep_mem as posted in RFC 04/11: one page at a time, the cache topped up inside the loop and,
// on success, not freed. Source: the mail; fault-path.md section 3. With `byKind`, which the RFC has not, device
// registers get device attributes.
import { Event } from "../src/abi/event";
import { Site } from "../src/abi/site";
import { LostBy } from "../src/abi/layout";
import { count, site } from "./account";
import { isTable, leaf, outputAddress, PAGE_S2, PAGE_S2_DEVICE, S2AP_RDWR } from "./desc";
import { emptyRun, fillRun, linearRun } from "./leaf_run";
import { freeMemoryCache, loseMemoryCache, topupMemoryCache } from "./memcache";
import { entryAddress } from "./pgtable";
import { isDeviceAt, kindEnd, readDescriptor } from "./phys";
import { getPage } from "./pool";
import { setPte } from "./set_pte";
import { MemoryCache, Vm } from "./structs";
import { logRun } from "./table_log";
import { cacheMinPages } from "./user_mem_abort";
import { levelShift } from "./vtcr";

/** Maps [start, end) one to one with `cache` as the local cache. 0, or -ENOMEM with what was mapped left in place. */
export function internalVmPrepMem(vm: Vm, cache: MemoryCache, start: u64, end: u64, byKind: bool): i32 {
  cache.nobjs = 0;
  for (let addr = start; addr < end; ) {
    const stop = byKind ? kindEnd(addr, end) : end;
    const attributes = (byKind && isDeviceAt(addr) ? PAGE_S2_DEVICE : PAGE_S2) | S2AP_RDWR;
    const ret = mapPages(vm, cache, addr, stop, attributes);
    if (ret < 0) {
      freeMemoryCache(cache);
      return ret;
    }
    addr = stop;
  }
  loseMemoryCache(cache, LostBy.PREP_MEM_CACHE);
  return 0;
}

function mapPages(vm: Vm, cache: MemoryCache, start: u64, end: u64, attributes: u64): i32 {
  const step = (<u64>1) << vm.granuleShift;
  for (let addr = start; addr < end; ) {
    let ret = topupMemoryCache(cache, cacheMinPages(vm));
    if (ret < 0) return ret;
    count(Event.LOCK);
    ret = setPte(vm, cache, addr, leaf(addr, attributes, 3, vm.layout), false, false);
    if (ret < 0) return ret;
    count(Event.IDMAP_PAGE);
    addr = mapRestOfTable(vm, cache, addr + step, end, attributes);
  }
  return 0;
}

/**
 * The pages after `addr` that share the level-3 table just written and are not mapped yet: each is mapped as
 * setPte would, by the same reads and branch sites, without walking to the table again. Returns the next page.
 */
function mapRestOfTable(vm: Vm, cache: MemoryCache, addr: u64, end: u64, attributes: u64): u64 {
  const tableBytes = (<u64>1) << levelShift(vm.granuleShift, 2);
  if ((addr & (tableBytes - 1)) == 0 || cache.nobjs < cacheMinPages(vm)) return addr;
  const entry = readDescriptor(entryOf(vm, addr));
  const first = entryAddress(vm, outputAddress(entry, vm.granuleShift, vm.layout), 3, addr);
  const step = (<u64>1) << vm.granuleShift;
  const stop = min<u64>(end, (addr & ~(tableBytes - 1)) + tableBytes);
  const rest = <u32>((stop - addr) >> vm.granuleShift);
  const at = linearRun(first, rest);
  if (at == 0 || !isTable(entry, 2)) return addr;
  const pages = emptyRun(at, rest);
  // High address bits, wherever they are, do not change within a table.
  const desc = leaf(addr, attributes, 3, vm.layout);
  fillRun(at, desc, step, pages);
  logRun(first, desc, step, pages);
  getPage(first, pages);
  accountPages(vm, pages);
  return addr + ((<u64>pages) << vm.granuleShift);
}

/** PA of the level-2 entry for `ipa`, whose table exists. Not counted: the walk is made for the code's sake. */
function entryOf(vm: Vm, ipa: u64): u64 {
  let table = vm.pgd;
  for (let level = vm.startLevel; level < 2; level++) {
    table = outputAddress(readDescriptor(entryAddress(vm, table, level, ipa)), vm.granuleShift, vm.layout);
  }
  return entryAddress(vm, table, 2, ipa);
}

/** What topupMemoryCache and setPte report for one page whose tables exist and whose entry is empty, times `n`. */
function accountPages(vm: Vm, n: u64): void {
  if (!ACCOUNTED) return;
  site(Site.C1, true, n);
  if (vm.startLevel <= 1) site(Site.G2, false, n);
  site(Site.P1, false, n);
  site(Site.P2, false, n);
  site(Site.P3, false, n);
  site(Site.P5, false, n);
  site(Site.P6, false, n);
  count(Event.LOCK, n);
  count(Event.IDMAP_PAGE, n);
  count(Event.DESC_READ, n * (4 - vm.startLevel));
  count(Event.DESC_WRITE, n);
}
