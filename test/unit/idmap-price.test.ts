import { describe, expect, it } from 'vitest';
import type { Range } from '../../src/cost/index.js';
import { runIdmap } from '../../src/scenario/idmap.js';
import { IDMAP_PART, priceIdmap } from '../../src/scenario/idmap-price.js';
import { loadBuild, PROFILES, tableOf } from './fixtures-cost/load.js';

const ESTIMATES = {
  loopInsn: { v: 55, lo: 15, hi: 95 },
  entryInsn: { v: 15, lo: 5, hi: 74 },
  tableInsn: { v: 80, lo: 36, hi: 200 },
};

const cores = [...PROFILES.values()].map(({ name, clock }) => ({
  clockGhz: clock.v,
  table: tableOf(name, [IDMAP_PART]),
}));
const price = (mib: bigint) => priceIdmap(runIdmap(mib << 20n), loadBuild('gcc12c-rfc'), cores, ESTIMATES);
const ordered = ({ lo, v, hi }: Range): boolean => 0 < lo && lo <= v && v <= hi;

describe('the price of mapping an internal VM', () => {
  it('is that of its parts, each in its range, on every core', () => {
    const priced = price(16n).cores;
    expect(priced.map(({ core }) => core)).toEqual([...PROFILES.keys()]);
    for (const { core, mapping, loopBody, flush, total } of priced) {
      for (const part of [mapping, loopBody, flush]) expect(ordered(part), core).toBe(true);
      expect(mapping.v + loopBody.v + flush.v, core).toBeCloseTo(total.v, 6);
    }
  });

  it('is in order that of the blocks, of the instructions of the loop, and of the lines cleaned', () => {
    const { counts, totals, cores: priced } = price(16n);
    const a53 = priced.find(({ core }) => core === 'cortex-a53');
    const { prices } = tableOf('cortex-a53', [IDMAP_PART]);
    expect(a53?.loopBody.v).toBeCloseTo(counts.pages * 55 * (prices.get('insn:idmap')?.v ?? 0), 0);
    expect(a53?.flush.v).toBeGreaterThan(counts.flushedLines * (prices.get('dc_civac')?.v ?? 0));
    expect(a53?.mapping.v).toBeGreaterThan(totals.insn / 2);
  });

  it('grows with the memory', () => {
    const [small, large] = [price(16n), price(32n)];
    large.cores.forEach(({ core, total }, i) => {
      const times = total.v / (small.cores[i]?.total.v ?? Number.NaN);
      expect(times, core).toBeGreaterThan(1.99);
      expect(times, core).toBeLessThan(2.01);
    });
  });
});
