import { costMatrix, type EventCounts, type PriceMatrix } from '../../cost/index.js';
import { type Distribution, distributionOf, perFault } from './distribution.js';

/** What the base made happen on the faults of one path that were followed, at all placements together. */
export interface FollowedPath {
  /** Of the trace: those followed stand for them. */
  faults: number;
  /** Whether the variant executes other code on it than the base. */
  reaches: boolean;
  /** Faults followed, times placements. */
  runs: number;
  /** Of all runs. */
  events: EventCounts;
}

/**
 * The median fault: half of the faults cost at most as much, each what its path costs on average over the placements.
 * Over the price samples.
 */
export function typicalFault(paths: readonly FollowedPath[], prices: PriceMatrix): Distribution {
  const { samples } = prices;
  const totals = costMatrix(
    paths.map(({ events }) => events),
    prices,
  );
  const medians = Float64Array.from({ length: samples }, (_, sample) =>
    medianFault(
      paths.map(({ faults, runs }, path) => ({
        faults,
        cycles: perFault(totals[path * samples + sample] as bigint, runs),
      })),
    ),
  );
  return distributionOf(medians);
}

/** Of nearest rank. */
function medianFault(costs: { faults: number; cycles: number }[]): number {
  costs.sort((a, b) => a.cycles - b.cycles);
  let left = costs.reduce((n, { faults }) => n + faults, 0) / 2;
  const median = costs.find(({ faults }) => {
    left -= faults;
    return left <= 0;
  });
  return median?.cycles ?? 0;
}
