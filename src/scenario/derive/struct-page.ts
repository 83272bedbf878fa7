import { PfnOutcome } from '../../abi/event.js';
import {
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
import { BLOCK_PA } from './places.js';

/** The calls about one page, in their order. */
export interface PageCalls {
  /** The page that get_user_pages gave. */
  own: readonly RecordedCall[];
  /** The first page of its block, where the mapping was widened to the block. */
  head: readonly RecordedCall[];
  /** Whether the last page used is the head. */
  endsAtHead: boolean;
}

/** After a step to the head of a block (kvm_get_pfn) the calls are about the head. */
export function pageCalls(facts: Facts): PageCalls {
  const ends = [...facts.calls('kvm_set_pfn_dirty'), ...facts.calls('kvm_set_pfn_accessed')];
  const releases = facts.calls('kvm_release_pfn_clean');
  const asked = facts.calls('pfn_valid');
  const gets = facts.calls('kvm_get_pfn');
  if (gets.length === 0) return { own: [...asked, ...ends, ...releases], head: [], endsAtHead: false };
  const [dropped, ...released] = releases;
  const own = dropped === undefined ? asked : [...asked, dropped];
  return { own, head: [...gets, ...ends, ...released], endsAtHead: true };
}

/** struct page flags by PA: of the page, whose compound state the predicates give, and of its block's first page. */
export function structPages(facts: Facts, calls: PageCalls, pa: bigint): Map<bigint, number> {
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
