import { samplePriceMatrix } from '../../cost/index.js';
import { compareBuilds } from '../../scenario/compare.js';
import { rank } from '../../scenario/comparison/distribution.js';
import { type Experiment, experimentOf, statePair } from '../../scenario/comparison/experiment.js';
import { type FollowedCounts, Follower } from '../../scenario/comparison/follow.js';
import { priceGroup, sumGroups } from '../../scenario/comparison/paired.js';
import { PHASES } from '../../scenario/comparison/placements.js';
import {
  type ComparedCore,
  type ComparisonCore,
  compareOn,
  type Follow,
} from '../../scenario/comparison/run.js';
import type { State } from '../../scenario/comparison/state.js';
import { coreVerdict } from '../../scenario/comparison/verdict.js';
import type { CompareAnswer, CompareQuery, Quantiles, SourcedPrice } from '../compare/types.js';
import { loadCapture } from './capture.js';
import { pageData } from './data.js';
import type { Handler } from './protocol.js';

const MICROCYCLES = 1e6;

let kept: { key: string; experiment: Experiment } | undefined;

/** Compares a variant with its base on one core. */
export const compare: Handler<'compare'> = async (query: CompareQuery, report): Promise<CompareAnswer> => {
  const data = await pageData(query.data, query.profile);
  const capture = await loadCapture(query.capture, data, report);
  const { config, variant, faults, contention, states } = query;
  const builds = [data.build(`${config}-base`), data.build(`${config}-${variant}`)] as const;
  const key = [capture.key, config, variant, faults, contention].join(' ');
  if (kept?.key !== key) {
    const sampled = { faults, contention };
    kept = { key, experiment: experimentOf(capture.trace, builds, data.accesses, data.guest, sampled) };
  }
  const { experiment } = kept;
  const core = data.core(query.core, query.kernel);
  const what = `${variant} on ${query.core}`;
  const total = query.placements * states.length + PHASES.length;
  let done = 0;
  const counted: FollowedCounts[][] = [];
  const follow: Follow = async (job, placements) => {
    const follower = new Follower(job);
    const counts = placements.map((placement) => {
      const found = follower.at(placement);
      report({ what, part: ++done / total });
      return found;
    });
    counted.push(counts);
    return counts;
  };
  const compared = await compareOn(core, experiment, { ...query, methods: data.methods }, follow);
  // compareOn follows the null run first, then the states in their order.
  const [, first = []] = counted;
  const { compiler, flags } = builds[0];
  const configs = [{ id: config, base: builds[0], variants: [builds[1]] }];
  const [row] = compareBuilds(capture.replay.paths, configs, data.sites).configs[0]?.variants ?? [];
  if (row === undefined) throw new Error(`${variant}: no counts`);
  return {
    variant,
    words: builds[1].variantWords,
    compiler: `${compiler} ${flags}`,
    compared,
    ...curvesOf(experiment, core, states[0] as State, first, query),
    counts: row.all,
    verdict: coreVerdict(compared),
    prices: pricesOf(core, compared),
    profile: data.fileOf(query.core),
  };
};

/** What the events of the comparison are priced by, in the order of their names. */
function pricesOf({ table }: ComparisonCore, { states }: ComparedCore): SourcedPrice[] {
  const events = new Set(states.flatMap((state) => state.events.map(({ event }) => event)));
  return [...events].sort().flatMap((event): SourcedPrice[] => {
    const price = table.prices.get(event);
    if (price === undefined) return [];
    const { v, lo, hi, unit, conf, src } = price;
    return [{ event, v, lo, hi, unit, conf, source: src.join('; ') }];
  });
}

/** The distributions behind the figures of a state: what is added, and what moving the code alone does. */
function curvesOf(
  experiment: Experiment,
  core: ComparisonCore,
  state: State,
  counted: readonly FollowedCounts[],
  { seed, samples: n }: CompareQuery,
): { added: Quantiles; floor: Quantiles } {
  const samples = samplePriceMatrix(core.table, seed, n);
  const { groups } = statePair(experiment, core, state, counted);
  const { base, variant, faults } = sumGroups(groups.map((group) => priceGroup(group, samples)));
  const perFault = (total: bigint): number => Number(total) / (faults * MICROCYCLES);
  const added = Float64Array.from(base, (cost, i) => perFault((variant[i] as bigint) - cost));
  const floor = Float64Array.from(base, (cost, i) =>
    perFault((base[(i + n) % base.length] as bigint) - cost),
  );
  return { added: quantilesOf(added), floor: quantilesOf(floor) };
}

/** Quantiles of nearest rank, 0 to 100; the values are sorted in place. */
function quantilesOf(values: Float64Array): number[] {
  values.sort();
  return Array.from({ length: 101 }, (_, percent) => values[rank(percent, values.length)] as number);
}
