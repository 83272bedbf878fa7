import type { Build, CoreProfile, KernelClass, KernelTable, Range } from '../cost/index.js';
import type { Geometry } from '../kvm/index.js';
import type { ComparisonCore } from './comparison/run.js';
import { idmapTablePages, runIdmap } from './idmap.js';
import type { IdmapCounts } from './idmap-counts.js';
import type { IdmapPolicy } from './idmap-policy.js';
import { type IdmapCost, type IdmapInstructions, priceIdmap } from './idmap-price.js';
import { type TlbNeed, tlbNeed } from './idmap-tlb.js';

/** A core to map on. */
export interface MappingCore extends Pick<ComparisonCore, 'table' | 'clockGhz' | 'estimated' | 'geometry'> {
  /** TLBs of its profile: how many entries the map takes of them. */
  tlb: CoreProfile['tlb'];
  /** The kernel knows FEAT_S2FWB and the core has it: nothing is cleaned. */
  skipsFlush: boolean;
}

/** A compared core as a kernel of this class maps on it. */
export function mappingCore(
  core: ComparisonCore,
  { name, tlb }: CoreProfile,
  kernel: KernelClass,
  { fwb }: KernelTable,
): MappingCore {
  // A kernel that does more without FWB knows it.
  const knowsFwb = [...kernel.kinds.values()].some(({ noFwb }) => noFwb.length > 0);
  const { table, clockGhz, estimated, geometry } = core;
  return { table, clockGhz, estimated, geometry, tlb, skipsFlush: knowsFwb && fwb.has(name) };
}

/** Code and estimates that maps are priced by. */
export interface MappingCode {
  /** One that has the patch. */
  build: Build;
  /** Of the code that no build file holds. */
  estimates: IdmapInstructions;
}

/** What a map comes to on one core. */
export interface CoreMap extends IdmapCost {
  /** Milliseconds of the total at the clock of the core. */
  ms: Range;
  /** What the map takes of its second-level TLB. */
  tlb: TlbNeed;
  /** Its kernel cleans nothing: `flush` is 0. */
  skipsFlush: boolean;
}

/** One internal VM, mapped one way. */
export interface IdmapMap {
  /** What the emulator counted. */
  counts: IdmapCounts;
  /** Instructions a page of the granule. */
  insn: {
    /** Of the mapping calls, by the blocks of the build. */
    mapping: number;
    /** Of the code around them, which no build file holds. */
    loopBody: Range;
    /** Of the flush, by the blocks of the build. */
    flush: number;
  };
  /** Those that have the granule. */
  cores: CoreMap[];
  /** Cores without the granule. */
  without: string[];
}

/** Every map that is made: each size with each granule under each policy. */
export interface IdmapPlan {
  /** Bytes of guest memory. */
  sizes: readonly bigint[];
  /** log2 of the pages, in bytes: 12, 14 or 16. */
  granules: readonly Geometry['granuleShift'][];
  /** Which entries map the memory. */
  policies: readonly IdmapPolicy[];
}

/** Maps every size with every granule under every policy in the emulator, one after another, and prices it. */
export function compareIdmap(
  { sizes, granules, policies }: IdmapPlan,
  cores: readonly MappingCore[],
  code: MappingCode,
): IdmapMap[] {
  return granules.flatMap((granuleShift) =>
    sizes.flatMap((bytes) =>
      policies.map((policy) => priceMap(runIdmap(bytes, { policy, granuleShift }), cores, code)),
    ),
  );
}

/** Bytes of table pages that the largest machine of the plan holds. */
export function idmapTableBytes({ sizes, granules, policies }: IdmapPlan): number {
  const each = granules.flatMap((granuleShift) =>
    sizes.flatMap((bytes) =>
      policies.map((policy) => idmapTablePages(bytes, { policy, granuleShift }) * 2 ** granuleShift),
    ),
  );
  return Math.max(...each);
}

/** What a counted map costs on the cores that have its granule. */
export function priceMap(
  counts: IdmapCounts,
  cores: readonly MappingCore[],
  { build, estimates }: MappingCode,
): IdmapMap {
  const needs = cores.map(({ tlb }) => tlbNeed(counts.levels, counts.granuleShift, tlb));
  const able = cores.filter((_, i) => needs[i] !== undefined);
  const price = priceIdmap(counts, build, able, estimates);
  const tlbs = needs.filter((need) => need !== undefined);
  const each = (insn: number) => (counts.pages === 0 ? 0 : insn / counts.pages);
  return {
    counts,
    insn: {
      mapping: each(price.totals.insn),
      loopBody: price.loopInsn,
      flush: each(price.flushTotals.insn),
    },
    cores: price.cores.map((cost, i) => ({
      ...cost,
      ms: milliseconds(cost),
      tlb: tlbs[i] as TlbNeed,
      skipsFlush: able[i]?.skipsFlush ?? false,
    })),
    without: cores.filter((core) => !able.includes(core)).map(({ table }) => table.core),
  };
}

function milliseconds({ total: { v, lo, hi }, clockGhz }: IdmapCost): Range {
  const cycles = clockGhz * 1e6;
  return { v: v / cycles, lo: lo / cycles, hi: hi / cycles };
}
