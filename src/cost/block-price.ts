import { blockCycles } from './block-cycles.js';
import { type Calibration, type CoreCalibration, wholeRatio } from './calibration.js';
import { CostError } from './error.js';
import { type Range, scale, widen } from './range.js';
import type { Walk } from './walk.js';

/** Whole-path cycles come rounded to whole numbers. */
const ROUNDING = 0.5;

/** Sums of the same cycles in another order differ by less. */
const NOISE = 1e-6;

/** The core prices are for. */
export interface PricedCore {
  name: string;
  inOrder: boolean;
  calibration: Calibration;
}

/**
 * Cycles of the code a walk runs, handler and callees, without the cache loops and system operations.
 *
 * In order: the sum of the blocks' steady cycles; the range is that of whole-path over block sums that the
 * recorded paths show. Out of order, where the sum overstates because work overlaps between blocks: the cycles
 * of the whole path if this very walk was recorded; else the sum times the median of those ratios, with their
 * extremes as the range.
 */
export function priceBlocks(walk: Walk, core: PricedCore): Range {
  const { code } = blockCycles(walk, core.name);
  const whole = core.inOrder ? undefined : core.calibration.wholePaths.find(walk, core.name);
  if (whole !== undefined) return { v: whole, lo: whole - ROUNDING, hi: whole + ROUNDING };
  return scale(code === 0 ? NOTHING : factorOf(code, core), code);
}

const NOTHING: Range = { v: 0, lo: 0, hi: 0 };

function calibrationOf({ name, calibration }: PricedCore): CoreCalibration {
  const own = calibration.cores.get(name);
  if (own === undefined) throw new CostError(`${name} is not calibrated`);
  return own;
}

/** What to multiply a block sum of about `sum` by. */
function factorOf(sum: number, core: PricedCore): Range {
  const ratio = wholeRatio(calibrationOf(core), sum);
  return core.inOrder ? widen({ ...ratio, v: 1 }, { lo: 1, hi: 1 }) : ratio;
}

/**
 * Cycles that the code of `to` takes more than that of `from`, for the same fault in two builds.
 *
 * In order: the difference of the block sums. Out of order: the difference of the whole paths if both walks were
 * recorded; else the difference of the block sums times a ratio of the recorded paths. For a difference as small as
 * those between the calibrated builds that is the mean of extra whole-path over extra block cycles; for a larger
 * one the median of whole path over block sum. The range is the difference of the sums times the extremes of
 * both ratios; the lower is 0 where a small addition was seen to hide behind other work. A difference of
 * recorded paths is known to one cycle, two roundings, and keeps what of that lies in this range.
 */
export function priceBlockDifference(from: Walk, to: Walk, core: PricedCore): Range {
  const sum = blockCycles(to, core.name).code;
  const extra = sum - blockCycles(from, core.name).code;
  if (Math.abs(extra) < NOISE) return NOTHING;
  const { marginal } = calibrationOf(core);
  const factor = widen(factorOf(sum, core), marginal);
  const small = !core.inOrder && Math.abs(extra) <= marginal.upTo;
  const estimate = scale(small ? { ...factor, v: marginal.v } : factor, extra);
  return (core.inOrder ? undefined : wholeDifference(from, to, core, estimate)) ?? estimate;
}

function wholeDifference(from: Walk, to: Walk, core: PricedCore, bounds: Range): Range | undefined {
  const before = core.calibration.wholePaths.find(from, core.name);
  const after = core.calibration.wholePaths.find(to, core.name);
  if (before === undefined || after === undefined) return undefined;
  const v = after - before;
  const range = { lo: v - 2 * ROUNDING, hi: v + 2 * ROUNDING };
  return {
    v,
    lo: Math.min(v, Math.max(range.lo, bounds.lo)),
    hi: Math.max(v, Math.min(range.hi, bounds.hi)),
  };
}
