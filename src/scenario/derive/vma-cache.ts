import { GupOutcome, VmaOutcome } from '../../abi/event.js';
import { Contradiction } from '../contradiction.js';
import type { Facts, RecordedCall } from '../facts.js';

/** What a cached entry is to the hva that is looked up. */
export type CachedArea = 'none' | 'above' | 'below' | 'served';

export interface VmaCache {
  entries: readonly CachedArea[];
  stale: boolean;
  /** Low two bits of the hva's page number: the entry a miss is stored in. */
  index: number;
}

const SIZE = 4;
const CACHE = VmaOutcome.CACHE_MISS | VmaOutcome.CACHE_STALE;
const GUP_KIND = 7;

/** Entries probed in vain, by what they are. */
type Probes = Record<'none' | 'above' | 'below', number>;

/**
 * The task's cache in which find_vma probes as recorded, and so does the second look-up of a page that could not be
 * obtained: by then the first one has stored what it found.
 */
export function deriveVmaCache(facts: Facts): VmaCache {
  const first = facts.call('find_vma');
  const second = secondLookup(facts);
  const kind = first === undefined ? VmaOutcome.CACHE_HIT : first.code & CACHE;
  if (kind === VmaOutcome.CACHE_STALE) return { entries: [], stale: true, index: staleIndex(second) };
  const before = probes(first);
  if (kind === VmaOutcome.CACHE_HIT) return hit(before);
  return miss(before, second === undefined ? probes(undefined) : probes(second));
}

/** A page mapped by PFNMAP, or not obtained: KVM looked its area up again. */
function secondLookup(facts: Facts): RecordedCall | undefined {
  const gup = facts.call('gfn_to_pfn_prot');
  const kind = gup === undefined ? undefined : gup.code & GUP_KIND;
  return kind === GupOutcome.ERROR || kind === GupOutcome.PFNMAP ? gup : undefined;
}

function probes(call: RecordedCall | undefined): Probes {
  return {
    none: call?.q('vma_null_probes') ?? 0,
    above: call?.q('vma_other_probes') ?? 0,
    below: call?.q('vma_probe_below') ?? 0,
  };
}

function total({ none, above, below }: Probes): number {
  return none + above + below;
}

function list({ none, above, below }: Probes): CachedArea[] {
  return [
    ...Array<CachedArea>(none).fill('none'),
    ...Array<CachedArea>(above).fill('above'),
    ...Array<CachedArea>(below).fill('below'),
  ];
}

function hit(before: Probes): VmaCache {
  if (total(before) >= SIZE)
    throw new Contradiction(`find_vma: cache-hit after ${total(before)} probes of ${SIZE}`);
  return { entries: [...list(before), 'served'], stale: false, index: 0 };
}

/** The second look-up meets the entries before the stored one. */
function miss(all: Probes, again: Probes): VmaCache {
  if (total(all) !== SIZE)
    throw new Contradiction(`find_vma: cache-miss after ${total(all)} probes of ${SIZE}`);
  const rest = {
    none: all.none - again.none,
    above: all.above - again.above,
    below: all.below - again.below,
  };
  if (Math.min(rest.none, rest.above, rest.below) < 0 || total(again) >= SIZE) {
    throw new Contradiction('gfn_to_pfn_prot: its look-up probes areas that find_vma did not');
  }
  return { entries: [...list(again), ...list(rest)], stale: false, index: total(again) };
}

function staleIndex(second: RecordedCall | undefined): number {
  const { none, above, below } = probes(second);
  if (above + below > 0 || none >= SIZE) {
    throw new Contradiction('gfn_to_pfn_prot: its look-up probes areas that a cleared cache does not hold');
  }
  return none;
}
