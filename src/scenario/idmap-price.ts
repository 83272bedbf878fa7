import { ALLOC_NEVER_REFUSES } from '../abi/event.js';
import { KVM_NR_MEM_OBJS } from '../abi/kvm.js';
import {
  addCounts,
  type Build,
  type CostModel,
  type Counts,
  noCounts,
  priceCode,
  pricedCores,
  type Range,
  scale,
  sum,
  type Walk,
  walkCalls,
} from '../cost/index.js';
import type { IdmapCounts } from './idmap.js';

/** Cycles of mapping one internal VM on one core. */
export interface IdmapCost {
  core: string;
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

/** Prices the counted map under a build that has the patch. */
export function priceIdmap(
  counts: IdmapCounts,
  build: Build,
  model: CostModel,
  estimates: IdmapEstimates,
): IdmapPrice {
  const mapping = mappingWalks(counts, build);
  const flush = [{ walk: flushWalk(build), times: counts.pages }];
  const cores = pricedCores(model).map((core) => idmapCost(core, counts, mapping, flush, model, estimates));
  return {
    counts,
    totals: totalsOf(mapping, (walk) => walk.totals),
    flushTotals: totalsOf(flush, (walk) => walk.loops),
    loopInsn: estimates.loopInsn,
    cores,
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

function idmapCost(
  core: string,
  counts: IdmapCounts,
  mapping: readonly Counted[],
  flush: readonly Counted[],
  model: CostModel,
  { loopInsn }: IdmapEstimates,
): IdmapCost {
  const price = (walks: readonly Counted[]): Range =>
    sum(walks.map(({ walk, times }) => scale(priceCode(walk, core, model).total, times)));
  const perInsn = model.calibration.cores.get(core)?.cyclesPerInsn ?? { v: 1, lo: 1, hi: 1 };
  const loopBody = {
    v: counts.pages * loopInsn.v * perInsn.v,
    lo: counts.pages * loopInsn.lo * perInsn.lo,
    hi: counts.pages * loopInsn.hi * perInsn.hi,
  };
  const parts = { mapping: price(mapping), loopBody, flush: price(flush) };
  return { core, ...parts, total: sum(Object.values(parts)) };
}
