import { GupOutcome, PfnOutcome } from '../../abi/event.js';
import {
  HOST_PTE_ERROR,
  HOST_PTE_LATE_POISON,
  HOST_PTE_POISON,
  HOST_PTE_PRESENT,
  HOST_PTE_WRITE,
  PG_FILE,
  PG_HEAD,
  PG_INACTIVE,
  PG_MAPCOUNT_NEG,
  PG_OFF_LRU,
  PG_REFERENCED,
  PG_RESERVED,
  PG_TAIL,
  PG_UNEVICTABLE,
} from '../../abi/kvm.js';
import type { Facts, RecordedCall } from '../facts.js';
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

/** The calls about one page, in their order. */
interface PageCalls {
  /** The page that get_user_pages gave. */
  own: readonly RecordedCall[];
  /** The first page of its block, where the mapping was widened to the block. */
  head: readonly RecordedCall[];
  /** Whether the last page used is the head. */
  endsAtHead: boolean;
}

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

/** After a step to the head of a block (kvm_get_pfn) the calls are about the head. */
function pageCalls(facts: Facts): PageCalls {
  const ends = [...facts.calls('kvm_set_pfn_dirty'), ...facts.calls('kvm_set_pfn_accessed')];
  const releases = facts.calls('kvm_release_pfn_clean');
  const asked = facts.calls('pfn_valid');
  const gets = facts.calls('kvm_get_pfn');
  if (gets.length === 0) return { own: [...asked, ...ends, ...releases], head: [], endsAtHead: false };
  const [dropped, ...released] = releases;
  const own = dropped === undefined ? asked : [...asked, dropped];
  return { own, head: [...gets, ...ends, ...released], endsAtHead: true };
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

function structPages(facts: Facts, calls: PageCalls, pa: bigint): Map<bigint, number> {
  const pages = new Map<bigint, number>();
  const set = (at: bigint, flags: number) => pages.set(at, (pages.get(at) ?? 0) | flags);
  if (!facts.holds('type_access')) set(pa, compoundFlags(facts));
  set(pa, callFlags(calls.own));
  set(BLOCK_PA, callFlags(calls.head));
  const last = calls.endsAtHead ? BLOCK_PA : pa;
  const tail = ((pages.get(last) ?? 0) & PG_TAIL) !== 0;
  set(tail ? BLOCK_PA : last, listFlags(facts.call('kvm_set_pfn_accessed')));
  return pages;
}

function compoundFlags(facts: Facts): number {
  const head = facts.holds('page_head_flag') ? PG_HEAD : 0;
  const tail = facts.holds('page_is_tail') ? PG_TAIL : 0;
  return head | tail | (facts.holds('page_mapcount_neg') ? PG_MAPCOUNT_NEG : 0);
}

/** What the outcomes say of the page itself: pfn_valid says only that it is memory, which sets no flag. */
function callFlags(calls: readonly RecordedCall[]): number {
  return calls.reduce((flags, { code }) => {
    const kind = code & 7;
    return flags | (kind === PfnOutcome.RESERVED ? PG_RESERVED : kind === PfnOutcome.TAIL ? PG_TAIL : 0);
  }, 0);
}

/** State of the page on the host's LRU lists, as mark_page_accessed finds it. */
function listFlags(accessed: RecordedCall | undefined): number {
  if (accessed === undefined || (accessed.code & 3) !== 0) return 0;
  const { code } = accessed;
  const list = code & (PfnOutcome.UNEVICTABLE | PfnOutcome.INACTIVE);
  const action = code & PfnOutcome.ACTIVATE_PAGEVEC;
  return (
    (list === PfnOutcome.UNEVICTABLE ? PG_UNEVICTABLE : list === PfnOutcome.INACTIVE ? PG_INACTIVE : 0) |
    (action === PfnOutcome.SET_REFERENCED ? 0 : PG_REFERENCED) |
    (action === PfnOutcome.ACTIVATE_PAGEVEC ? PG_OFF_LRU : 0) |
    (code & PfnOutcome.FILE ? PG_FILE : 0)
  );
}
