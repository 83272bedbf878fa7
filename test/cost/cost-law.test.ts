// The cost law: a total is the sum of counts times prices, exactly, whatever the prices.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { between, draw } from '../../src/cost/draw.js';
import {
  CostError,
  costMatrix,
  costOf,
  costsOf,
  defaultPrices,
  type EventCounts,
  eventDifference,
  highPrices,
  lowPrices,
  MICRO_EVENTS,
  microEvents,
  type Price,
  type PriceList,
  type PriceTable,
  priceMatrix,
  samplePriceMatrix,
  samplePrices,
  scaleEvents,
  sumEvents,
} from '../../src/cost/index.js';
import { PROFILES, tableOf } from '../unit/fixtures-cost/load.js';

const TABLES: PriceTable[] = [...PROFILES.keys()].map((core) => tableOf(core));
const table = fc.constantFrom(...TABLES);
const seed = fc.maxSafeNat();
const sampleNumber = fc.nat({ max: 100_000 });

const ANY_TABLE: PriceTable = TABLES[0] as PriceTable;
const ANY_PRICE: Price = { v: 1, lo: 1, hi: 1, unit: 'cycles', conf: 'E', src: ['a test'] };

/** Counts of events that `table` prices. */
function countsFor({ prices }: PriceTable, most = 1n << 20n): fc.Arbitrary<EventCounts> {
  const event = fc.constantFrom(...prices.keys());
  return fc
    .array(fc.tuple(event, fc.bigInt({ min: -most, max: most })), { maxLength: 40 })
    .map((entries) => new Map(entries));
}
const priced = table.chain((t) => fc.tuple(fc.constant(t), countsFor(t)));
const pricedFaults = table.chain((t) => fc.tuple(fc.constant(t), fc.array(countsFor(t), { maxLength: 12 })));

/** The same sum in another way: bigint, event by event, in reverse. */
function slowCost(counts: EventCounts, prices: PriceList): bigint {
  return [...counts].reverse().reduce((sum, [event, n]) => sum + n * (prices.get(event) ?? 0n), 0n);
}

describe('the cost law', () => {
  test('a total is the sum of what its events cost', () => {
    fc.assert(
      fc.property(priced, seed, sampleNumber, ([t, counts], s, n) => {
        const prices = samplePrices(t, s, n);
        const parts = [...costsOf(counts, prices).values()].reduce((sum, cost) => sum + cost, 0n);
        expect(costOf(counts, prices)).toBe(parts);
        expect(costOf(counts, prices)).toBe(slowCost(counts, prices));
      }),
    );
  });

  test('the costs of faults add up to the cost of all of them', () => {
    fc.assert(
      fc.property(pricedFaults, seed, ([t, faults], s) => {
        const prices = samplePrices(t, s, 0);
        const each = faults.reduce((sum, fault) => sum + costOf(fault, prices), 0n);
        expect(costOf(sumEvents(faults), prices)).toBe(each);
      }),
    );
  });

  test('a difference of two runs costs the difference of their costs', () => {
    const two = table.chain((t) => fc.tuple(fc.constant(t), countsFor(t), countsFor(t)));
    fc.assert(
      fc.property(two, seed, ([t, from, to], s) => {
        const prices = samplePrices(t, s, 1);
        const cost = costOf(eventDifference(from, to), prices);
        expect(cost).toBe(costOf(to, prices) - costOf(from, prices));
      }),
    );
  });

  test('the same fault n times costs n times as much', () => {
    fc.assert(
      fc.property(priced, fc.bigInt({ min: 0n, max: 10_000n }), ([t, counts], n) => {
        const prices = defaultPrices(t);
        expect(costOf(scaleEvents(counts, n), prices)).toBe(n * costOf(counts, prices));
      }),
    );
  });

  test('stored counts under another price list cost what a run under that list costs', () => {
    /** A run that counts and prices as it goes. */
    const run = (events: readonly string[], prices: PriceList) => {
      const counts = new Map<string, bigint>();
      let cost = 0n;
      for (const event of events) {
        counts.set(event, (counts.get(event) ?? 0n) + 1n);
        cost += prices.get(event) ?? 0n;
      }
      return { counts, cost };
    };
    const streams = table.chain((t) =>
      fc.tuple(fc.constant(t), fc.array(fc.constantFrom(...t.prices.keys()), { maxLength: 300 })),
    );
    fc.assert(
      fc.property(streams, seed, ([t, events], s) => {
        const { counts } = run(events, lowPrices(t));
        for (const prices of [highPrices(t), samplePrices(t, s, 7)]) {
          expect(costOf(counts, prices)).toBe(run(events, prices).cost);
        }
      }),
    );
  });

  test('an event that happened and has no price is named', () => {
    const prices = defaultPrices(ANY_TABLE);
    const counts = new Map([['LOAD_L3', 1n]]);
    expect(() => costOf(counts, prices)).toThrow(new CostError('there is no price of LOAD_L3'));
    expect(() => costsOf(counts, prices)).toThrow('there is no price of LOAD_L3');
    expect(() => costMatrix([counts], priceMatrix([prices]))).toThrow('there is no price of LOAD_L3');
    expect(costOf(new Map([['LOAD_L3', 0n]]), prices)).toBe(0n);
  });
});

