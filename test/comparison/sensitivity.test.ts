import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseResolution } from '../../src/cost/index.js';
import { priceInputs, spreadInput, strongest } from '../../src/scenario/comparison/sensitivity.js';
import { sightOf } from '../../src/scenario/comparison/sight.js';

const prices = new Map([
  ['issue', { v: 1, lo: 1, hi: 1, unit: 'cycles' }],
  ['LOAD_L2', { v: 10, lo: 5, hi: 30, unit: 'cycles' }],
  ['isb', { v: 20, lo: 10, hi: 40, unit: 'cycles' }],
]);
const difference = new Map([
  ['issue', 100n],
  ['LOAD_L2', 20n],
  ['isb', -10n],
  ['dsb', 0n],
]);

describe('the inputs an addition depends on', () => {
  it('are the prices of what differs, each swung alone', () => {
    expect(priceInputs(difference, 100, prices, 4)).toEqual([
      {
        kind: 'price',
        name: 'price of LOAD_L2',
        range: '5 - 30 cycles',
        addedLow: 3,
        addedHigh: 8,
        swing: 5,
      },
      { kind: 'price', name: 'price of isb', range: '10 - 40 cycles', addedLow: 2, addedHigh: 5, swing: 3 },
    ]);
  });

  it('come strongest first, at most five, without those that move nothing', () => {
    const inputs = [
      ...priceInputs(difference, 100, prices, 4),
      spreadInput('placement', '4 placements', [3, 9, 4, 4]),
      spreadInput('state', 'warm, cold', [4, 4]),
    ];
    expect(strongest(inputs).map(({ name }) => name)).toEqual([
      'placement',
      'price of LOAD_L2',
      'price of isb',
    ]);
  });
});

describe('what hardware can tell apart', () => {
  const file = new URL('../../src/data/resolution.json', import.meta.url);
  const data = JSON.parse(readFileSync(file, 'utf8'));
  const at = (cycles: number) => ({ p5: cycles, median: cycles, p95: cycles, mean: cycles });

  it('comes with a range, a confidence and a source', () => {
    for (const { floor } of parseResolution(data, 'resolution.json')) {
      expect(floor.lo).toBeLessThanOrEqual(floor.v);
      expect(floor.v).toBeLessThanOrEqual(floor.hi);
      expect(floor.conf).toMatch(/^[DMER]$/);
      expect(floor.src.length).toBeGreaterThan(0);
    }
  });

  it('is told in cycles of the core, the finest first', () => {
    const rows = sightOf(parseResolution(data, 'resolution.json'), {
      base: at(10_000),
      added: at(4),
      clockGhz: 2,
    });
    expect(rows[0]?.id).toBe('pmccntr-once');
    expect(rows.find(({ id }) => id === 'perf-stat')?.floor).toEqual({ v: 50, lo: 10, hi: 200 });
    expect(rows.find(({ id }) => id === 'cntvct-once')?.floor).toEqual({ v: 80, lo: 2, hi: 104 });
  });

  it('sees what is above the floor, and at its best what reaches the low end', () => {
    const methods = parseResolution(data, 'resolution.json').filter(({ id }) => id === 'perf-stat');
    const sightAt = (cycles: number) =>
      sightOf(methods, { base: at(10_000), added: at(cycles), clockGhz: 2 })[0]?.sight;
    expect([4, 12, -12, 60].map(sightAt)).toEqual([
      'does not see it',
      'at its best',
      'at its best',
      'sees it',
    ]);
  });

  it('is refused in another unit', () => {
    const wrong = {
      ...data,
      methods: [{ ...data.methods[0], floor: { ...data.methods[0].floor, unit: 's' } }],
    };
    expect(() => parseResolution(wrong, 'f.json')).toThrow(
      'f.json: methods[0].floor.unit: found "s", expected ns or cycles or percent',
    );
  });
});
