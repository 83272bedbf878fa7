import {
  type CoreProfile,
  type CostSources,
  estimatedSystemText,
  geometryOf,
  KERNEL_PARTS,
  type KernelClass,
  kernelPrices,
  type Method,
  priceTable,
  samplePriceMatrix,
} from '../../cost/index.js';
import { IDMAP_PART } from '../idmap-price.js';
import { type CoreComparison, compareCore } from './core.js';
import { type Experiment, type ExperimentCore, followJob, statePair } from './experiment.js';
import { type FollowedCounts, Follower, type FollowJob } from './follow.js';
import { kernelEvents } from './kernel-events.js';
import { type NullRun, nullJob, nullRunOf } from './null-run.js';
import { PHASES, type Placement, placementsOf } from './placements.js';
import type { State } from './state.js';

/** One core to compare on. */
export interface ComparisonCore extends ExperimentCore {
  /** In GHz, of its profile. */
  clockGhz: number;
  /** Says that the system costs of the core are only estimated; undefined if they are not. */
  estimated: string | undefined;
}

/** How much is compared: states, placements of code and data, samples of the prices. */
export interface ComparisonPlan {
  /** The first is the one that what is said of a core as a whole is about. */
  states: readonly State[];
  /** How many, one at least: code and data lie elsewhere in each. */
  placements: number;
  /** Draws of all prices from their ranges, one at least; each is made at every placement. */
  samples: number;
  /** What placements and prices are drawn from. */
  seed: number;
  /** Ways to measure on hardware, of which the result says whether they see the addition. */
  methods: readonly Method[];
}

/** Follows a job at placements, in their order; in this thread or elsewhere. */
export type Follow = (job: FollowJob, placements: readonly Placement[]) => Promise<FollowedCounts[]>;

const followHere: Follow = async (job, placements) => {
  const follower = new Follower(job);
  return placements.map((placement) => follower.at(placement));
};

/** A core as a kernel of this class sees it. */
export function comparisonCore(
  profile: CoreProfile,
  kernel: KernelClass,
  { estimates, calibration, kernels, worldSwitch }: CostSources,
): ComparisonCore {
  const clockGhz = profile.clock.v;
  const table = priceTable(profile, { estimates, calibration, parts: [...KERNEL_PARTS, IDMAP_PART] });
  return {
    geometry: geometryOf(profile),
    table: kernelPrices(table, kernels, { inOrder: profile.inOrder, clockGhz }),
    kernel: kernelEvents(kernel, worldSwitch),
    clockGhz,
    estimated: estimatedSystemText(profile),
  };
}

/** The comparison of one core, with its null run. */
export interface ComparedCore extends CoreComparison {
  /** In the first state, at four placements at most. */
  nullRun: NullRun;
}

/** Compares on one core. Nothing but the arguments decides the result. */
export async function compareOn(
  core: ComparisonCore,
  experiment: Experiment,
  plan: ComparisonPlan,
  follow: Follow = followHere,
): Promise<ComparedCore> {
  const placements = placementsOf(plan.placements, plan.seed);
  const [first] = plan.states as [State];
  const nulls = follow(nullJob(followJob(experiment, core, first)), placements.slice(0, PHASES.length));
  const counted = plan.states.map((state) => follow(followJob(experiment, core, state), placements));
  const pairs = await Promise.all(
    counted.map(async (counts, i) => statePair(experiment, core, plan.states[i] as State, await counts)),
  );
  const samples = samplePriceMatrix(core.table, plan.seed, plan.samples);
  const { clockGhz, estimated, table } = core;
  return {
    ...compareCore({ clockGhz, estimated, table, samples }, pairs, plan.methods),
    nullRun: nullRunOf(statePair(experiment, core, first, await nulls), samples),
  };
}
