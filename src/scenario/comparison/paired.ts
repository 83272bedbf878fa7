import { costMatrix, type PriceMatrix } from '../../cost/index.js';
import { cyclesPerFault, type Distribution, distributionOf, perFault } from './distribution.js';
import { standardError } from './standard-error.js';
import type { GroupEvents, GroupPair, PairedCost } from './types.js';

/** Exact microcycles of all faults of a group, by placement and in it by price sample. */
export interface PricedGroup {
  group: string;
  faults: number;
  /** Of them, those that reach the changed code. */
  reaching: number;
  base: BigInt64Array;
  variant: BigInt64Array;
}

/** A mean lies within so many standard errors of that of all draws, 95 times in 100 where there are many. */
const STANDARD_ERRORS = 2;

const ALL_FAULTS = 'all faults';

/** Prices both builds under the same samples. */
export function priceGroup(pair: GroupPair, prices: PriceMatrix): PricedGroup {
  const { group, faults, reaching } = pair;
  return {
    group,
    faults,
    reaching,
    base: totalsOf(pair.base, prices),
    variant: totalsOf(pair.variant, prices),
  };
}

function totalsOf({ fixed, placed }: GroupEvents, prices: PriceMatrix): BigInt64Array {
  const { samples } = prices;
  const same = costMatrix([fixed], prices);
  return costMatrix(placed, prices).map((cost, i) => cost + (same[i % samples] as bigint));
}

/** The whole trace: the sum of its groups, pair by pair. */
export function sumGroups(groups: readonly PricedGroup[]): PricedGroup {
  const pairs = groups[0]?.base.length ?? 0;
  const all = {
    group: ALL_FAULTS,
    faults: groups.reduce((n, { faults }) => n + faults, 0),
    reaching: groups.reduce((n, { reaching }) => n + reaching, 0),
    base: new BigInt64Array(pairs),
    variant: new BigInt64Array(pairs),
  };
  for (const { base, variant } of groups) {
    for (let i = 0; i < pairs; i++) {
      all.base[i] = (all.base[i] as bigint) + (base[i] as bigint);
      all.variant[i] = (all.variant[i] as bigint) + (variant[i] as bigint);
    }
  }
  return all;
}

/** Base, added and percent over all pairs; `samples` of them at each placement. */
export function pairedCost(priced: PricedGroup, samples: number): PairedCost {
  const { group, faults, reaching, base, variant } = priced;
  const totals = base.map((cost, i) => (variant[i] as bigint) - cost);
  const percent = Float64Array.from(totals, (cost, i) => (100 * Number(cost)) / Number(base[i]));
  const cycles = Float64Array.from(totals, (total) => perFault(total, faults));
  const uncertainty = STANDARD_ERRORS * standardError(cycles, samples);
  const added = cyclesPerFault(totals, faults);
  const moved = layoutNoise(priced, samples);
  return {
    group,
    faults,
    reaching,
    base: cyclesPerFault(base.slice(), faults),
    added,
    uncertainty,
    percent: distributionOf(percent),
    layoutNoise: moved,
    told: Math.abs(added.mean) > uncertainty && (added.mean < moved.p5 || added.mean > moved.p95),
  };
}

/**
 * The base against itself at the next placement, under the same prices: what moving the code alone does to the cycles
 * of a fault. A change below the width of this cannot be told from a change of the layout.
 */
export function layoutNoise({ faults, base }: PricedGroup, samples: number): Distribution {
  const moved = base.map((cost, i) => (base[(i + samples) % base.length] as bigint) - cost);
  return cyclesPerFault(moved, faults);
}
