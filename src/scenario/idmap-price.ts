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
import type { IdmapCounts } from './idmap-counts.js';

/** Cycles of mapping one internal VM on one core; the ends are everything cheap at once, and everything dear. */
export interface IdmapCost {
  /** Name of its profile. */
  core: string;
  /** In GHz, of its profile. */
  clockGhz: number;
  /** What the blocks of the build do: as posted top-ups, lock, page writer; else allocations and lock. And barriers. */
  mapping: Range;
  /** The code around that, which no build file holds. */
  loopBody: Range;
  /** Cleaning what was mapped to the point of coherency; 0 on a core whose kernel need not. */
  flush: Range;
  /** Of the three together. */
  total: Range;
}

/** A counted map with its instructions, and its cycles on each core. */
export interface IdmapPrice {
  /** What was priced. */
  counts: IdmapCounts;
  /** Of the mapping calls, by the blocks of the build; the code around them and the flush are not in it. */
  totals: Counts;
  /** Of the flush, by the blocks of the build. */
  flushTotals: Counts;
  /** Instructions a page of the code around the calls. */
  loopInsn: Range;
  /** In the order they were given. */
  cores: IdmapCost[];
}

/** Instructions that the builds do not hold; see src/data/idmap-estimates.json. */
export interface IdmapInstructions {
  /** A page as posted: the loop around the calls of internal_vm_prep_mem. */
  loopInsn: Range;
  /** A leaf entry under the other policies. */
  entryInsn: Range;
  /** A table page under the other policies. */
  tableInsn: Range;
}

/** The part of price tables that instructions outside the build are priced as. */
export const IDMAP_PART = 'idmap';

/** A core to price on; its table has {@link IDMAP_PART}. */
export interface IdmapCore {
  /** In GHz, of its profile. */
  clockGhz: number;
  /** What each event costs. */
  table: PriceTable;
  /** The kernel knows that the core has FEAT_S2FWB, and cleans nothing. Default false. */
  skipsFlush?: boolean;
}

/** What a page does as posted: fill the cache if it must, then take the lock, write the entry, release the lock. */
const FILL_CALLS = ['mmu_topup_memory_cache'];
const LOCK_CALLS = ['_raw_spin_lock', '_raw_spin_unlock'];
const WRITE_CALLS = ['_raw_spin_lock', 'stage2_set_pte', '_raw_spin_unlock'];

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
  estimates: IdmapInstructions,
): IdmapPrice {
  const posted = counts.policy === 'asPosted';
  const mapping = posted ? postedWalks(counts, build) : reservedWalks(counts, build);
  // As posted the barriers are in the blocks of the build.
  const barriers = posted ? NO_EVENTS : barrierEvents(counts);
  const flush = flushWalks(counts, build);
  const loopInsn = loopInsnOf(counts, estimates);
  return {
    counts,
    totals: totalsOf(mapping, (walk) => walk.totals),
    flushTotals: totalsOf(flush, (walk) => walk.loops),
    loopInsn,
    cores: cores.map(({ clockGhz, table, skipsFlush }) => {
      const parts = {
        mapping: rangeOf(() => sumEvents([eventsOf(mapping, table), barriers]), table),
        loopBody: rangeOf((end) => loopEvents(counts.pages * loopInsn[end]), table),
        flush: rangeOf(() => (skipsFlush ? NO_EVENTS : eventsOf(flush, table)), table),
      };
      return { core: table.core, clockGhz, ...parts, total: sum(Object.values(parts)) };
    }),
  };
}

