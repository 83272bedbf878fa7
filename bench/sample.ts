import Benchmark from 'benchmark';
import type { BenchCase } from './cases/case.js';

/** Operations per second of one case over one round of benchmark.js: the median of its samples. */
export function sample(bench: BenchCase, seconds: number): number {
  const benchmark = new Benchmark(bench.name, bench.run, { maxTime: seconds, minSamples: 5 });
  benchmark.run();
  // benchmark.js swallows errors.
  if (benchmark.error !== undefined) throw benchmark.error;
  return bench.operations / median(benchmark.stats.sample);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Median with the smallest and the largest value. */
export function spread(values: readonly number[]): { median: number; min: number; max: number } {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}
