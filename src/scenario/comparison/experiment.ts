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
  type Walk,
  walkBuild,
} from '../../cost/index.js';
import type { Geometry } from '../../uarch/geometry.js';
import { reachesChange } from '../group-counts.js';
import { dividedBy } from './distribution.js';
import { fixedEvents, variantEvents } from './fixed-events.js';
import { type FollowedCounts, type FollowJob, rowOf } from './follow.js';
import type { KernelEvents } from './kernel-events.js';
import type { LoggedPath, LoggedTrace } from './logged-trace.js';
import { type FaultSample, sampleFaults } from './sample.js';
import { type State, stateText } from './state.js';
import type { GroupEvents, GroupPair, StatePair } from './types.js';
import type { FollowedPath } from './typical.js';

/** Name of the faults that reach the changed code, all classes together. */
const REACHING = 'faults that reach the changed code';

/** Two builds under the same faults. The variant is the second. */
export interface Experiment {
  /** The faults. */
  trace: LoggedTrace;
  /** The base, then the variant. */
  builds: readonly [Build, Build];
  /** Programs of each build by path. */
  programs: readonly [readonly Program[], readonly Program[]];
  /** Whether the variant executes other code on a path than the base. */
  reaches: readonly boolean[];
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
  const walk = (build: Build) =>
    trace.paths.map(({ signature }) => walkBuild(build, useNearestOutcomes(build, signature).input));
  const [from, to] = [walk(builds[0]), walk(builds[1])];
  const compile = (walks: readonly Walk[]) => walks.map((each) => compileProgram(each, accesses));
  return {
    trace,
    builds,
    programs: [compile(from), compile(to)],
    reaches: from.map((each, path) => reachesChange(each, to[path] as Walk)),
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
  const pairOf = (group: string, paths: readonly number[]): GroupPair => {
    const placed = (build: number) =>
      counted.map((counts) => placedEvents(counts[build] as BigUint64Array, paths, experiment, followed));
    const sum = (build: number) =>
      sumEvents(
        paths.map((path) => scaleEvents(fixed[build]?.[path] as EventCounts, faultsOf(experiment, path))),
      );
    const base: GroupEvents = { fixed: sum(0), placed: placed(0) };
    const variant: GroupEvents = { fixed: variantEvents(base.fixed, sum(1)), placed: placed(1) };
    const taken = (of: readonly number[]) =>
      of.reduce((n, path) => n + Number(faultsOf(experiment, path)), 0);
    const reaching = taken(paths.filter((path) => experiment.reaches[path]));
    return { group, faults: taken(paths), reaching, base, variant };
  };
  const reaching = [...experiment.trace.paths.keys()].filter((path) => experiment.reaches[path]);
  return {
    state: stateText(state),
    groups: [...groups].map(([group, paths]) => pairOf(group, paths)),
    reaching: reaching.length === 0 ? undefined : pairOf(REACHING, reaching),
    paths: followedPaths(experiment, fixed[0] ?? [], followed, counted),
  };
}

/** What the base did on each path, all placements together. */
function followedPaths(
  { trace, reaches }: Experiment,
  fixed: readonly EventCounts[],
  followed: readonly number[],
  counted: readonly FollowedCounts[],
): FollowedPath[] {
  return trace.paths.map(({ faults }, path) => {
    const runs = (followed[path] as number) * counted.length;
    const placed = counted
      .map(([base]) => rowOf(base as BigUint64Array, path))
      .reduce((sum, row) => sum.map((n, event) => n + (row[event] as bigint)));
    const events = sumEvents([scaleEvents(fixed[path] as EventCounts, BigInt(runs)), microEvents(placed)]);
    return { faults: faults.length, reaches: reaches[path] ?? false, runs, events };
  });
}

function faultsOf({ trace }: Experiment, path: number): bigint {
  return BigInt(trace.paths[path]?.faults.length ?? 0);
}

/** Of one fault of each path, what does not depend on the core's state. */
function pathEvents(
  programs: readonly Program[],
  paths: readonly LoggedPath[],
  { kernel, table }: ExperimentCore,
): EventCounts[] {
  return programs.map(({ counts }, path) => {
    const { signature } = paths[path] as LoggedPath;
    return fixedEvents(counts, signature.faultClass, kernel, table);
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
    const [all, some] = [faultsOf(experiment, path), BigInt(followed[path] ?? 1)];
    return rowOf(counts, path).map((n) => (all === some ? n : dividedBy(n * all, some)));
  });
  const total = sums[0]?.map((_, event) => sums.reduce((n, row) => n + (row[event] as bigint), 0n)) ?? [];
  return microEvents(total);
}
