import { blockCycles } from './block-cycles.js';
import type { Build } from './build-types.js';
import { walkBuild } from './cursor.js';
import { CostError } from './error.js';
import type { PathCycles } from './path-cycles.js';
import { type Range, spread } from './range.js';
import type { Walk } from './walk.js';
import { WholePaths } from './whole-paths.js';

/** A recorded path whose cycles are known as a whole. */
interface Sample {
  path: string;
  build: string;
  /** Steady cycles of its blocks and callees, added up. */
  sum: number;
  whole: number;
  insn: number;
}

/** How block sums of one core relate to whole paths. */
export interface CoreCalibration {
  samples: readonly Sample[];
  /** Whole-path cycles per instruction: median and extremes over the recorded paths. */
  cyclesPerInsn: Range;
  marginal: Marginal;
}

/**
 * Extra whole-path cycles per extra block cycle, of the recorded paths that cost more in one calibrated build
 * than in another: their mean and extremes. 0 where all of an addition hides behind other work.
 */
export interface Marginal extends Range {
  /** It holds for extra sums of block cycles as large as those it was seen on. */
  upTo: number;
}

export interface Calibration {
  cores: ReadonlyMap<string, CoreCalibration>;
  wholePaths: WholePaths;
}

/** Differences of block sums below this are rounding. */
const SUM_EPSILON = 0.1;

/** Fewer comparable paths than this say nothing: then all count. */
const COMPARABLE_MIN = 5;

/**
 * Follows the recorded paths of the builds that `table` has cycles for.
 * @throws {@link CostError} if none of them is among `builds`.
 */
export function calibrate(table: PathCycles, builds: readonly Build[]): Calibration {
  const known = builds.filter((build) => table.builds.has(build.id));
  if (known.length === 0) {
    throw new CostError(
      `none of the builds ${[...table.builds.keys()].join(', ')} is loaded to calibrate with`,
    );
  }
  const recorded = known.map((build) => ({ build, walks: recordedWalks(build, table) }));
  const cores = new Map(
    table.cores.map((core, index) => [
      core,
      calibrateCore(recorded.map(({ build, walks }) => samplesOf(build, walks, core, index))),
    ]),
  );
  const wholePaths = new WholePaths(table.cores);
  for (const { walk, cycles } of recorded.flatMap(({ walks }) => walks)) wholePaths.add(walk, cycles);
  return { cores, wholePaths };
}

interface RecordedWalk {
  path: string;
  walk: Walk;
  /** In the order of the table's cores. */
  cycles: readonly number[];
}

/** A host that died has no whole path. */
function recordedWalks(build: Build, table: PathCycles): RecordedWalk[] {
  return [...(table.builds.get(build.id) ?? [])].flatMap(([path, cycles]) => {
    const recorded = build.paths.get(path);
    if (recorded === undefined || recorded.oops !== undefined) return [];
    return [{ path, walk: walkBuild(build, recorded.input), cycles }];
  });
}

function samplesOf(build: Build, walks: readonly RecordedWalk[], core: string, index: number): Sample[] {
  return walks.map(({ path, walk, cycles }) => ({
    path,
    build: build.id,
    sum: blockCycles(walk, core).code,
    whole: cycles[index] ?? 0,
    insn: walk.totals.insn,
  }));
}

function calibrateCore(builds: readonly (readonly Sample[])[]): CoreCalibration {
  const samples = builds.flat();
  return {
    samples,
    cyclesPerInsn: spread(samples.map(({ whole, insn }) => whole / insn)),
    marginal: marginalOf(builds),
  };
}

/** What is known of differences between builds without any that differ. */
const UNKNOWN: Marginal = { v: 0.5, lo: 0, hi: 1, upTo: 0 };

function marginalOf(builds: readonly (readonly Sample[])[]): Marginal {
  const [first = [], ...others] = builds;
  const extras = others.flat().flatMap((b) => {
    const a = first.find(({ path }) => path === b.path);
    return a === undefined ? [] : [{ sum: b.sum - a.sum, whole: b.whole - a.whole }];
  });
  const different = extras.filter(({ sum }) => Math.abs(sum) >= SUM_EPSILON);
  if (different.length === 0) return UNKNOWN;
  const ratios = different.map(({ sum, whole }) => whole / sum);
  const mean = ratios.reduce((all, ratio) => all + ratio, 0) / ratios.length;
  return {
    ...spread(ratios),
    v: mean,
    upTo: Math.max(...different.map(({ sum }) => Math.abs(sum))) + SUM_EPSILON,
  };
}

/**
 * Whole-path cycles over the block sum: median and extremes of the recorded paths that are comparable, that is
 * with a sum within a factor of two of `sum`; of all if there are too few.
 */
export function wholeRatio({ samples }: CoreCalibration, sum: number): Range {
  const comparable = samples.filter((sample) => sample.sum <= sum * 2 && sample.sum * 2 >= sum);
  const used = comparable.length < COMPARABLE_MIN ? samples : comparable;
  return spread(used.map((sample) => sample.whole / sample.sum));
}
