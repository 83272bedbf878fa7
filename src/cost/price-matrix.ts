import { CostError } from './error.js';
import type { EventCounts } from './event-counts.js';
import { noPrice, type PriceList, type PriceTable, samplePrices } from './price-list.js';

/** Many price lists of the same events, as one dense matrix. */
export interface PriceMatrix {
  /** Names, in the order of the columns. */
  events: readonly string[];
  /** Number of price lists. */
  samples: number;
  /** Microcycles, a row of events for each sample. */
  prices: Float64Array;
}

/** Doubles are exact up to here, and sums of products that stay below. */
const EXACT = 2 ** 53;
/** Bounds are computed in doubles: half leaves room for their rounding. */
const BOUND_EXACT = EXACT / 2;
const BOUND_INT64 = 2 ** 62;

/** Samples 0 to `samples` - 1 of {@link samplePrices}. */
export function samplePriceMatrix(table: PriceTable, seed: number, samples: number): PriceMatrix {
  return priceMatrix(Array.from({ length: samples }, (_, sample) => samplePrices(table, seed, sample)));
}

/** @throws {@link CostError} if the lists do not price the same events, or a price is not exact as a double. */
export function priceMatrix(lists: readonly PriceList[]): PriceMatrix {
  const events = [...(lists[0]?.keys() ?? [])];
  const prices = new Float64Array(lists.length * events.length);
  lists.forEach((list, sample) => {
    events.forEach((event, i) => {
      const price = Number(list.get(event) ?? noPrice(event));
      if (!Number.isSafeInteger(price))
        throw new CostError(`the price of ${event} is beyond 2^53 microcycles`);
      prices[sample * events.length + i] = price;
    });
  });
  return { events, samples: lists.length, prices };
}

/**
 * What each of `rows` costs under each price list, in microcycles: `rows.length` rows of `samples` totals, each the
 * same as that of costOf.
 * @throws {@link CostError} naming an event that happened and has no price, or for a total beyond 64 bits
 */
export function costMatrix(rows: readonly EventCounts[], matrix: PriceMatrix): BigInt64Array {
  const totals = new BigInt64Array(rows.length * matrix.samples);
  const columns = new Map(matrix.events.map((event, i) => [event, i]));
  const highest = highestPrices(matrix);
  rows.forEach((counts, row) => {
    const terms = termsOf(counts, columns);
    const bound = terms.reduce((sum, { n, column }) => sum + Math.abs(Number(n)) * (highest[column] ?? 0), 0);
    if (bound > BOUND_INT64) throw new CostError('a total is beyond 2^62 microcycles');
    const total = bound < BOUND_EXACT ? exactInDoubles(terms, matrix) : exactInBigints(terms, matrix);
    for (let sample = 0; sample < matrix.samples; sample++) {
      totals[row * matrix.samples + sample] = total(sample);
    }
  });
  return totals;
}

interface Term {
  n: bigint;
  column: number;
}

function termsOf(counts: EventCounts, columns: ReadonlyMap<string, number>): Term[] {
  return [...counts]
    .filter(([, n]) => n !== 0n)
    .map(([event, n]) => ({ n, column: columns.get(event) ?? noPrice(event) }));
}

function highestPrices({ events, samples, prices }: PriceMatrix): Float64Array {
  const highest = new Float64Array(events.length);
  for (let sample = 0; sample < samples; sample++) {
    for (let i = 0; i < events.length; i++) {
      highest[i] = Math.max(highest[i] as number, Math.abs(prices[sample * events.length + i] as number));
    }
  }
  return highest;
}

/** Every product and every partial sum is below 2^53, hence a whole number that a double holds. */
function exactInDoubles(terms: readonly Term[], { events, prices }: PriceMatrix): (sample: number) => bigint {
  const columns = Int32Array.from(terms, ({ column }) => column);
  const counts = Float64Array.from(terms, ({ n }) => Number(n));
  return (sample) => {
    const row = sample * events.length;
    let total = 0;
    for (let i = 0; i < columns.length; i++) {
      total += (counts[i] as number) * (prices[row + (columns[i] as number)] as number);
    }
    return BigInt(total);
  };
}

function exactInBigints(terms: readonly Term[], { events, prices }: PriceMatrix): (sample: number) => bigint {
  return (sample) => {
    const row = sample * events.length;
    return terms.reduce((sum, { n, column }) => sum + n * BigInt(prices[row + column] as number), 0n);
  };
}
