import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseResolution } from '../../src/cost/index.js';
import { sightText } from '../../src/report/comparison.js';
import { priceInputs, spreadInput, strongest } from '../../src/scenario/comparison/sensitivity.js';
import { type MethodSight, sightOf } from '../../src/scenario/comparison/sight.js';

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
  const all = parseResolution(data, 'resolution.json');
  const only = (id: string) => all.filter((method) => method.id === id);
  const at = (cycles: number) => ({ p5: cycles, median: cycles, p95: cycles, mean: cycles });
  const measured = (added: number, arch?: string, told = true) => ({
    cost: { typical: at(10_000), added: at(added), told },
    clockGhz: 2,
    arch,
  });

  it('comes with a range, a confidence and a source', () => {
    for (const { floor, later } of all) {
      for (const each of [floor, ...later.map((row) => row.floor)]) {
        expect(each.lo).toBeLessThanOrEqual(each.v);
        expect(each.v).toBeLessThanOrEqual(each.hi);
        expect(each.conf).toMatch(/^[DMER]$/);
        expect(each.src.length).toBeGreaterThan(0);
      }
    }
  });

  it('is told in cycles of the core and shares of the typical fault, the finest first', () => {
    const rows = sightOf(all, measured(4, 'Armv8.0-A'));
    expect(rows[0]?.id).toBe('pmccntr-once');
    expect(rows.find(({ id }) => id === 'perf-stat')?.floor).toEqual({ v: 50, lo: 10, hi: 200 });
    expect(rows.find(({ id }) => id === 'cntvct-once')?.floor).toEqual({ v: 80, lo: 16.4, hi: 104 });
  });

  it('is a tick of 1 GHz from Armv8.6 and Armv9.1 on only; of an unknown version, any of them', () => {
    const floorAt = (arch?: string) => sightOf(only('cntvct-once'), measured(4, arch))[0]?.floor;
    expect(['Armv8.6-A', 'Armv9.1-A', 'Armv9.2-A'].map(floorAt)).toEqual(
      Array(3).fill({ v: 2, lo: 2, hi: 80 }),
    );
    expect(floorAt('Armv8.2-A')).toEqual(floorAt('Armv8.0-A'));
    expect(floorAt('Armv8.5-A')).toEqual(floorAt('Armv9.0-A'));
    expect(floorAt('Armv8.0-A')?.lo).toBeGreaterThan(10);
    expect(floorAt()).toEqual({ v: 80, lo: 1.9, hi: 104 });
  });

  it('is seen above the floor, perhaps above its low end, and not where it is not told from 0', () => {
    const seenAt = (cycles: number) => sightOf(only('perf-stat'), measured(cycles))[0]?.seen;
    expect([4, 12, -12, 60].map(seenAt)).toEqual(['no', 'perhaps', 'perhaps', 'yes']);
    expect(sightOf(only('perf-stat'), measured(60, undefined, false))[0]?.seen).toBe('no');
  });

  it('is said in a word with what says so', () => {
    const textAt = (cycles: number, told = true) =>
      sightText(sightOf(only('perf-stat'), measured(cycles, undefined, told))[0] as MethodSight);
    expect([4, 12, 60].map((cycles) => textAt(cycles))).toEqual([
      'no: 4.00 < 10.0',
      'perhaps: 10.0 <= 12.0 < 50.0',
      'yes: 60.0 >= 50.0',
    ]);
    expect(textAt(12, false)).toBe('no: not told from 0');
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

  it('is refused of a version that is none', () => {
    const [first] = data.methods;
    const later = [{ ...first.later[0], from: { ...first.later[0].from, v: 'v8.6' } }];
    expect(() => parseResolution({ ...data, methods: [{ ...first, later }] }, 'f.json')).toThrow(
      'f.json: methods[0].later[0].from.v: found "v8.6", expected a version such as Armv8.2-A',
    );
  });
});
