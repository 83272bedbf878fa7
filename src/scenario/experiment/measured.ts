import { rank } from '../comparison/distribution.js';

/** What an experiment gives: the value at the default prices, and the values of the samples of the price ranges. */
export interface Measured {
  unit: 'cycles' | 'ratio' | 'instructions';
  v: number;
  samples: readonly number[];
  /** Clock at which cycles are nanoseconds. */
  clockGhz?: number;
  /** What `percent` is of. */
  whole?: Measured;
  /** In words, where the value is a count of checks: and whether all of them held. */
  checks?: { text: string; hold: boolean };
  /** What a reader has to know beside the value. */
  notes?: readonly string[];
}

/** A value with its interval. */
export interface ModelValue {
  v: number;
  p5: number;
  p95: number;
}

/** The value of `measured` in `unit`; undefined if it is not of that unit. */
export function inUnit(measured: Measured, unit: string): ModelValue | undefined {
  const factor = factorOf(measured, unit);
  if (factor !== undefined) return interval(measured, (value) => value * factor);
  const { whole } = measured;
  if (unit !== 'percent' || whole === undefined) return undefined;
  return interval(
    measured,
    (value, i) => (100 * value) / (i === undefined ? whole.v : (whole.samples[i] ?? whole.v)),
  );
}

function factorOf({ unit: from, clockGhz }: Measured, to: string): number | undefined {
  if (from === to) return 1;
  if (from !== 'cycles' || clockGhz === undefined) return undefined;
  return { ns: 1 / clockGhz, us: 1e-3 / clockGhz }[to];
}

function interval({ v, samples }: Measured, convert: (value: number, i?: number) => number): ModelValue {
  const sorted = samples.map(convert).sort((a, b) => a - b);
  const value = convert(v);
  const at = (percent: number): number => sorted[rank(percent, sorted.length)] ?? value;
  const [p5, p95] = [at(5), at(95)];
  // Where ranges are skewed, the default prices together may be cheaper than nearly all samples.
  return { v: value, p5: Math.min(p5, value), p95: Math.max(p95, value) };
}

/** Sample by sample what `of` makes of two values of the same samples. */
export function combine(a: Measured, b: Measured, of: (a: number, b: number) => number): Measured {
  const samples = a.samples.map((value, i) => of(value, b.samples[i] ?? b.v));
  return { ...a, v: of(a.v, b.v), samples };
}
