// internal_vm_prep_mem as posted in RFC 04/11: one page at a time, the cache topped up inside the loop and,
// on success, not freed. Source: the mail; fault-path.md section 3.
import { Event } from "../src/abi/event";
import { count } from "./account";
import { PAGE_S2, S2AP_RDWR } from "./desc";
import { freeMemoryCache, topupMemoryCache } from "./memcache";
import { setPte } from "./set_pte";
import { MemoryCache, Vm } from "./structs";
import { cacheMinPages } from "./user_mem_abort";

/** Maps [start, end) one to one with `cache` as the local cache. 0, or -ENOMEM with what was mapped left in place. */
export function internalVmPrepMem(vm: Vm, cache: MemoryCache, start: u64, end: u64): i32 {
  cache.nobjs = 0;
  const step = (<u64>1) << vm.granuleShift;
  for (let addr = start; addr < end; addr += step) {
    let ret = topupMemoryCache(cache, cacheMinPages(vm));
    if (ret == 0) {
      count(Event.LOCK);
      ret = setPte(vm, cache, addr, addr | PAGE_S2 | S2AP_RDWR, false, false);
    }
    if (ret < 0) {
      freeMemoryCache(cache);
      return ret;
    }
    count(Event.IDMAP_PAGE);
  }
  return 0;
}
