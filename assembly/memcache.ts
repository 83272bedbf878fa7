// Per-caller cache of table pages with the semantics of mmu_topup_memory_cache: filled before mmu_lock is
// taken, so that nothing is allocated under it.
import { Event } from "../src/abi/event";
import { ENOMEM, KVM_NR_MEM_OBJS, Predicate } from "../src/abi/kvm";
import { Site } from "../src/abi/site";
import { CACHE_OBJECTS, LostBy } from "../src/abi/layout";
import { count, predicate, site } from "./account";
import { losePage, poolAlloc, poolFree } from "./pool";
import { MemoryCache } from "./structs";

// @ts-ignore: decorator
@inline
function objectAt(cache: MemoryCache, index: u32): usize {
  return changetype<usize>(cache) + CACHE_OBJECTS + (<usize>index << 3);
}

/** Fills the cache to KVM_NR_MEM_OBJS if it holds fewer than `min` pages. 0 or -ENOMEM, keeping what it got. */
// @ts-ignore: decorator
@inline
export function topupMemoryCache(cache: MemoryCache, min: u32): i32 {
  return site(Site.C1, cache.nobjs >= min) ? 0 : refill(cache);
}

function refill(cache: MemoryCache): i32 {
  while (cache.nobjs < <u32>KVM_NR_MEM_OBJS) {
    site(Site.C2, true);
    const page = poolAlloc();
    if (site(Site.C3, page == 0)) return -ENOMEM;
    count(Event.PAGES_TOPPED_UP);
    store<u64>(objectAt(cache, cache.nobjs), page);
    cache.nobjs++;
  }
  site(Site.C2, false);
  return 0;
}

/** Pops a page; 0 if the cache is empty, where the kernel would stop with a BUG. */
export function cachePop(cache: MemoryCache): u64 {
  if (predicate(Predicate.cache_empty, cache.nobjs == 0)) return 0;
  cache.nobjs--;
  return load<u64>(objectAt(cache, cache.nobjs));
}

/**
 * A page for an operation that holds no mmu_lock: an empty cache is filled, as far as the allocator gives pages.
 * 0 if it gave none.
 */
export function takePage(cache: MemoryCache): u64 {
  if (cache.nobjs == 0) topupMemoryCache(cache, 1);
  return cachePop(cache);
}

/** mmu_free_memory_cache. */
export function freeMemoryCache(cache: MemoryCache): void {
  while (cache.nobjs > 0) {
    cache.nobjs--;
    poolFree(load<u64>(objectAt(cache, cache.nobjs)));
  }
}

/** Forgets the pages of a cache that goes out of scope without being freed. */
export function loseMemoryCache(cache: MemoryCache, by: LostBy): void {
  while (cache.nobjs > 0) {
    cache.nobjs--;
    losePage(load<u64>(objectAt(cache, cache.nobjs)), by);
  }
}
