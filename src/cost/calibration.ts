import type { Build } from './build-types.js';
import { walkBuild } from './cursor.js';
import { CostError } from './error.js';
import type { PathCycles } from './path-cycles.js';
import { issuedCycles, staticCounts } from './program-counts.js';
import { type Range, spread } from './range.js';
import type { Walk } from './walk.js';

/** The build whose paths stand for the handler of its time, without the patch. */
export const HANDLER_BUILD = 'gcc12c-base';
/** Builds of the package that prices of code are calibrated with. */
export const CALIBRATED = [HANDLER_BUILD, 'gcc12c-rfc'];

/** A recorded path whose cycles are known as a whole. */
export interface Sample {
  /** Name of the scenario. */
  path: string;
  /** Id of the build it was recorded on. */
  build: string;
  /** Steady cycles of its blocks and callees, added up, without the cache loops. */
  sum: number;
  /** Cycles that the static model gives its instruction stream as a whole (src/data/path-cycles.json). */
  whole: number;
  /** Instructions, without the cache loops. */
  insn: number;
}

/** How block sums of one core relate to whole paths. */
export interface CoreCalibration {
  /** The recorded paths of every calibrated build, build after build. */
  samples: readonly Sample[];
  /** Whole-path cycles over the block sum: median and extremes over the recorded paths. */
  wholePerSum: Range;
  /** Whole-path cycles per instruction: the same. */
  cyclesPerInsn: Range;
  /**
   * Extra whole-path cycles per extra block cycle, of the recorded paths that cost more in one calibrated build
   * than in another: their mean and extremes. 0 where all of an addition hides behind other work.
   */
  marginal: Range;
}

/** By the core of the static model. */
export type Calibration = ReadonlyMap<string, CoreCalibration>;

/** Differences of block sums below this are rounding. */
const SUM_EPSILON = 0.1;

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
  return new Map(
    table.cores.map((core, index) => [
      core,
      calibrateCore(recorded.map(({ build, walks }) => samplesOf(build, walks, core, index))),
    ]),
  );
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
    sum: issuedCycles(staticCounts(walk), core),
    whole: cycles[index] ?? 0,
    insn: walk.totals.insn,
  }));
}

function calibrateCore(builds: readonly (readonly Sample[])[]): CoreCalibration {
  const samples = builds.flat();
  return {
    samples,
    wholePerSum: spread(samples.map(({ whole, sum }) => whole / sum)),
    cyclesPerInsn: spread(samples.map(({ whole, insn }) => whole / insn)),
    marginal: marginalOf(builds),
  };
}

/** What is known of differences between builds without any that differ. */
const UNKNOWN: Range = { v: 0.5, lo: 0, hi: 1 };

function marginalOf(builds: readonly (readonly Sample[])[]): Range {
  const [first = [], ...others] = builds;
  const extras = others.flat().flatMap((b) => {
    const a = first.find(({ path }) => path === b.path);
    return a === undefined ? [] : [{ sum: b.sum - a.sum, whole: b.whole - a.whole }];
  });
  const ratios = extras
    .filter(({ sum }) => Math.abs(sum) >= SUM_EPSILON)
    .map(({ sum, whole }) => whole / sum);
  if (ratios.length === 0) return UNKNOWN;
  return { ...spread(ratios), v: ratios.reduce((all, ratio) => all + ratio, 0) / ratios.length };
}
