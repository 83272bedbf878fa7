import { describe, expect, it } from 'vitest';
import { priceMatrix } from '../../src/cost/index.js';
import { typicalFault } from '../../src/scenario/comparison/typical.js';

const prices = priceMatrix([new Map([['issue', 1_000_000n]]), new Map([['issue', 3_000_000n]])]);
/** A path that so many faults took, two of which were followed. */
const path = (faults: number, cycles: bigint) => ({
  faults,
  reaches: true,
  runs: 2,
  events: new Map([['issue', 2n * cycles]]),
});

describe('the typical fault', () => {
  it('is the median of the faults, not of the paths, and not moved by a few dear ones', () => {
    const { p5, p95 } = typicalFault([path(1, 9n), path(60, 100n), path(39, 1_000_000n)], prices);
    expect([p5, p95]).toEqual([100, 300]);
  });

  it('is the lower of the two in the middle', () => {
    expect(typicalFault([path(50, 200n), path(50, 100n)], prices).p5).toBe(100);
    expect(typicalFault([path(51, 200n), path(50, 100n)], prices).p5).toBe(200);
  });
});
