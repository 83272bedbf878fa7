import {
  type Accesses,
  type Build,
  compileProgram,
  type EventCounts,
  type GuestActivity,
  guestAfter,
  microEvents,
  type PriceTable,
  type Program,
  scaleEvents,
  sumEvents,
  useNearestOutcomes,
  walkBuild,
} from '../../cost/index.js';
import type { Geometry } from '../../uarch/geometry.js';
import { dividedBy } from './distribution.js';
import { fixedEvents, variantEvents } from './fixed-events.js';
import { type FollowedCounts, type FollowJob, rowOf } from './follow.js';
import type { KernelEvents } from './kernel-events.js';
import type { LoggedPath, LoggedTrace } from './logged-trace.js';
import { type FaultSample, sampleFaults } from './sample.js';
import { type State, stateText } from './state.js';
import type { GroupEvents, GroupPair, StatePair } from './types.js';

/** Two builds under the same faults. The variant is the second. */
export interface Experiment {
  /** The faults. */
  trace: LoggedTrace;
  /** The base, then the variant. */
  builds: readonly [Build, Build];
  /** Programs of each build by path. */
  programs: readonly [readonly Program[], readonly Program[]];
  /** What a guest does between two faults, in the state that has one. */
  guest: GuestActivity;
  /** How probable it is that another vcpu took the line of mmu_lock before a fault, from 0 to 1. */
  contention: number;
  /** Faults followed at each placement. */
  sample: FaultSample;
  /** One of each path: followed in place of `sample` where each fault begins cold. */
  firsts: FaultSample;
}

/** One core of an experiment. */
export interface ExperimentCore {
  /** Which structures decide what an access hits. */
  geometry: Geometry;
  /** What each event costs. */
  table: PriceTable;
  /** What is around the handler. */
  kernel: KernelEvents;
}

/**
 * Two builds under the faults of a trace, of which at most `faults` of every path are followed at each placement.
 * @throws {@link WalkError} if a build does not say what a fault executes
 */
export function experimentOf(
  trace: LoggedTrace,
  builds: readonly [Build, Build],
  accesses: Accesses,
  guest: GuestActivity,
  { faults, contention }: Pick<Experiment, 'contention'> & { faults: number },
): Experiment {
  const compile = (build: Build) =>
    trace.paths.map(({ signature }) =>
      compileProgram(walkBuild(build, useNearestOutcomes(build, signature).input), accesses),
    );
  return {
    trace,
    builds,
    programs: [compile(builds[0]), compile(builds[1])],
    guest,
    contention,
    sample: sampleFaults(trace, faults),
    firsts: sampleFaults(trace, 1),
  };
}

function sampleOf({ sample, firsts }: Experiment, state: State): FaultSample {
  return state.kind === 'cold' ? firsts : sample;
}

/** What to follow on a core in a state: the base, then the variant. */
export function followJob(experiment: Experiment, { geometry }: ExperimentCore, state: State): FollowJob {
  const { records, paths } = sampleOf(experiment, state);
  return {
    geometry: state.kind === 'cold' ? withSmallL3(geometry) : geometry,
    records,
    programs: paths,
    rows: paths,
    rowCount: experiment.trace.paths.length,
    builds: experiment.programs.map((programs) => programs.map(({ words }) => words)),
    before: beforeFault(state, experiment.guest),
    steal: experiment.contention,
  };
}

/** More sets than a single fault fills: it finds the same, and emptying them takes less time. */
const L3_SETS = 4096;

function withSmallL3({ l3, ...geometry }: Geometry): Geometry {
  return l3 === undefined ? geometry : { ...geometry, l3: { ...l3, sets: Math.min(l3.sets, L3_SETS) } };
}

function beforeFault(state: State, guest: GuestActivity): FollowJob['before'] {
  if (state.kind === 'guest') return guestAfter(guest, state.cycles);
  return state.kind === 'cold' ? 'reset' : 'nothing';
}

/** The events of the groups of a core in a state, from what was counted at each placement. */
export function statePair(
  experiment: Experiment,
  core: ExperimentCore,
  state: State,
  counted: readonly FollowedCounts[],
): StatePair {
  const { followed } = sampleOf(experiment, state);
  const groups = new Map<string, number[]>();
  experiment.trace.paths.forEach(({ group }, path) => {
    groups.set(group, [...(groups.get(group) ?? []), path]);
  });
  const fixed = experiment.programs.map((programs) => pathEvents(programs, experiment.trace.paths, core));
  const pairs = [...groups].map(([group, paths]): GroupPair => {
    const placed = (build: number) =>
      counted.map((counts) => placedEvents(counts[build] as BigUint64Array, paths, experiment, followed));
    const sum = (build: number) => sumEvents(paths.map((path) => fixed[build]?.[path] as EventCounts));
    const base: GroupEvents = { fixed: sum(0), placed: placed(0) };
    const variant: GroupEvents = { fixed: variantEvents(base.fixed, sum(1)), placed: placed(1) };
    const faults = paths.reduce((n, path) => n + faultsOf(experiment, path), 0);
    return { group, faults, base, variant };
  });
  return { state: stateText(state), groups: pairs };
}

function faultsOf({ trace }: Experiment, path: number): number {
  return trace.paths[path]?.faults.length ?? 0;
}

/** Of all faults of each path, what does not depend on the core's state. */
function pathEvents(
  programs: readonly Program[],
  paths: readonly LoggedPath[],
  { kernel, table }: ExperimentCore,
): EventCounts[] {
  return programs.map(({ counts }, path) => {
    const { signature, faults } = paths[path] as LoggedPath;
    return scaleEvents(fixedEvents(counts, signature.faultClass, kernel, table), BigInt(faults.length));
  });
}

/** The events of all faults of `paths`: those followed stand for all of their path, to the nearest whole event. */
function placedEvents(
  counts: BigUint64Array,
  paths: readonly number[],
  experiment: Experiment,
  followed: readonly number[],
): EventCounts {
  const sums = paths.map((path) => {
    const [all, some] = [BigInt(faultsOf(experiment, path)), BigInt(followed[path] ?? 1)];
    return rowOf(counts, path).map((n) => (all === some ? n : dividedBy(n * all, some)));
  });
  const total = sums[0]?.map((_, event) => sums.reduce((n, row) => n + (row[event] as bigint), 0n)) ?? [];
  return microEvents(total);
}
