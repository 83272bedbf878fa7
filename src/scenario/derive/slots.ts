import { SlotSearch } from '../../abi/event.js';
import { KVM_MEM_READONLY, KVM_MEMSLOT_INVALID, KVM_USER_MEM_SLOTS } from '../../abi/kvm.js';
import { Contradiction } from '../contradiction.js';
import type { Facts } from '../facts.js';
import type { SlotState, SlotsState } from '../machine-state.js';
import { lowerBoundSteps, smallestTable, upTo } from './bisection.js';
import { BLOCK_HVA, BLOCK_IPA, PAGE, PAGE_BITS } from './places.js';

const BLOCK_GFN = BLOCK_IPA >> PAGE_BITS;
const SLOT_PAGES = 1024n;
/** Other slots are a page each, this many gfns apart. */
const SPACING = 0x1000n;
/** A hva that is off the IPA's alignment by whole groups of four pages, which the vma cache does not see. */
const MISALIGNMENT = 16n * PAGE;
const LRU_SIDE = SlotSearch.LRU_BELOW | SlotSearch.LRU_ABOVE;
const SEARCH_END = SlotSearch.NONE_GAP | SlotSearch.NONE_END;

/** What gfn_to_memslot did. */
interface Search {
  /** Side of the cached slot, or hit. */
  side: number;
  end: number;
  ge: number;
  lt: number;
}

/** The slot table in which the fault's gfn is looked up as recorded. */
export function deriveSlots(facts: Facts): SlotsState {
  const search = recordedSearch(facts);
  if (search.side === SlotSearch.LRU_HIT) return { used: [targetSlot(facts)], lru: 0 };
  const place = smallestTable(search.ge + search.lt, (n) => placeIn(n, search));
  if (place === undefined) throw new Contradiction(`gfn_to_memslot: ${describe(search)}`);
  return { used: upTo(place.n - 1).map((i) => slotAt(facts, i - place.index, search.end)), lru: place.lru };
}

function recordedSearch(facts: Facts): Search {
  const call = facts.call('gfn_to_memslot');
  if (call !== undefined) {
    const { code } = call;
    return {
      side: code & LRU_SIDE,
      end: code & SEARCH_END,
      ge: call.q('slot_steps_ge'),
      lt: call.q('slot_steps_lt'),
    };
  }
  // Never looked up: any table does that has the slot, or has not.
  if (facts.holds('slot_found')) return { side: SlotSearch.LRU_HIT, end: SlotSearch.FOUND, ge: 0, lt: 0 };
  return { side: SlotSearch.LRU_ABOVE, end: SlotSearch.NONE_END, ge: 0, lt: 0 };
}

function describe({ side, ge, lt }: Search): string {
  const hint = side === SlotSearch.LRU_BELOW ? 'below' : 'above';
  return `no slot table gives ${ge} steps ge and ${lt} steps lt with the gfn ${hint} the cached slot`;
}

interface Place {
  n: number;
  /** Slot the search ends at. */
  index: number;
  lru: number;
}

function placeIn(n: number, search: Search): Place | undefined {
  if (n > KVM_USER_MEM_SLOTS) return undefined;
  for (const index of upTo(n)) {
    if ((index === n) !== (search.end === SlotSearch.NONE_END)) continue;
    const { ge, lt } = lowerBoundSteps(n, index);
    if (ge !== search.ge || lt !== search.lt) continue;
    const lru = lruIndex(n, index, search);
    if (lru !== undefined) return { n, index, lru };
  }
  return undefined;
}

/** A cached slot on the recorded side of the gfn. Lower bases come later; an unused slot has base 0. */
function lruIndex(n: number, index: number, { side, end }: Search): number | undefined {
  if (side === SlotSearch.LRU_BELOW) return index > 0 ? index - 1 : undefined;
  const below = end === SlotSearch.NONE_GAP ? index : index + 1;
  return Math.min(below, n) < KVM_USER_MEM_SLOTS ? Math.min(below, n) : undefined;
}

/** The slot `distance` places after the one the search ends at. */
function slotAt(facts: Facts, distance: number, end: number): SlotState {
  if (distance === 0) return end === SlotSearch.FOUND ? targetSlot(facts) : onePage(BLOCK_GFN - SPACING / 2n);
  return onePage(BLOCK_GFN - BigInt(distance) * SPACING);
}

function onePage(baseGfn: bigint): SlotState {
  return { baseGfn, npages: 1n, hva: BLOCK_HVA >> 1n, flags: 0, hasBitmap: false };
}

/** First hva of the slot that holds the gfn. */
export function targetHva(facts: Facts): bigint {
  return BLOCK_HVA + (facts.holds('slot_misaligned') ? MISALIGNMENT : 0n);
}

/** The slot that holds the gfn, as the predicates have it. */
function targetSlot(facts: Facts): SlotState {
  const readonly = facts.holds('slot_readonly') ? KVM_MEM_READONLY : 0;
  const invalid = facts.holds('slot_invalid') ? KVM_MEMSLOT_INVALID : 0;
  return {
    baseGfn: BLOCK_GFN,
    npages: SLOT_PAGES,
    hva: targetHva(facts),
    flags: readonly | invalid,
    hasBitmap: facts.holds('slot_has_bitmap'),
  };
}