/** As posted: the distinct ways a page goes, the cache filled or not, with tables to link above it or without. */
function postedWalks(counts: IdmapCounts, build: Build): Counted[] {
  const write = (l1Empty: boolean, l2Empty: boolean): Walk =>
    walkCalls(build, WRITE_CALLS, mapInput({ l1Empty, l2Empty }));
  // A fill finds an empty cache or a single page, which is below the minimum of two; together they took so many pages.
  const single = KVM_NR_MEM_OBJS * counts.topUps - counts.pagesToppedUp;
  return [
    { walk: fill(build, KVM_NR_MEM_OBJS), times: counts.topUps - single },
    { walk: fill(build, KVM_NR_MEM_OBJS - 1), times: single },
    { walk: fill(build, 0), times: counts.pages - counts.topUps },
    { walk: write(true, true), times: counts.newLevel2 },
    { walk: write(false, true), times: counts.newLevel3 - counts.newLevel2 },
    { walk: write(false, false), times: counts.pages - counts.newLevel3 },
  ];
}

/**
 * The table pages are taken from the allocator in lots, one for each map or of the size of a cache; then the lock is
 * taken and released. What a lot costs is linear in its pages, so only their sum and the number of lots matter.
 */
function reservedWalks({ tablePages, locks }: IdmapCounts, build: Build): Counted[] {
  const lots = Math.max(Math.min(locks, tablePages), Math.ceil(tablePages / KVM_NR_MEM_OBJS));
  const each = lots === 0 ? 0 : Math.floor(tablePages / lots);
  const more = tablePages - each * lots;
  return [
    { walk: fill(build, each), times: lots - more },
    { walk: fill(build, each + 1), times: more },
    { walk: walkCalls(build, LOCK_CALLS, mapInput()), times: locks },
  ];
}

function fill(build: Build, room: number): Walk {
  return walkCalls(build, FILL_CALLS, mapInput({ room }));
}

function barrierEvents({ dsb, isb }: IdmapCounts): EventCounts {
  return new Map([
    ['dsb', BigInt(dsb)],
    ['isb', BigInt(isb)],
  ]);
}

/** Instructions a page of the code that no build file holds. */
function loopInsnOf(counts: IdmapCounts, { loopInsn, entryInsn, tableInsn }: IdmapInstructions): Range {
  if (counts.policy === 'asPosted') return { v: loopInsn.v, lo: loopInsn.lo, hi: loopInsn.hi };
  const { leaves, tablePages, pages } = counts;
  if (pages === 0) return { v: 0, lo: 0, hi: 0 };
  const at = (end: keyof Range) => (leaves * entryInsn[end] + tablePages * tableInsn[end]) / pages;
  return { v: at('v'), lo: at('lo'), hi: at('hi') };
}

/** What the calls find: a cache with `room` to fill, tables above an empty entry or none, `lines` to clean. */
function mapInput({ l1Empty = false, l2Empty = false, room = 0, lines = 0 } = {}) {
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
  const quantities = { cache_room: room, alloc_ok: ALLOC_NEVER_REFUSES, map_lines: lines };
  return { predicates: new Map(predicates), quantities, callees: [] };
}

/** The calls of the flush. What a call costs is linear in its lines, so only their sum matters. */
function flushWalks({ flushCalls, flushedLines }: IdmapCounts, build: Build): Counted[] {
  if (flushCalls === 0) return [];
  const clean = (lines: number): Walk => walkCalls(build, ['__flush_dcache_area'], mapInput({ lines }));
  const each = Math.floor(flushedLines / flushCalls);
  const last = flushedLines - each * (flushCalls - 1);
  return [
    { walk: clean(each), times: flushCalls - 1 },
    { walk: clean(last), times: 1 },
  ];
}

function totalsOf(walks: readonly Counted[], part: (walk: Walk) => Readonly<Counts>): Counts {
  const totals = noCounts();
  for (const { walk, times } of walks) addCounts(totals, part(walk), times);
  return totals;
}

const NO_EVENTS: EventCounts = new Map();

/** The map makes no hypercall: it replaces nothing. */
function eventsOf(walks: readonly Counted[], table: PriceTable): EventCounts {
  return sumEvents(
    walks.map(({ walk, times }) =>
      scaleEvents(codeEvents(staticCounts(walk), NO_EVENTS, table), BigInt(times)),
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
