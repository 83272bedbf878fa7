import type { PriceMatrix } from '../../cost/index.js';
import { perFault } from './distribution.js';
import type { FollowJob } from './follow.js';
import { priceGroup, sumGroups } from './paired.js';
import type { StatePair } from './types.js';

/** The base against itself at the same placements under the same prices: it must come to nothing. */
export interface NullRun {
  /** How many were compared. */
  placements: number;
  /** Of the trace, at each placement. */
  faults: number;
  /** Largest difference of any pair, in cycles a fault. */
  largest: number;
}

/** Follows the base twice. */
export function nullJob(job: FollowJob): FollowJob {
  const base = job.builds[0] ?? [];
  return { ...job, builds: [base, base] };
}

/** `pair` is of a null job; what the paths fix is left to the base. */
export function nullRunOf({ groups }: StatePair, samples: PriceMatrix): NullRun {
  const same = groups.map((group) => ({ ...group, variant: { ...group.variant, fixed: group.base.fixed } }));
  const { base, variant, faults } = sumGroups(same.map((group) => priceGroup(group, samples)));
  const differences = [...base].map((cost, i) => Math.abs(perFault((variant[i] as bigint) - cost, faults)));
  return {
    placements: groups[0]?.base.placed.length ?? 0,
    faults,
    largest: differences.reduce((a, b) => Math.max(a, b), 0),
  };
}
