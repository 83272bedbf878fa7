import type { TlbProfile } from '../cost/index.js';
import type { LevelCensus } from '../kvm/index.js';

/** Entries of one size that a map takes in a TLB. */
export interface TlbEntries {
  /** Bytes that one covers. */
  bytes: number;
  /** How many entries. */
  count: number;
}

/** What a map takes of the second-level TLB of a core, if stage 1 maps with pages at least as large. */
export interface TlbNeed {
  /** Entries that cover the whole map on a core that makes one of a contiguous set. */
  entries: number;
  /** Entries that cover it on a core that does not. */
  withoutHint: number;
  /** `entries` by size, the largest first. */
  sizes: TlbEntries[];
  /** Entries the TLB has. */
  capacity: number;
  /** Bytes of the map that it covers at most at a time. */
  reach: number;
  /** Their part of the map, 0 to 1. */
  part: number;
  /** False where the profile does not say which sizes entries have: each leaf is then taken to fit one. */
  sizesKnown: boolean;
}

/** A part of a map, all of whose leaves are alike. */
interface Span {
  /** Bytes that one entry may cover. */
  unit: number;
  bytes: number;
}

/** The entries that the leaves need; undefined where the core has no entries of the granule, so not the granule. */
export function tlbNeed(
  levels: readonly LevelCensus[],
  granuleShift: number,
  { stlb, stlbSizes }: TlbProfile,
): TlbNeed | undefined {
  const held = stlbSizes?.bytes;
  if (held !== undefined && !held.includes(2 ** granuleShift)) return undefined;
  const sizes = entriesOf(spansOf(levels, true), held);
  const total = sizes.reduce((sum, { bytes, count }) => sum + bytes * count, 0);
  const reach = reachOf(sizes, stlb.entries.v);
  return {
    entries: countOf(sizes),
    withoutHint: countOf(entriesOf(spansOf(levels, false), held)),
    sizes,
    capacity: stlb.entries.v,
    reach,
    part: total === 0 ? 1 : reach / total,
    sizesKnown: held !== undefined,
  };
}

function spansOf(levels: readonly LevelCensus[], hint: boolean): Span[] {
  return levels.flatMap(({ leafBytes, setBytes, leaves, contiguous }) => {
    const sets = hint ? contiguous : 0;
    return [
      { unit: leafBytes, bytes: (leaves - sets) * leafBytes },
      { unit: setBytes, bytes: sets * leafBytes },
    ];
  });
}

/** A unit goes into the largest entries that are not larger than it. */
function entriesOf(spans: readonly Span[], held: readonly number[] | undefined): TlbEntries[] {
  const counts = new Map<number, number>();
  for (const { unit, bytes } of spans) {
    if (bytes === 0) continue;
    const size = held?.filter((entry) => entry <= unit).at(-1) ?? unit;
    counts.set(size, (counts.get(size) ?? 0) + bytes / size);
  }
  return [...counts].map(([bytes, count]) => ({ bytes, count })).sort((a, b) => b.bytes - a.bytes);
}

function countOf(sizes: readonly TlbEntries[]): number {
  return sizes.reduce((sum, { count }) => sum + count, 0);
}

function reachOf(sizes: readonly TlbEntries[], capacity: number): number {
  let [left, reach] = [capacity, 0];
  for (const { bytes, count } of sizes) {
    const used = Math.min(left, count);
    reach += used * bytes;
    left -= used;
  }
  return reach;
}
