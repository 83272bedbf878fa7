// Page-table pages: a pool in emulated RAM with a page count (page_count) per page. A page's count is 1
// for its allocation plus 1 per live entry.
import { Event } from "../src/abi/event";
import { LostBy, PAGE_LOST } from "../src/abi/layout";
import { TableStep } from "../src/abi/table-log";
import { count } from "./account";
import { base, header } from "./structs";
import { logStep } from "./table_log";

/** Allocates a zeroed table page. Returns its PA, or 0 if the pool is empty or the budget is spent. */
export function poolAlloc(): u64 {
  const h = header();
  if (h.poolFree == 0 || h.poolBudget == 0) return 0;
  h.poolBudget--;
  h.poolFree--;
  const index = load<u32>(base() + h.poolStack + (<usize>h.poolFree << 2));
  store<u16>(base() + h.poolRefs + (<usize>index << 1), 1);
  memory.fill(base() + h.poolOffset + (<usize>index << h.poolShift), 0, (<usize>1) << h.poolShift);
  count(Event.TABLE_ALLOC);
  const pa = h.poolPa + ((<u64>index) << h.poolShift);
  logStep(TableStep.ALLOC, pa);
  return pa;
}

/** Gives the page at `pa` back. Pages outside the pool are not ours to free, and one that is free stays so. */
export function poolFree(pa: u64): void {
  const h = header();
  const index = poolIndex(pa);
  if (index < 0 || pageCount(pa) == 0) return;
  store<u16>(base() + h.poolRefs + (<usize>index << 1), 0);
  store<u32>(base() + h.poolStack + (<usize>h.poolFree << 2), index);
  h.poolFree++;
  count(Event.TABLE_FREE);
  logStep(TableStep.FREE, pa);
}

// @ts-ignore: decorator
@inline
function poolIndex(pa: u64): i32 {
  const h = header();
  const index = (pa - h.poolPa) >> h.poolShift;
  return index < <u64>h.poolPages ? <i32>index : -1;
}

/**
 * Takes `n` references on the table page that holds the entry at `pa`. Tables that are not the software's own may lead
 * to a page that is free: it has no entries to count, or it would be freed twice.
 */
export function getPage(pa: u64, n: u32 = 1): void {
  const index = poolIndex(pa);
  if (index < 0) return;
  const at = base() + header().poolRefs + (<usize>index << 1);
  const refs = load<u16>(at);
  if (refs != 0) store<u16>(at, <u16>(refs + n));
}

/** Drops the reference of an entry on the table page that holds it, at `pa`; that of the allocation stays. */
export function putPage(pa: u64): void {
  const index = poolIndex(pa);
  if (index < 0) return;
  const at = base() + header().poolRefs + (<usize>index << 1);
  const refs = load<u16>(at);
  if (refs > 1) store<u16>(at, refs - 1);
}

/**
 * The table page at `pa` stays allocated, but nothing leads to it any more: its count is replaced by who lost it. A page
 * that is free, which only tables from outside lead to, stays so.
 */
export function losePage(pa: u64, by: LostBy): void {
  const index = poolIndex(pa);
  if (index >= 0 && pageCount(pa) != 0) store<u16>(base() + header().poolRefs + (<usize>index << 1), <u16>(PAGE_LOST | by));
}

/** page_count of the table page at `pa`; 0 outside the pool. */
export function pageCount(pa: u64): u32 {
  const index = poolIndex(pa);
  return index < 0 ? 0 : load<u16>(base() + header().poolRefs + (<usize>index << 1));
}
