import { describe, expect, it } from 'vitest';
import { FAULT_SIZEOF } from '../../src/abi/fault-log.js';
import type { LoggedTrace } from '../../src/scenario/comparison/logged-trace.js';
import { sampleFaults } from '../../src/scenario/comparison/sample.js';

/** A log in which record i is filled with i, and faults take the paths in turn. */
function traceOf(counts: readonly number[]): LoggedTrace {
  const order = counts.flatMap((count, path) => Array.from({ length: count }, (_, k) => ({ path, k })));
  order.sort((a, b) => a.k - b.k);
  const records = new Uint8Array(order.length * FAULT_SIZEOF);
  for (const i of order.keys()) records.fill(i, i * FAULT_SIZEOF, (i + 1) * FAULT_SIZEOF);
  const paths = counts.map((_, path) => ({
    signature: {} as never,
    group: String(path),
    faults: order.flatMap((fault, i) => (fault.path === path ? [i] : [])),
  }));
  return { records, paths };
}

const numbers = ({ records }: { records: Uint8Array }) =>
  Array.from({ length: records.length / FAULT_SIZEOF }, (_, i) => records[i * FAULT_SIZEOF]);

describe('a sample of the faults of a trace', () => {
  it('is the trace if that is small enough', () => {
    const trace = traceOf([3, 5]);
    const sample = sampleFaults(trace, 8);
    expect(sample.records).toEqual(trace.records);
    expect(sample.followed).toEqual([3, 5]);
  });

  it('has all faults of rare paths, and as many of the others as there is room for', () => {
    expect(sampleFaults(traceOf([1, 100, 2]), 13).followed).toEqual([1, 10, 2]);
  });

  it('has a fault of every path, room or not', () => {
    expect(sampleFaults(traceOf([4, 4, 4]), 1).followed).toEqual([1, 1, 1]);
  });

  it('is in the order of the trace, spread over it', () => {
    const sample = sampleFaults(traceOf([100]), 5);
    expect(numbers(sample)).toEqual([0, 20, 40, 60, 80]);
    expect([...sample.paths]).toEqual([0, 0, 0, 0, 0]);
  });
});
