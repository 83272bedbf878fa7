import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cyclesPerFault, distributionOf, dividedBy } from '../../src/scenario/comparison/distribution.js';

const MICRO = 1_000_000n;

describe('a distribution', () => {
  it('has the nearest ranks of one to a hundred as its quantiles', () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(distributionOf(values)).toEqual({ p5: 5, median: 50, p95: 95, mean: 50.5 });
  });

  it('of one value is that value', () => {
    expect(cyclesPerFault(BigInt64Array.of(3n * MICRO), 1)).toEqual({ p5: 3, median: 3, p95: 3, mean: 3 });
  });

  it('gives cycles a fault, negative ones too', () => {
    const totals = BigInt64Array.of(-10n * MICRO, 30n * MICRO, 20n * MICRO);
    expect(cyclesPerFault(totals, 10)).toEqual({ p5: -1, median: 2, p95: 3, mean: 1.3333333 });
  });

  it('has no negative zero', () => {
    expect(Object.is(cyclesPerFault(BigInt64Array.of(0n), 7).median, 0)).toBe(true);
  });

  it('has quantiles that as many values do not exceed as their names say', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(1n << 62n), max: 1n << 62n }), { minLength: 1 }), (list) => {
        const { p5, median, p95 } = cyclesPerFault(BigInt64Array.from(list), 1);
        const notAbove = (q: number) => list.filter((value) => Number(value) / 1e6 <= q).length;
        expect(notAbove(p5)).toBeGreaterThanOrEqual(0.05 * list.length);
        expect(notAbove(median)).toBeGreaterThanOrEqual(0.5 * list.length);
        expect(notAbove(p95)).toBeGreaterThanOrEqual(0.95 * list.length);
      }),
    );
  });

  it('divides to the nearest, halves away from zero', () => {
    expect([5n, -5n, 4n, -4n, 0n].map((n) => dividedBy(n, 2n))).toEqual([3n, -3n, 2n, -2n, 0n]);
    expect([4n, 5n, -4n, -5n].map((n) => dividedBy(n, 3n))).toEqual([1n, 2n, -1n, -2n]);
  });
});
