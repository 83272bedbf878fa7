import { addCounts, type Counts, type FaultSignature, noCounts, type Walk } from '../cost/index.js';

/** Means over the faults of a group. */
export interface GroupCounts {
  /** Such as "translation write: MAPPED_PAGE"; "all faults" for the whole run. */
  group: string;
  /** Of the group. */
  faults: number;
  /** Counts of one fault in the base build, cache loops apart. */
  base: Counts;
  /** What the variant adds to that; may be negative. */
  added: Counts;
}

/** A distinct fault signature, how many faults had it, and the group they are reported in. */
export interface Path {
  signature: FaultSignature;
  count: number;
  group: string;
}

/** A distinct fault followed through the base and through a variant. */
export interface Pair {
  path: Path;
  from: Walk;
  to: Walk;
}

/** Means over the faults of `pairs`. */
export function groupCounts(group: string, pairs: readonly Pair[]): GroupCounts {
  const faults = pairs.reduce((n, { path }) => n + path.count, 0);
  const base = noCounts();
  const added = noCounts();
  for (const { path, from, to } of pairs) {
    addCounts(base, from.totals, path.count / faults);
    addCounts(added, to.totals, path.count / faults);
    addCounts(added, from.totals, -path.count / faults);
  }
  return { group, faults, base, added };
}
