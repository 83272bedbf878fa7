// The user side of a user VM: backing areas (vm_area_struct), find_vma with its per-task cache, the host's
// page table, and get_user_pages as far as KVM sees it. Sources: fault-path.md 2.5 and 2.7, build-format.md 3.
import { VmaOutcome } from "../src/abi/event";
import { AREA_HUGETLB, AREA_PFNMAP, AREA_THP, AREA_WRITE, Callee, HOST_PTE_ERROR, PG_RESERVED } from "../src/abi/kvm";
import { HOST_PTE_LATE_POISON, HOST_PTE_POISON, HOST_PTE_PRESENT, HOST_PTE_WRITE, PAGE_SHIFT, Quantity } from "../src/abi/kvm";
import { VCPU_VMACACHE } from "../src/abi/layout";
import { beginQuantities, callee, endQuantities, quantity } from "./account";
import { changePte, invalidateEnd, invalidateStart } from "./notifier";
import { makeCompound, setPageFlags } from "./page";
import { Area, base, header, Mm, Vcpu, Vm } from "./structs";

const VMACACHE_SIZE: u32 = 4;
const PAGE_BYTES: u64 = 1 << PAGE_SHIFT;
const HOST_PA_MASK: u64 = 0x000ffffffffff000;
const THP_SHIFT: u32 = 21;

// Probes and steps of the last find_vma.
let nullProbes: u32 = 0;
let aboveProbes: u32 = 0;
let belowProbes: u32 = 0;
let leftSteps: u32 = 0;
let rightSteps: u32 = 0;
let outcome: u32 = 0;

// @ts-ignore: decorator
@inline
function areaAt(offset: u32): Area | null {
  return offset == 0 ? null : changetype<Area>(base() + offset);
}

// @ts-ignore: decorator
@inline
function cacheEntry(vcpu: Vcpu, index: u32): usize {
  return changetype<usize>(vcpu) + VCPU_VMACACHE + (<usize>index << 2);
}

/** vmacache_find: the cached area that holds `hva`, or null. A stale cache is cleared unprobed. */
function cachedArea(vcpu: Vcpu, mm: Mm, hva: u64): Area | null {
  outcome = VmaOutcome.CACHE_MISS;
  if (vcpu.vmacacheSeq != mm.seqnum) {
    vcpu.vmacacheSeq = mm.seqnum;
    for (let i: u32 = 0; i < VMACACHE_SIZE; i++) store<u32>(cacheEntry(vcpu, i), 0);
    outcome = VmaOutcome.CACHE_STALE;
    return null;
  }
  for (let i: u32 = 0; i < VMACACHE_SIZE; i++) {
    const area = areaAt(load<u32>(cacheEntry(vcpu, i)));
    if (area == null) nullProbes++;
    else if (area.start > hva) aboveProbes++;
    else if (area.end <= hva) belowProbes++;
    else return area;
  }
  return null;
}

/** The tree walk of find_vma: the lowest area that ends above `hva`. */
function treeArea(mm: Mm, hva: u64): Area | null {
  let node = areaAt(mm.root);
  if (node == null) {
    outcome |= VmaOutcome.TREE_EMPTY;
    return null;
  }
  let best: Area | null = null;
  while (node != null) {
    if (node.end > hva) {
      best = node;
      if (node.start <= hva) break;
      leftSteps++;
      node = areaAt(node.left);
    } else {
      rightSteps++;
      node = areaAt(node.right);
    }
  }
  if (best == null) outcome |= VmaOutcome.TREE_NONE;
  else if (node == null) outcome |= VmaOutcome.TREE_ABOVE;
  return best;
}

/** find_vma: the area that holds `hva` or the first one above it, or null. */
export function findArea(vcpu: Vcpu, mm: Mm, hva: u64): Area | null {
  nullProbes = 0;
  aboveProbes = 0;
  belowProbes = 0;
  leftSteps = 0;
  rightSteps = 0;
  const cached = cachedArea(vcpu, mm, hva);
  if (cached != null) {
    outcome = VmaOutcome.CACHE_HIT;
    return cached;
  }
  const area = treeArea(mm, hva);
  if (area != null) store<u32>(cacheEntry(vcpu, <u32>(hva >> PAGE_SHIFT) & 3), <u32>(changetype<usize>(area) - base()));
  return area;
}

/** Adds the cache probes of the last find_vma to the callee recorded last. */
export function probeQuantities(): void {
  quantity(Quantity.vma_null_probes, nullProbes);
  quantity(Quantity.vma_other_probes, aboveProbes);
  quantity(Quantity.vma_probe_below, belowProbes);
}

/** find_vma as the fault handler calls it: recorded. */
export function findAreaRecorded(vcpu: Vcpu, mm: Mm, hva: u64): Area | null {
  const area = findArea(vcpu, mm, hva);
  callee(Callee.find_vma, outcome);
  beginQuantities();
  probeQuantities();
  quantity(Quantity.tree_left, leftSteps);
  quantity(Quantity.tree_right, rightSteps);
  endQuantities();
  return area;
}

/** What get_user_pages came to. */
export enum Gup {
  PAGE,
  POISON,
  LATE_POISON,
  ERROR,
  PFNMAP,
}

let gupPfn: u64 = 0;
let gupWritable: bool = false;

/** pfn of the last `getUserPage`. */
// @ts-ignore: decorator
@inline
export function gupResultPfn(): u64 {
  return gupPfn;
}

/** Whether the host maps the page of the last `getUserPage` writable. */
// @ts-ignore: decorator
@inline
export function gupResultWritable(): bool {
  return gupWritable;
}

