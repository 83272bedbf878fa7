/** A number with its plausible range, lo <= v <= hi. */
export interface Range {
  /** The value to use where one number is asked for. */
  v: number;
  /** Least plausible value, inclusive. */
  lo: number;
  /** Greatest plausible value, inclusive. */
  hi: number;
}

/** A number known exactly. */
export function exactly(v: number): Range {
  return { v, lo: v, hi: v };
}

/** The sum of all: values, low ends and high ends each for themselves. */
export function sum(ranges: Iterable<Range>): Range {
  const total = exactly(0);
  for (const { v, lo, hi } of ranges) {
    total.v += v;
    total.lo += lo;
    total.hi += hi;
  }
  return total;
}

/** The median of `values`, not empty, with the least and the greatest. */
export function spread(values: readonly number[]): Range {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const at = (i: number) => sorted[i] ?? Number.NaN;
  return {
    v: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    lo: at(0),
    hi: at(sorted.length - 1),
  };
}

/** The smallest range around `range` that holds `other` too; its value stays. */
export function widen(range: Range, other: { lo: number; hi: number }): Range {
  return { v: range.v, lo: Math.min(range.lo, other.lo), hi: Math.max(range.hi, other.hi) };
}
