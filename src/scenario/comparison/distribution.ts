/**
 * What a quantity was over all pairs of a placement and a price sample. Quantiles are of nearest rank: the q-quantile
 * of n values is the smallest of them that at least q * n values do not exceed. So every quantile is a value that
 * occurred, and the median of an even number of values is the lower of the two in the middle.
 */
export interface Distribution {
  /** The 5 % quantile. */
  p5: number;
  /** The 50 % quantile. */
  median: number;
  /** The 95 % quantile. */
  p95: number;
  /** Of all pairs. */
  mean: number;
}

/** Millionths of a cycle, the unit of all sums. */
const MICRO = 1e6;

/** Place of the `percent`-quantile among `n` values in ascending order. */
export function rank(percent: number, n: number): number {
  return Math.max(0, Math.ceil((n * percent) / 100) - 1);
}

/** `sum / n`, halves away from zero. */
export function dividedBy(sum: bigint, n: bigint): bigint {
  const half = n / 2n;
  return sum < 0n ? -((half - sum) / n) : (sum + half) / n;
}

/** Cycles a fault of exact microcycles. */
export function perFault(total: bigint, faults: number): number {
  return Number(total) / (faults * MICRO) || 0;
}

/**
 * Cycles a fault: `totals` are exact microcycles of `faults` faults, one value for each pair; they are sorted in place.
 * The mean is of the totals, to the nearest microcycle. What is divided are whole numbers, so the result has the
 * same bits everywhere; beyond 2^53 microcycles a total is rounded to a double first.
 */
export function cyclesPerFault(totals: BigInt64Array, faults: number): Distribution {
  totals.sort();
  let sum = 0n;
  for (const total of totals) sum += total;
  const n = totals.length;
  const cycles = (total: bigint): number => perFault(total, faults);
  const at = (percent: number): number => cycles(totals[rank(percent, n)] as bigint);
  return { p5: at(5), median: at(50), p95: at(95), mean: cycles(dividedBy(sum, BigInt(n))) };
}

/** Of plain numbers, such as percentages, which are sorted in place. The mean adds them in ascending order. */
export function distributionOf(values: Float64Array): Distribution {
  values.sort();
  let sum = 0;
  for (const value of values) sum += value;
  const n = values.length;
  const at = (percent: number): number => values[rank(percent, n)] as number;
  return { p5: at(5), median: at(50), p95: at(95), mean: sum / n };
}
