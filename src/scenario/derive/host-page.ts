import { GupOutcome } from '../../abi/event.js';
import {
  HOST_PTE_ERROR,
  HOST_PTE_LATE_POISON,
  HOST_PTE_POISON,
  HOST_PTE_PRESENT,
  HOST_PTE_WRITE,
} from '../../abi/kvm.js';
import type { Facts } from '../facts.js';
import type { MemoryState } from '../machine-state.js';
import { BLOCK_PA, LAST_TAIL_PA, TAIL_PA } from './places.js';
import {
  deriveRegions,
  FOUND_AT_ONCE,
  type PageSearch,
  type PlacedSearch,
  sameSearch,
  searchOf,
} from './regions.js';
import { pageCalls, structPages } from './struct-page.js';

/** The page behind the hva, as get_user_pages and KVM find it. */
export interface HostPage {
  pa: bigint;
  /** HOST_PTE_* flags. */
  flags: number;
  /** Mapped by an area without page-table entries of its own. */
  pfnmap: boolean;
}

const GUP_KIND = 7;
const PTE_FAILURE: Readonly<Record<number, number>> = {
  [GupOutcome.POISON]: HOST_PTE_POISON,
  [GupOutcome.LATE_POISON]: HOST_PTE_LATE_POISON,
  [GupOutcome.ERROR]: HOST_PTE_ERROR,
};

/** The host page, the struct pages around it and the memory regions they are searched in. */
export function deriveHostPage(facts: Facts): { page: HostPage; memory: MemoryState } {
  const kind = gupKind(facts);
  const calls = pageCalls(facts);
  const own = searchOf(calls.own);
  const head = searchOf(calls.head);
  const pa = ownAddress(facts, own, head);
  const regions = deriveRegions(searches(facts, { own, head, pa }));
  const page = { pa, flags: pteFlags(facts, kind), pfnmap: kind === GupOutcome.PFNMAP };
  return { page, memory: { regions, pages: structPages(facts, calls, pa) } };
}

/** What get_user_pages comes to. Where it was not called, an entry of the host's page table can be all that is recorded. */
function gupKind(facts: Facts): number {
  const gup = facts.call('gfn_to_pfn_prot');
  if (gup !== undefined) return gup.code & GUP_KIND;
  if (facts.holds('pfn_poisoned')) return GupOutcome.POISON;
  if (facts.holds('pfn_error')) return GupOutcome.ERROR;
  return GupOutcome.PAGE;
}

/** The access-flag path uses the page an entry maps, which is put at the start of the block. */
function ownAddress(facts: Facts, own: PageSearch | undefined, head: PageSearch | undefined): bigint {
  if (facts.holds('type_access') || !facts.holds('thp_tail')) return BLOCK_PA;
  return own !== undefined && head !== undefined && !sameSearch(own, head) ? LAST_TAIL_PA : TAIL_PA;
}

/** The searches of the regions by ascending address. A page that was never searched is memory unless it is a device's. */
function searches(
  facts: Facts,
  { own, head, pa }: { own: PageSearch | undefined; head: PageSearch | undefined; pa: bigint },
): PlacedSearch[] {
  if (own === undefined) return facts.holds('pfn_is_device') ? [] : [{ pa, search: FOUND_AT_ONCE }];
  const page = { pa, search: own };
  return head === undefined || pa === BLOCK_PA ? [page] : [{ pa: BLOCK_PA, search: head }, page];
}

function pteFlags(facts: Facts, kind: number): number {
  const gup = facts.call('gfn_to_pfn_prot');
  const readable = kind === GupOutcome.PAGE && gup !== undefined && (gup.code & GupOutcome.READ) !== 0;
  const upgraded = readable ? (gup.code & GupOutcome.UPGRADED) !== 0 : facts.holds('host_writable');
  const write = facts.holds('is_write') || upgraded ? HOST_PTE_WRITE : 0;
  return HOST_PTE_PRESENT | write | (PTE_FAILURE[kind] ?? 0);
}
