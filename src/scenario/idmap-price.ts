import { ALLOC_NEVER_REFUSES } from '../abi/event.js';
import { KVM_NR_MEM_OBJS } from '../abi/kvm.js';
import {
  addCounts,
  type Build,
  type Counts,
  codeEvents,
  costOf,
  cyclesOf,
  defaultPrices,
  type EventCounts,
  highPrices,
  lowPrices,
  noCounts,
  type PriceTable,
  type Range,
  scaleEvents,
  staticCounts,
  sum,
  sumEvents,
  type Walk,
  walkCalls,
} from '../cost/index.js';
import type { IdmapCounts } from './idmap.js';

/** Cycles of mapping one internal VM on one core; the ends are everything cheap at once, and everything dear. */
export interface IdmapCost {
  core: string;
  clockGhz: number;
  /** Top-ups, lock, page writer and unlock of every page. */
  mapping: Range;
  /** The loop of internal_vm_prep_mem around them, which no build file holds. */
  loopBody: Range;
  /** Cleaning what was mapped to the point of coherency. */
  flush: Range;
  total: Range;
}

export interface IdmapPrice {
  counts: IdmapCounts;
  /** Instructions of the mapping calls by the blocks of the build; the loop around them and the flush are not in it. */
  totals: Counts;
  flushTotals: Counts;
  /** Instructions a page of the loop around the calls. */
  loopInsn: Range;
  cores: IdmapCost[];
}

/** The rest of the about 200 instructions a page that fault-path.md section 3 measured; see src/data/idmap-estimates.json. */
export interface IdmapEstimates {
  loopInsn: Range;
}

/** The part of price tables that instructions of the loop are priced as. */
export const IDMAP_PART = 'idmap';

/** A core to price on; its table has {@link IDMAP_PART}. */
export interface IdmapCore {
  clockGhz: number;
  table: PriceTable;
}

/** What a page does: fill the cache if it must, then take the lock, write the entry, release the lock. */
const FILL_CALLS = ['mmu_topup_memory_cache'];
const WRITE_CALLS = ['_raw_spin_lock', 'stage2_set_pte', '_raw_spin_unlock'];
/** Lines of one page. */
const PAGE_LINES = 64;

/** The same walk, made `times` times. */
interface Counted {
  walk: Walk;
  times: number;
}

/** Prices the counted map under a build that has the patch: what the code counts, without misses of caches and TLBs. */
export function priceIdmap(
  counts: IdmapCounts,
  build: Build,
  cores: readonly IdmapCore[],
  { loopInsn }: IdmapEstimates,
): IdmapPrice {
  const mapping = mappingWalks(counts, build);
  const flush = [{ walk: flushWalk(build), times: counts.pages }];
  return {
    counts,
    totals: totalsOf(mapping, (walk) => walk.totals),
    flushTotals: totalsOf(flush, (walk) => walk.loops),
    loopInsn,
    cores: cores.map(({ clockGhz, table }) => {
      const parts = {
        mapping: rangeOf(() => eventsOf(mapping, table), table),
        loopBody: rangeOf((end) => loopEvents(counts.pages * loopInsn[end]), table),
        flush: rangeOf(() => eventsOf(flush, table), table),
      };
      return { core: table.core, clockGhz, ...parts, total: sum(Object.values(parts)) };
    }),
  };
}

/** The distinct ways a page goes: the cache filled or not; with tables to link above it or without. */
function mappingWalks(counts: IdmapCounts, build: Build): Counted[] {
  const fill = (room: number): Walk => walkCalls(build, FILL_CALLS, pageInput(false, false, room));
  const write = (l1Empty: boolean, l2Empty: boolean): Walk =>
    walkCalls(build, WRITE_CALLS, pageInput(l1Empty, l2Empty, 0));
  // The first fill finds an empty cache; every later one finds the single page below the minimum of two.
  return [
    { walk: fill(KVM_NR_MEM_OBJS), times: 1 },
    { walk: fill(KVM_NR_MEM_OBJS - 1), times: counts.topUps - 1 },
    { walk: fill(0), times: counts.pages - counts.topUps },
    { walk: write(true, true), times: counts.newLevel2 },
    { walk: write(false, true), times: counts.newLevel3 - counts.newLevel2 },
    { walk: write(false, false), times: counts.pages - counts.newLevel3 },
  ];
}

function pageInput(l1Empty: boolean, l2Empty: boolean, room: number) {
  const predicates: [string, boolean][] = [
    ['cache_enough', room === 0],
    ['has_cache', true],
    ['l1_empty', l1Empty],
    ['l2_empty', l2Empty],
    ['l2_is_block', false],
    ['l2_is_table', !l2Empty],
    ['l2_present', !l2Empty],
    ['pte_empty', true],
    ['pte_present', false],
    ['map_logging', false],
    ['pfn_is_device', false],
    ['host_at_el2', false],
  ];
  const quantities = { cache_room: room, alloc_ok: ALLOC_NEVER_REFUSES, map_lines: PAGE_LINES };
  return { predicates: new Map(predicates), quantities, callees: [] };
}

function flushWalk(build: Build): Walk {
  return walkCalls(build, ['__flush_dcache_area'], pageInput(false, false, 0));
}

function totalsOf(walks: readonly Counted[], part: (walk: Walk) => Readonly<Counts>): Counts {
  const totals = noCounts();
  for (const { walk, times } of walks) addCounts(totals, part(walk), times);
  return totals;
}

/** The map makes no hypercall: it replaces nothing. */
const NO_HYPERCALL: EventCounts = new Map();

function eventsOf(walks: readonly Counted[], table: PriceTable): EventCounts {
  return sumEvents(
    walks.map(({ walk, times }) =>
      scaleEvents(codeEvents(staticCounts(walk), NO_HYPERCALL, table), BigInt(times)),
    ),
  );
}

function loopEvents(insn: number): EventCounts {
  return new Map([[`insn:${IDMAP_PART}`, BigInt(Math.round(insn))]]);
}

/** What `events` cost with all default prices, all low ones and all high ones. */
function rangeOf(events: (end: keyof Range) => EventCounts, table: PriceTable): Range {
  const cost = (end: keyof Range, pricesOf: typeof defaultPrices) =>
    cyclesOf(costOf(events(end), pricesOf(table)));
  return { v: cost('v', defaultPrices), lo: cost('lo', lowPrices), hi: cost('hi', highPrices) };
}
