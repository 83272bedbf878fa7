import { FAULT_SIZEOF } from '../../abi/fault-log.js';
import type { LoggedTrace } from './logged-trace.js';

/** Faults that are followed in place of all: some of every path, in the order of the trace. */
export interface FaultSample {
  /** One of each fault followed (src/abi/fault-log.ts). */
  records: Uint8Array;
  /** Path of each record. */
  paths: Uint32Array;
  /** Faults followed by path: at least one, at most as many as took it. */
  followed: readonly number[];
}

/**
 * About `most` faults, spread evenly over those of each path: all of a path that few took, and of the others as many
 * as leaves no path with more than another. At least one of every path.
 */
export function sampleFaults({ records, paths }: LoggedTrace, most: number): FaultSample {
  const each = perPath(
    paths.map(({ faults }) => faults.length),
    most,
  );
  const chosen = paths.flatMap(({ faults }, path) =>
    spread(faults, Math.min(each, faults.length)).map((fault) => ({ fault, path })),
  );
  chosen.sort((a, b) => a.fault - b.fault);
  const bytes = new Uint8Array(chosen.length * FAULT_SIZEOF);
  chosen.forEach(({ fault }, i) => {
    bytes.set(records.subarray(fault * FAULT_SIZEOF, (fault + 1) * FAULT_SIZEOF), i * FAULT_SIZEOF);
  });
  return {
    records: bytes,
    paths: Uint32Array.from(chosen, ({ path }) => path),
    followed: paths.map(({ faults }) => Math.min(each, faults.length)),
  };
}

/** The largest number of faults of each path whose sum is at most `most`, and not below 1. */
function perPath(counts: readonly number[], most: number): number {
  const sum = (each: number): number => counts.reduce((n, count) => n + Math.min(each, count), 0);
  let [low, high] = [1, counts.reduce((a, b) => Math.max(a, b), 1)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (sum(middle) <= most) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** `n` of `items`, evenly spread. */
function spread<T>(items: readonly T[], n: number): T[] {
  return Array.from({ length: n }, (_, i) => items[Math.floor((i * items.length) / n)] as T);
}
