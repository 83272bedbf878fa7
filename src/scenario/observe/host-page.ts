import {
  AREA_PFNMAP,
  HOST_PTE_ERROR,
  HOST_PTE_LATE_POISON,
  HOST_PTE_POISON,
  HOST_PTE_WRITE,
  PG_HEAD,
  PG_MAPCOUNT_NEG,
  PG_TAIL,
} from '../../abi/kvm.js';
import type { AddressSpaceState, MachineState, MemoryState, SlotState } from '../machine-state.js';
import type { Known } from './known.js';
import { findArea, hvaOf } from './memory.js';

const BLOCK_MASK = 0x1f_ffffn;

/** The page behind the hva, and what mapping it would come to. Empty if no area holds the hva. */
export function hostPagePredicates(
  state: MachineState,
  mm: AddressSpaceState,
  slot: SlotState,
  known: Known,
): Known {
  const page = pageAt(mm, hvaOf(slot, state.guest.ipa, known.hugetlb ?? false));
  if (page === undefined) return {};
  const own = { ...obtained(page), ...structPage(state.memory, page.pa) };
  const host_writable =
    !known.slot_readonly && (!!known.is_write || page.pfnmap || (page.flags & HOST_PTE_WRITE) !== 0);
  const map_logging = !!known.slot_logging && !own.pfn_is_device;
  const force_pte = (!known.hugetlb && !!known.slot_misaligned) || map_logging;
  return {
    ...own,
    host_writable,
    map_logging,
    force_pte,
    map_writable: host_writable && !(map_logging && !known.is_write),
    map_block: !!known.hugetlb || (!force_pte && !!own.page_is_thp),
  };
}

interface Page {
  pa: bigint;
  flags: number;
  pfnmap: boolean;
}

function pageAt(mm: AddressSpaceState, hva: bigint): Page | undefined {
  const area = findArea(mm, hva);
  if (area === undefined || area.start > hva) return undefined;
  if ((area.flags & AREA_PFNMAP) !== 0)
    return { pa: (area.pa ?? 0n) + (hva - area.start), flags: 0, pfnmap: true };
  return mm.page?.hva === hva ? { ...mm.page, pfnmap: false } : undefined;
}

function obtained({ flags }: Page): Known {
  const poisoned = (flags & (HOST_PTE_POISON | HOST_PTE_LATE_POISON)) !== 0;
  return { pfn_poisoned: poisoned, pfn_error: !poisoned && (flags & HOST_PTE_ERROR) !== 0 };
}

function structPage({ regions, pages }: MemoryState, pa: bigint): Known {
  const flags = pages.get(pa) ?? 0;
  const head = (flags & PG_HEAD) !== 0;
  const tail = (flags & PG_TAIL) !== 0;
  const byBlock = (flags & PG_MAPCOUNT_NEG) !== 0;
  return {
    pfn_is_device: !regions.some((region) => pa >= region.pa && pa < region.pa + region.size),
    page_head_flag: head,
    page_is_tail: tail,
    page_mapcount_neg: byBlock,
    page_is_thp: (head || tail) && byBlock,
    thp_tail: (pa & BLOCK_MASK) !== 0n,
  };
}