describe('sampled prices', () => {
  test('are whole microcycles within their range', () => {
    fc.assert(
      fc.property(table, seed, sampleNumber, (t, s, n) => {
        const [low, high] = [lowPrices(t), highPrices(t)];
        for (const [event, price] of samplePrices(t, s, n)) {
          expect(price >= (low.get(event) ?? 1n), event).toBe(true);
          expect(price <= (high.get(event) ?? -1n), event).toBe(true);
        }
      }),
    );
  });

  test('are the same for the same seed and sample, and others for others', () => {
    for (const t of TABLES) {
      expect(samplePrices(t, 5, 3)).toEqual(samplePrices(t, 5, 3));
      expect(samplePrices(t, 5, 4)).not.toEqual(samplePrices(t, 5, 3));
      expect(samplePrices(t, 5 + 2 ** 32, 3)).not.toEqual(samplePrices(t, 5, 3));
    }
  });

  test('of an event do not depend on what else the table holds', () => {
    const whole = ANY_TABLE;
    const isb = whole.prices.get('isb');
    if (isb === undefined) throw new Error('there is no price of isb');
    const alone = { ...whole, prices: new Map([['isb', isb]]) };
    for (let n = 0; n < 50; n++) {
      expect(samplePrices(alone, 1, n).get('isb')).toBe(samplePrices(whole, 1, n).get('isb'));
    }
  });

  test('are those of MurmurHash3 and whole square roots, computed elsewhere', () => {
    expect([0, 1, 2].map((n) => draw(1, n, 'LOAD_L2'))).toEqual([3470109222, 2302158113, 2811173491]);
    const price = (v: number, lo: number, hi: number) => ({ ...ANY_PRICE, v, lo, hi });
    const prices = new Map([
      ['LOAD_L2', price(6, 2.1, 10.8)],
      ['isb', price(33, 25, 45)],
    ]);
    const seeded = [0, 64].map((n) => samplePrices({ ...ANY_TABLE, prices }, 2017 + 3 * 2 ** 32, n));
    expect(seeded.map((list) => [...list.values()])).toEqual([
      [2_606_091n, 37_008_155n],
      [7_900_940n, 42_246_465n],
    ]);
  });

  test('have the default as their median, and get rarer to both ends of the range', () => {
    const draws = Array.from({ length: 20_000 }, (_, n) => between(0n, 250n, 1000n, draw(9, n, 'x')));
    const part = (from: bigint, to: bigint) => draws.filter((x) => from <= x && x < to).length / draws.length;
    expect(part(0n, 250n)).toBeCloseTo(1 / 2, 1.5);
    expect(part(0n, 125n)).toBeCloseTo(1 / 8, 1.5);
    expect(part(625n, 1001n)).toBeCloseTo(1 / 8, 1.5);
  });

  test('rise with the draw, from the low end to the high end', () => {
    const ends = fc.tuple(fc.nat(), fc.nat(), fc.nat()).map((of) => of.sort((a, b) => a - b).map(BigInt));
    const bits = fc.nat({ max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(ends, bits, bits, (range, a, b) => {
        const [lo, v, hi] = range as [bigint, bigint, bigint];
        const [less, more] = a < b ? [a, b] : [b, a];
        const [x, y] = [between(lo, v, hi, less), between(lo, v, hi, more)];
        expect(lo <= x && x <= y && y <= hi).toBe(true);
        if (lo < v) expect(between(lo, v, hi, 0)).toBe(lo);
      }),
    );
  });
});

describe('many price lists at once', () => {
  test('give the totals of each alone', () => {
    const many = table.chain((t) =>
      fc.tuple(
        fc.constant(t),
        fc.array(fc.oneof(countsFor(t, 9n), countsFor(t, 1n << 14n)), { minLength: 1, maxLength: 6 }),
      ),
    );
    fc.assert(
      fc.property(many, seed, ([t, rows], s) => {
        const samples = 5;
        const totals = costMatrix(rows, samplePriceMatrix(t, s, samples));
        rows.forEach((row, r) => {
          for (let n = 0; n < samples; n++) {
            expect(totals[r * samples + n]).toBe(costOf(row, samplePrices(t, s, n)));
          }
        });
      }),
      { numRuns: 60 },
    );
  });

  test('refuse a total that 64 bits do not hold, and a price that a double does not', () => {
    const matrix = priceMatrix([new Map([['x', 1n << 52n]])]);
    expect(() => costMatrix([new Map([['x', 1n << 20n]])], matrix)).toThrow(
      'a total is beyond 2^62 microcycles',
    );
    expect(() => priceMatrix([new Map([['x', 1n << 53n]])])).toThrow(
      'the price of x is beyond 2^53 microcycles',
    );
  });

  test('must price the same events', () => {
    expect(() => priceMatrix([new Map([['x', 1n]]), new Map()])).toThrow('there is no price of x');
  });
});

test('counts of the model become events by name', () => {
  const counts = MICRO_EVENTS.map((_, i) => (i === 1 ? 3n : 0n));
  expect(microEvents(counts)).toEqual(new Map([['LOAD_L3', 3n]]));
});
