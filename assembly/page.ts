// The host's struct page and memory regions, as far as pfn_valid, kvm_set_pfn_dirty and their kin look at
// them. Sources: build-format.md section 3, fault-path.md section 2.7.
import { PfnOutcome } from "../src/abi/event";
import { Callee, PAGE_SHIFT, PG_FILE, PG_INACTIVE, PG_MAPCOUNT_NEG, PG_OFF_LRU } from "../src/abi/kvm";
import { PG_HEAD, PG_REFERENCED, PG_RESERVED, PG_TAIL, PG_UNEVICTABLE, Quantity } from "../src/abi/kvm";
import { beginQuantities, callee, endQuantities, quantity } from "./account";
import { findBank } from "./phys";
import { base, Bank, header } from "./structs";

/** Pages of a 2 MiB compound. */
const HUGE_PAGES: u64 = 512;

// Outcome of the last search of the memory regions.
let stepsLt: u32 = 0;
let stepsGe: u32 = 0;
let endedAbove: bool = false;

// @ts-ignore: decorator
@inline
function region(index: u32): Bank {
  return changetype<Bank>(base() + load<u32>(base() + header().memblock + (<usize>index << 2)));
}

/** memblock_search: the memory region that holds `pfn`, or null. */
function searchRegions(pfn: u64): Bank | null {
  const pa = pfn << PAGE_SHIFT;
  let left: u32 = 0;
  let right = header().memblockCount;
  stepsLt = 0;
  stepsGe = 0;
  while (left < right) {
    const bank = region((left + right) / 2);
    if (pa < bank.pa) {
      right = (left + right) / 2;
      stepsLt++;
      endedAbove = false;
    } else if (pa >= bank.end) {
      left = (left + right) / 2 + 1;
      stepsGe++;
      endedAbove = true;
    } else {
      return bank;
    }
  }
  return null;
}

/** Address of the flags of `pfn` in its region's mem_map, or 0 if the region keeps none. */
// @ts-ignore: decorator
@inline
function flagsAddress(bank: Bank, pfn: u64): usize {
  return bank.memMap == 0 ? 0 : base() + bank.memMap + (<usize>(pfn - (bank.pa >> PAGE_SHIFT)) << 1);
}

/**
 * struct page flags of `pfn`; 0 (an active page on the LRU) where none are kept. A device page has a struct page
 * where its bank keeps one: v4.13 reads it on the way to a block.
 */
export function pageFlags(pfn: u64): u32 {
  const memory = searchRegions(pfn);
  const bank = memory != null ? memory : findBank(pfn << PAGE_SHIFT);
  if (bank == null) return 0;
  const at = flagsAddress(bank, pfn);
  return at == 0 ? 0 : load<u16>(at);
}

export function setPageFlags(pfn: u64, flags: u32): void {
  const bank = searchRegions(pfn);
  if (bank == null) return;
  const at = flagsAddress(bank, pfn);
  if (at != 0) store<u16>(at, <u16>flags);
}

/** Marks the pages of a fresh huge page as one compound that the host maps by blocks. */
export function makeCompound(pfn: u64, pages: u64): void {
  setPageFlags(pfn, PG_HEAD | PG_MAPCOUNT_NEG);
  for (let i: u64 = 1; i < pages; i++) setPageFlags(pfn + i, PG_TAIL | PG_MAPCOUNT_NEG);
}

/** Adds the steps of the last region search to the callee recorded last. */
export function regionQuantities(): void {
  quantity(Quantity.mb_lt, stepsLt);
  quantity(Quantity.mb_ge, stepsGe);
}

/** pfn_valid: true if `pfn` is memory the kernel knows; recorded. */
export function pfnValid(pfn: u64): bool {
  const valid = searchRegions(pfn) != null;
  record(Callee.pfn_valid, valid ? <u32>PfnOutcome.PAGE : notMemory());
  return valid;
}

/** The same question, not recorded; leaves the steps for `regionQuantities`. */
export function isKernelMemory(pfn: u64): bool {
  return searchRegions(pfn) != null;
}

/** End of the memory region that holds `pa`; 0 where pfn_valid says no. */
export function kernelMemoryEnd(pa: u64): u64 {
  const bank = searchRegions(pa >> PAGE_SHIFT);
  return bank == null ? 0 : bank.end;
}

export function regionSearchEndedAbove(): bool {
  return endedAbove;
}

// @ts-ignore: decorator
@inline
function notMemory(): u32 {
  return endedAbove ? PfnOutcome.NOT_MEMORY_ABOVE : PfnOutcome.NOT_MEMORY_BELOW;
}

function record(id: Callee, code: u32): void {
  callee(id, code);
  beginQuantities();
  regionQuantities();
  endQuantities();
}

/** kvm_set_pfn_dirty, kvm_get_pfn and kvm_release_pfn_clean: recorded, no state of ours changes. */
export function touchPfn(id: Callee, pfn: u64): void {
  if (!ACCOUNTED) return;
  const bank = searchRegions(pfn);
  if (bank == null) return record(id, notMemory());
  const at = flagsAddress(bank, pfn);
  const flags: u32 = at == 0 ? 0 : load<u16>(at);
  if (flags & PG_RESERVED) return record(id, PfnOutcome.RESERVED);
  record(id, flags & PG_TAIL ? <u32>PfnOutcome.TAIL : <u32>PfnOutcome.PAGE);
}

/** kvm_set_pfn_accessed: mark_page_accessed on the page or on the head of its compound. */
export function setPfnAccessed(pfn: u64): void {
  const bank = searchRegions(pfn);
  if (bank == null) return record(Callee.kvm_set_pfn_accessed, notMemory());
  const flags = pageFlags(pfn);
  if (flags & PG_RESERVED) return record(Callee.kvm_set_pfn_accessed, PfnOutcome.RESERVED);
  const tail = (flags & PG_TAIL) != 0;
  const head = tail ? pfn & ~(HUGE_PAGES - 1) : pfn;
  const code = markAccessed(head);
  searchRegions(pfn);
  record(Callee.kvm_set_pfn_accessed, code | (tail ? <u32>PfnOutcome.TAIL : 0));
}

/** mark_page_accessed: a second touch moves an inactive page to the active list. Returns the outcome code. */
function markAccessed(pfn: u64): u32 {
  const flags = pageFlags(pfn);
  const state: u32 = !(flags & PG_INACTIVE)
    ? flags & PG_UNEVICTABLE ? <u32>PfnOutcome.UNEVICTABLE : <u32>PfnOutcome.ACTIVE
    : <u32>PfnOutcome.INACTIVE;
  if (!(flags & PG_REFERENCED)) {
    setPageFlags(pfn, flags | PG_REFERENCED);
    return state | PfnOutcome.SET_REFERENCED;
  }
  if (state != PfnOutcome.INACTIVE) return state | PfnOutcome.REFERENCED;
  setPageFlags(pfn, flags & ~(PG_INACTIVE | PG_REFERENCED));
  const kind: u32 = flags & PG_FILE ? <u32>PfnOutcome.FILE : 0;
  return state | kind | (flags & PG_OFF_LRU ? <u32>PfnOutcome.ACTIVATE_PAGEVEC : <u32>PfnOutcome.ACTIVATE_LRU);
}
