import { Event } from '../abi/event.js';
import { Site } from '../abi/site.js';
import { type LevelCensus, takeCensus, type Vm } from '../kvm/index.js';
import type { IdmapPolicy } from './idmap-policy.js';

/** What mapping the slots of one internal VM came to: events that the core counted, and what its tables hold then. */
export interface IdmapCounts {
  /** Which entries map the memory. */
  policy: IdmapPolicy;
  /** Of all slots together. */
  bytes: bigint;
  /** log2 of a page. */
  granuleShift: number;
  /** Pages of the granule mapped, by whatever entries. */
  pages: number;
  /** As posted: pages whose level-3 table had to be linked first. */
  newLevel3: number;
  /** Of these, those that needed a level-2 table too. */
  newLevel2: number;
  /** As posted: times the cache was filled. */
  topUps: number;
  /** As posted: table pages that the cache took from the allocator. */
  pagesToppedUp: number;
  /** Table pages in use beside the root. */
  tablePages: number;
  /** Table pages left in the local cache, which nobody frees. */
  leaked: number;
  /** Leaf entries. */
  leaves: number;
  /** All entries written, those that link tables included. */
  entriesWritten: number;
  /** DSB of the map itself. */
  dsb: number;
  /** ISB of the map itself. */
  isb: number;
  /** Times mmu_lock was taken to map; the flush that follows takes it once more. */
  locks: number;
  /** Calls of __flush_dcache_area by the flush, each with a DSB. */
  flushCalls: number;
  /** Lines that they clean and invalidate to PoC. */
  flushedLines: number;
  /** The tables, level by level. */
  levels: LevelCensus[];
}

/** Counts of a VM whose machine has done nothing else since it was made or its counts were reset. */
export function idmapCounts(vm: Vm, policy: IdmapPolicy, bytes: bigint): IdmapCounts {
  const { machine } = vm;
  const count = (event: Event): number => machine.eventCount(event);
  const flushCalls = count(Event.FLUSH_DCACHE_AREA);
  const events = {
    newLevel3: machine.siteCounts(Site.P3)[1],
    newLevel2: machine.siteCounts(Site.G2)[1],
    topUps: machine.siteCounts(Site.C1)[0],
    pagesToppedUp: count(Event.PAGES_TOPPED_UP),
    entriesWritten: count(Event.DESC_WRITE),
    dsb: count(Event.DSB) - flushCalls,
    isb: count(Event.ISB),
    locks: count(Event.LOCK),
    flushCalls,
    flushedLines: count(Event.DC_CIVAC_LINE),
  };
  const levels = takeCensus(vm);
  const total = (of: 'tables' | 'leaves') => levels.reduce((sum, level) => sum + level[of], 0);
  const { granuleShift } = vm.geometry;
  const tablePages = total('tables');
  return {
    policy,
    bytes,
    granuleShift,
    pages: levels.reduce((sum, { leaves, leafBytes }) => sum + leaves * (leafBytes / 2 ** granuleShift), 0),
    tablePages,
    leaked: machine.tablePages - machine.freeTablePages - tablePages,
    leaves: total('leaves'),
    ...events,
    levels,
  };
}
