import { FAULT_SIZEOF } from '../../abi/fault-log.js';
import {
  CostError,
  defaultPrices,
  type Program,
  useNearestOutcomes,
  type Walk,
  walkBuild,
} from '../../cost/index.js';
import { type Experiment, type ExperimentCore, followJob } from './experiment.js';
import { stepsOf } from './fault-steps.js';
import { Follower, type FollowJob } from './follow.js';
import type { LoggedPath } from './logged-trace.js';
import type { Placement } from './placements.js';
import type { FaultSample } from './sample.js';
import { type State, stateText } from './state.js';
import { segmentsOf } from './steps.js';
import { type FaultTimeline, Profiler, type Step, type StepProfile } from './timeline.js';

/** The build whose faults are shown: the variant. */
const SHOWN = 1;
/** Faults before the one that is shown, which leave caches and predictors as it finds them. */
const BEFORE = 64;

/** Where the cycles of all faults go at default prices, at one placement: each fault of the sample stands for its share. */
export function profileFaults(
  experiment: Experiment,
  core: ExperimentCore,
  state: State,
  placement: Placement,
): StepProfile[] {
  const job = followJob(experiment, core, state);
  const priced = pricedSteps(experiment, core);
  const profiler = new Profiler();
  const weights = weightsOf(job, experiment);
  new Follower(job).trace(SHOWN, placement, (fault, counted) => {
    profiler.add(priced(job.programs[fault] as number, counted), weights[fault] as number);
  });
  return profiler.rows();
}

/** Faults that each fault of a job stands for: all of its path, as evenly as whole faults allow. */
function weightsOf({ programs }: FollowJob, { trace }: Experiment): number[] {
  const left = trace.paths.map(({ faults }) => faults.length);
  const toCome = trace.paths.map((_, path) => programs.filter((other) => other === path).length);
  return [...programs].map((path) => {
    const weight = Math.ceil((left[path] as number) / (toCome[path] as number));
    left[path] = (left[path] as number) - weight;
    toCome[path] = (toCome[path] as number) - 1;
    return weight;
  });
}

/**
 * Fault number `fault` of the trace, from 1, step by step.
 * @throws {@link CostError} if the trace has not so many
 */
export function faultTimeline(
  experiment: Experiment,
  core: ExperimentCore,
  state: State,
  placement: Placement,
  fault: number,
): FaultTimeline {
  const { records, paths } = experiment.trace;
  const path = paths.findIndex(({ faults }) => faults.includes(fault - 1));
  const group = paths[path]?.group;
  if (group === undefined) {
    throw new CostError(`fault ${fault}: the trace has ${records.length / FAULT_SIZEOF} that v4.13 takes`);
  }
  const before = sampleOfRange(experiment, Math.max(0, fault - 1 - BEFORE), fault);
  const job = followJob({ ...experiment, sample: before, firsts: before }, core, state);
  const priced = pricedSteps(experiment, core);
  let last: BigUint64Array = new BigUint64Array();
  new Follower(job).trace(SHOWN, placement, (_, counted) => {
    last = counted;
  });
  const build = `${experiment.builds[SHOWN].id}, ${stateText(state)}`;
  return { core: core.table.core, build, group, fault, steps: priced(path, last) };
}

/** Faults `first` to `end` - 1 of the trace, from 0. */
function sampleOfRange({ trace }: Experiment, first: number, end: number): FaultSample {
  const pathOf = new Map(trace.paths.flatMap(({ faults }, path) => faults.map((fault) => [fault, path])));
  return {
    records: trace.records.subarray(first * FAULT_SIZEOF, end * FAULT_SIZEOF),
    paths: Uint32Array.from({ length: end - first }, (_, i) => pathOf.get(first + i) ?? 0),
    followed: [],
  };
}

/** Prices what the operations of a fault of a path counted under the variant, at default prices. */
export function pricedSteps(
  experiment: Experiment,
  core: ExperimentCore,
): (path: number, counted: BigUint64Array) => Step[] {
  const prices = defaultPrices(core.table);
  const build = experiment.builds[SHOWN];
  const walks = new Map<number, Walk>();
  return (path, counted) => {
    const { signature } = experiment.trace.paths[path] as LoggedPath;
    const walk = walks.get(path) ?? walkBuild(build, useNearestOutcomes(build, signature).input);
    walks.set(path, walk);
    const segments = segmentsOf(experiment.programs[SHOWN][path] as Program, counted);
    return stepsOf(walk, segments, signature.faultClass, core, prices);
  };
}