/** Address of the host page-table entry of `hva` in `area`. */
// @ts-ignore: decorator
@inline
function hostPteAddress(area: Area, hva: u64): usize {
  return base() + area.ptes + (<usize>((hva - area.start) >> PAGE_SHIFT) << 3);
}

/** Makes the page at `hva` present for a read or a write, as get_user_pages does. */
export function getUserPage(vm: Vm, area: Area, hva: u64, write: bool): Gup {
  if (area.flags & AREA_PFNMAP) {
    gupPfn = (area.pfnBase + (hva - area.start)) >> PAGE_SHIFT;
    gupWritable = true;
    return Gup.PFNMAP;
  }
  const at = hostPteAddress(area, hva);
  const pte = load<u64>(at);
  if (pte & (HOST_PTE_POISON | HOST_PTE_LATE_POISON | HOST_PTE_ERROR)) return failure(pte);
  const usable = (pte & HOST_PTE_PRESENT) != 0 && (!write || (pte & HOST_PTE_WRITE) != 0);
  if (!usable && !hostFault(vm, area, hva, write, (pte & HOST_PTE_PRESENT) != 0)) return Gup.ERROR;
  const mapped = load<u64>(at);
  gupPfn = (mapped & HOST_PA_MASK) >> PAGE_SHIFT;
  gupWritable = (mapped & HOST_PTE_WRITE) != 0;
  return Gup.PAGE;
}

function failure(pte: u64): Gup {
  if (pte & HOST_PTE_POISON) return Gup.POISON;
  return pte & HOST_PTE_LATE_POISON ? Gup.LATE_POISON : Gup.ERROR;
}

/** handle_mm_fault: maps the page, breaking copy-on-write if a read-only page was present. False: no access, no memory. */
function hostFault(vm: Vm, area: Area, hva: u64, write: bool, present: bool): bool {
  if (write && !(area.flags & AREA_WRITE)) return false;
  const shift = mappingShift(area, hva);
  const start = hva & ~(((<u64>1) << shift) - 1);
  const zero = !write && !(area.flags & AREA_HUGETLB);
  const pa = zero ? zeroPage(shift) : allocate(shift);
  if (pa == 0) return false;
  if (present) invalidateStart(vm, start, start + ((<u64>1) << shift));
  const writable = write || (!zero && (area.flags & AREA_WRITE) != 0);
  mapHostPages(area, start, pa, shift, writable ? HOST_PTE_PRESENT | HOST_PTE_WRITE : HOST_PTE_PRESENT);
  if (present) {
    if (shift == PAGE_SHIFT) changePte(vm, hva, pa);
    invalidateEnd(vm);
  }
  return true;
}

/** log2 of the bytes the host maps at once around `hva`: a huge page where the area has them and the range fits. */
function mappingShift(area: Area, hva: u64): u32 {
  const shift: u32 = area.flags & AREA_HUGETLB ? area.hugeShift : area.flags & AREA_THP ? THP_SHIFT : PAGE_SHIFT;
  const size = (<u64>1) << shift;
  const start = hva & ~(size - 1);
  if (start < area.start || start >= area.end || area.end - start < size) return PAGE_SHIFT;
  return area.flags & AREA_HUGETLB || holdsOnePage(area, start, shift) ? shift : PAGE_SHIFT;
}

/** True if the host maps nothing at `start` or one page of that size: a range that has a table stays in pages. */
function holdsOnePage(area: Area, start: u64, shift: u32): bool {
  const first = load<u64>(hostPteAddress(area, start));
  const step = first == 0 ? 0 : PAGE_BYTES;
  const pages = (<u64>1) << (shift - PAGE_SHIFT);
  for (let i: u64 = 1; i < pages; i++) {
    if (load<u64>(hostPteAddress(area, start + i * PAGE_BYTES)) != first + i * step) return false;
  }
  return true;
}

function mapHostPages(area: Area, start: u64, pa: u64, shift: u32, flags: u64): void {
  const pages = (<u64>1) << (shift - PAGE_SHIFT);
  for (let i: u64 = 0; i < pages; i++) {
    store<u64>(hostPteAddress(area, start + i * PAGE_BYTES), (pa + i * PAGE_BYTES) | flags);
  }
}

/** The host's page allocator: the hinted page, or the next one. 0 when memory is exhausted. */
function allocate(shift: u32): u64 {
  const h = header();
  const size = (<u64>1) << shift;
  let pa = h.hostHint;
  h.hostHint = 0;
  if (pa == 0) {
    pa = (h.hostNext + size - 1) & ~(size - 1);
    if (pa + size > h.hostEnd) return 0;
    h.hostNext = pa + size;
  }
  if (shift != PAGE_SHIFT) makeCompound(pa >> PAGE_SHIFT, size >> PAGE_SHIFT);
  else setPageFlags(pa >> PAGE_SHIFT, 0);
  return pa;
}

/** The page that untouched anonymous memory reads as. */
function zeroPage(shift: u32): u64 {
  const h = header();
  if (shift == PAGE_SHIFT) {
    if (h.hostHint != 0) return allocate(shift);
    if (h.zeroPage == 0) {
      h.zeroPage = allocate(shift);
      if (h.zeroPage != 0) setPageFlags(h.zeroPage >> PAGE_SHIFT, PG_RESERVED);
    }
    return h.zeroPage;
  }
  if (h.hostHint != 0) return allocate(shift);
  if (h.hugeZeroPage == 0) h.hugeZeroPage = allocate(shift);
  return h.hugeZeroPage;
}
