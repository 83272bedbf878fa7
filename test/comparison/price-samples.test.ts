import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PriceSamples } from '../../src/scenario/comparison/price-samples.js';

const EVENTS = ['isb', 'LOAD_L2', 'issue'];
const counts = (max: bigint) =>
  fc.tuple(...EVENTS.map((event) => fc.tuple(fc.constant(event), fc.bigInt({ min: -max, max }))));
const prices = (max: bigint) =>
  fc.tuple(...EVENTS.map((event) => fc.tuple(fc.constant(event), fc.bigInt({ min: -max, max }))));

const dot = (n: ReadonlyMap<string, bigint>, price: ReadonlyMap<string, bigint>): bigint =>
  [...n].reduce((sum, [event, count]) => sum + count * (price.get(event) ?? 0n), 0n);

describe('counts under many price lists', () => {
  it.each([1n << 20n, 1n << 29n])('cost exactly the sum of counts times prices, up to %d of each', (max) => {
    fc.assert(
      fc.property(counts(max), fc.array(prices(max), { minLength: 1 }), (n, lists) => {
        const priced = lists.map((list) => new Map(list));
        const totals = new PriceSamples(priced).totals(new Map(n));
        expect([...totals]).toEqual(priced.map((list) => dot(new Map(n), list)));
      }),
    );
  });

  it('need no price of what did not happen', () => {
    expect([...new PriceSamples([new Map()]).totals(new Map([['isb', 0n]]))]).toEqual([0n]);
  });

  it('need the price of what did', () => {
    const samples = new PriceSamples([new Map()]);
    expect(() => samples.totals(new Map([['isb', 1n]]))).toThrow('there is no price of isb');
  });
});
