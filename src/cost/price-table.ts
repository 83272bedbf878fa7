import type { Calibration, CoreCalibration } from './calibration.js';
import { type Constant, originOf } from './constant.js';
import { CostError, show } from './error.js';
import type { Estimates } from './estimates.js';
import { microPrices } from './micro-prices.js';
import { operationPrices } from './operation-prices.js';
import type { Price, PriceTable } from './price-list.js';
import { type CoreProfile, hasEstimatedSystem } from './profile.js';
import { exactly, type Range, widen } from './range.js';

/** What price tables are made of, besides the profile of the core. */
export interface PriceSources {
  /** What holds for every core whose profile says nothing else (src/data/estimates.json). */
  estimates: Estimates;
  /** Whole paths against block sums, by core of the static model. */
  calibration: Calibration;
  /** Parts of kernels that are counted in instructions: each gives the event `insn:PART`. */
  parts?: readonly string[];
}

/** `dependent`: each load waits for the one before it, so that even an out-of-order core waits for all of a miss. */
export type Overlap = 'overlapped' | 'dependent';

const ISSUE_UNIT = 'cycles per thousandth of a steady cycle';
/** Of the ratios that the recorded paths show. */
const STATIC_MODEL: Pick<Constant, 'conf' | 'src'> = {
  conf: 'D',
  src: ['llvm-mca 19: whole recorded paths against their blocks and instructions'],
};

/** Steady cycles are counted in thousandths. */
const THOUSANDTH = 1e-3;

/** Prices of everything that may happen on a core. @throws {@link CostError} if its issue model is not calibrated. */
export function priceTable(
  profile: CoreProfile,
  sources: PriceSources,
  overlap: Overlap = 'overlapped',
): PriceTable {
  const { estimates } = sources;
  const { opaque, otherOpaque } = estimates;
  const operations = operationPrices(profile, estimates);
  const prices = new Map<string, Price>([
    ...operations,
    ...[...opaque].map(([name, price]) => [`opaque:${name}`, price] as const),
    [OTHER_OPAQUE, otherOpaque],
    ...codePrices(profile, sources),
    ...microPrices(profile, operations, overlap === 'dependent'),
  ]);
  return {
    core: profile.name,
    estimatedSystem: hasEstimatedSystem(profile),
    issueModel: profile.issue.model.v,
    prices,
  };
}

/** A function that was not compiled and that no estimate names. */
const OTHER_OPAQUE = 'opaque:other';

/** The event of a call of `name`, a function that was not compiled. */
export function opaqueEvent({ prices }: PriceTable, name: string): string {
  const event = `opaque:${name}`;
  return prices.has(event) ? event : OTHER_OPAQUE;
}

/** Prices of code: by its steady block cycles, or by its instructions where only those are known. */
function codePrices(profile: CoreProfile, { calibration, parts = [] }: PriceSources): [string, Price][] {
  const { marginal, cyclesPerInsn, wholePerSum } = calibrationOf(profile, calibration);
  // In order, blocks do not overlap: their cycles add up.
  const ratio = profile.inOrder ? widen({ ...wholePerSum, v: 1 }, exactly(1)) : wholePerSum;
  const added = widen({ ...ratio, v: profile.inOrder ? 1 : marginal.v }, marginal);
  const insn = codePrice(profile, cyclesPerInsn, 'cycles');
  return [
    ['issue', codePrice(profile, thousandth(ratio), ISSUE_UNIT)],
    ['issue_added', codePrice(profile, thousandth(added), ISSUE_UNIT)],
    ['issue_loop', codePrice(profile, thousandth(exactly(1)), ISSUE_UNIT)],
    ...parts.map((part): [string, Price] => [`insn:${part}`, insn]),
  ];
}

function calibrationOf({ name, issue }: CoreProfile, calibration: Calibration): CoreCalibration {
  const found = calibration.get(issue.model.v);
  if (found !== undefined) return found;
  throw new CostError(
    `${name}: issue.model: found ${show(issue.model.v)}, expected ${[...calibration.keys()].join(' or ')}`,
  );
}

function thousandth({ v, lo, hi }: Range): Range {
  return { v: v * THOUSANDTH, lo: lo * THOUSANDTH, hi: hi * THOUSANDTH };
}

/** A price on the core's issue model, scaled to the core. */
function codePrice({ issue }: CoreProfile, { v, lo, hi }: Range, unit: string): Constant {
  const { scale } = issue;
  const range = { v: v * scale.v, lo: lo * scale.lo, hi: hi * scale.hi };
  return { ...range, unit, ...originOf([{ ...range, unit, ...STATIC_MODEL }, scale]) };
}
