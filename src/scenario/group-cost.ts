import {
  addCounts,
  type CostModel,
  type Counts,
  type FaultSignature,
  noCounts,
  priceDifference,
  pricedCores,
  priceWalk,
  type Range,
  scale,
  sum,
  type Walk,
} from '../cost/index.js';

/** Cycles of one core: `base` is the whole fault, of which `code` is the EL1 handler; `added` is the variant's. */
export interface CoreCost {
  core: string;
  base: Range;
  code: Range;
  added: Range;
  /** `added` in percent of `base`. */
  percent: Range;
}

/** Means over the faults of a group. */
export interface GroupCost {
  /** Such as "translation write: MAPPED_PAGE"; "all faults" for the whole run. */
  group: string;
  faults: number;
  /** Counts of one fault in the base build, cache loops apart, and what the variant adds. */
  base: Counts;
  added: Counts;
  cores: CoreCost[];
}

/** A distinct fault signature, how many faults had it, and the group they are reported in. */
export interface Path {
  signature: FaultSignature;
  count: number;
  group: string;
}

type BasePrice = Pick<CoreCost, 'core' | 'base' | 'code'>;
type PriceOnCore = Omit<CoreCost, 'percent'>;

/** A distinct fault followed through the base, and priced on each core. */
export interface PricedBase {
  path: Path;
  from: Walk;
  prices: BasePrice[];
}

/** The same fault followed through a variant too. */
export interface Pair extends PricedBase {
  to: Walk;
  prices: PriceOnCore[];
}

export function priceBase(path: Path, from: Walk, model: CostModel): PricedBase {
  const prices = pricedCores(model).map((core) => {
    const { total, blocks } = priceWalk(from, core, model, path.signature.faultClass);
    return { core, base: total, code: blocks };
  });
  return { path, from, prices };
}

export function pricePair({ path, from, prices }: PricedBase, to: Walk, model: CostModel): Pair {
  const { faultClass } = path.signature;
  const both = prices.map((price) => ({
    ...price,
    added: priceDifference(from, to, price.core, model, faultClass).total,
  }));
  return { path, from, to, prices: both };
}

/** Means over the faults of `pairs`. */
export function groupCost(group: string, pairs: readonly Pair[]): GroupCost {
  const faults = pairs.reduce((n, { path }) => n + path.count, 0);
  const base = noCounts();
  const added = noCounts();
  for (const { path, from, to } of pairs) {
    addCounts(base, from.totals, path.count / faults);
    addCounts(added, to.totals, path.count / faults);
    addCounts(added, from.totals, -path.count / faults);
  }
  const cores = pairs[0]?.prices.map(({ core }, index) => coreCost(core, index, pairs, faults)) ?? [];
  return { group, faults, base, added, cores };
}

function coreCost(core: string, index: number, pairs: readonly Pair[], faults: number): CoreCost {
  const mean = (part: 'base' | 'code' | 'added'): Range =>
    sum(pairs.map(({ path, prices }) => scale((prices[index] as PriceOnCore)[part], path.count / faults)));
  const [base, added] = [mean('base'), mean('added')];
  return { core, base, code: mean('code'), added, percent: percentOf(added, base) };
}

/** `part` in percent of `whole`: the smallest part of the largest whole, and the other way round. */
export function percentOf(part: Range, whole: Range): Range {
  const lo = part.lo / (part.lo < 0 ? whole.lo : whole.hi);
  const hi = part.hi / (part.hi < 0 ? whole.hi : whole.lo);
  return { v: (100 * part.v) / whole.v, lo: 100 * lo, hi: 100 * hi };
}
