import { describe, expect, it } from 'vitest';
import { priceMatrix } from '../../src/cost/index.js';
import { breakEven } from '../../src/scenario/comparison/break-even.js';
import { layoutNoise, pairedCost, priceGroup, sumGroups } from '../../src/scenario/comparison/paired.js';
import { PHASES, placementsOf } from '../../src/scenario/comparison/placements.js';
import type { GroupPair } from '../../src/scenario/comparison/types.js';

const cycles = (n: number): bigint => BigInt(n) * 1_000_000n;
const prices = priceMatrix([
  new Map([
    ['issue', cycles(1)],
    ['LOAD_L2', cycles(10)],
  ]),
  new Map([
    ['issue', cycles(2)],
    ['LOAD_L2', cycles(20)],
  ]),
]);
const misses = (...counts: bigint[]) => counts.map((n) => new Map([['LOAD_L2', n]]));
const pair = (added: bigint, group = 'translation read'): GroupPair => ({
  group,
  faults: 2,
  reaching: added === 0n ? 0 : 2,
  base: { fixed: new Map([['issue', 100n]]), placed: misses(0n, 1n, 2n) },
  variant: { fixed: new Map([['issue', 100n + added]]), placed: misses(0n, 1n, 3n) },
});

describe('two builds at the same placements under the same prices', () => {
  it('cost, each pair, what their counts say', () => {
    const { base, variant } = priceGroup(pair(4n), prices);
    expect([...base]).toEqual([100, 200, 110, 220, 120, 240].map(cycles));
    expect([...variant]).toEqual([104, 208, 114, 228, 134, 268].map(cycles));
  });

  it('differ by pairs, so that what both do alike cancels', () => {
    const { added, percent, reaching } = pairedCost(priceGroup(pair(4n), prices), 2);
    expect(reaching).toBe(2);
    expect(added).toEqual({ p5: 2, median: 4, p95: 14, mean: 5.5 });
    expect(percent.p5).toBe(400 / 110);
    expect(percent.p95).toBe(1400 / 120);
  });

  it('add up over the groups of a trace', () => {
    const groups = [priceGroup(pair(4n), prices), priceGroup(pair(0n, 'MMIO'), prices)];
    const all = sumGroups(groups);
    expect(all.faults).toBe(4);
    expect(all.reaching).toBe(2);
    expect([...all.base]).toEqual([200, 400, 220, 440, 240, 480].map(cycles));
    expect([...all.variant]).toEqual([204, 408, 224, 448, 264, 528].map(cycles));
  });
});

describe('the base against itself', () => {
  it('differs by what moving it alone does', () => {
    const noise = layoutNoise(priceGroup(pair(4n), prices), 2);
    expect(noise).toEqual({ p5: -20, median: 5, p95: 10, mean: 0 });
  });

  it('does not differ where the placement makes no difference', () => {
    const same = { ...pair(4n), base: { fixed: new Map([['issue', 7n]]), placed: misses(1n, 1n, 1n) } };
    expect(layoutNoise(priceGroup(same, prices), 2)).toEqual({ p5: 0, median: 0, p95: 0, mean: 0 });
  });
});

describe('the mean of an addition', () => {
  const additions = (...counts: bigint[]): GroupPair => ({
    ...pair(0n),
    faults: 1,
    base: { fixed: new Map([['issue', 100n]]), placed: misses(0n, 0n, 0n, 0n) },
    variant: { fixed: new Map([['issue', 100n]]), placed: misses(...counts) },
  });
  const told = (...counts: bigint[]) => pairedCost(priceGroup(additions(...counts), prices), 2);

  it('is uncertain by two standard errors', () => {
    // Means of the placements 15, 30, 15, 30, of the samples 15 and 30: variances of the mean 18.75 and 56.25.
    const { added, uncertainty } = told(1n, 2n, 1n, 2n);
    expect(added.mean).toBe(22.5);
    expect(uncertainty).toBeCloseTo(2 * Math.sqrt(18.75 + 56.25), 9);
  });

  it('is told from 0 beyond that, where moving the base does less', () => {
    expect(told(9n, 9n, 9n, 9n)).toMatchObject({ told: true, layoutNoise: { p5: 0, p95: 0 } });
    expect(told(0n, 0n, 0n, 9n).told).toBe(false);
    expect(told(0n, 0n, 0n, 0n)).toMatchObject({ told: false, uncertainty: 0 });
  });

  it('is not told from 0 inside what moving the base does', () => {
    const moving = { ...additions(109n, 10n, 109n, 10n) };
    moving.base = { ...moving.base, placed: misses(100n, 1n, 100n, 1n) };
    const cost = pairedCost(priceGroup(moving, prices), 1);
    expect(cost.added.mean).toBeGreaterThan(cost.uncertainty);
    expect(cost.told).toBe(false);
  });
});

describe('an addition breaks even', () => {
  const typical = { p5: 1000, median: 2000, p95: 3000, mean: 2000 };

  it('where a fault costs a hundred times as much, and at so many faults a second', () => {
    const limits = breakEven({ added: { p5: 1, median: 2, p95: 4, mean: 2 }, typical }, 1.5);
    expect(limits.faultsThatFit).toBe(1_500_000);
    expect(limits.faultBelow).toBe(200);
    expect(limits.faultBelowP95).toBe(400);
    expect(limits.rates).toEqual([
      { percent: 0.1, faultsPerSecond: 750_000 },
      { percent: 1, faultsPerSecond: 7_500_000 },
    ]);
  });

  it('nowhere if it adds nothing', () => {
    const limits = breakEven({ added: { p5: -1, median: 0, p95: 0, mean: 0 }, typical }, 1.5);
    expect(limits.faultBelow).toBeNull();
    expect(limits.rates.map((rate) => rate.faultsPerSecond)).toEqual([null, null]);
  });
});

describe('placements', () => {
  it('take every phase as often, each drawn anew', () => {
    const places = placementsOf(64, 1);
    for (const phase of PHASES) expect(places.filter((place) => place.phase === phase)).toHaveLength(16);
    expect(new Set(places.map(({ seed }) => seed)).size).toBe(64);
  });

  it('are those of their seed', () => {
    expect(placementsOf(64, 1)).toEqual(placementsOf(64, 1));
    expect(placementsOf(64, 1)).not.toEqual(placementsOf(64, 2));
    expect(placementsOf(64, 1).slice(0, 4)).toEqual(placementsOf(4, 1));
  });
});
