import type { Constant } from './constant.js';
import { between, draw } from './draw.js';
import { CostError } from './error.js';
import type { EventCounts } from './event-counts.js';

/** What one event costs: cycles, or for `issue` the cycles of a thousandth of a steady cycle. */
export type Price = Constant;

/** What the events of one core cost, as ranges. */
export interface PriceTable {
  /** Name of the profile. */
  core: string;
  /** Nothing of what its system operations cost is documented or measured. */
  estimatedSystem: boolean;
  /** The core whose steady block cycles `issue` counts, in thousandths. */
  issueModel: string;
  /** By name of the event: an operation such as `dsb`, a MicroEvent, `issue`, `insn:PART`, `opaque:FUNCTION`. */
  prices: ReadonlyMap<string, Price>;
}

/** One price for each event, in whole microcycles (1e-6 cycle). */
export type PriceList = ReadonlyMap<string, bigint>;

const MICRO = 1e6;

/** Cycles as whole microcycles. */
export function microcycles(cycles: number): bigint {
  return BigInt(Math.round(cycles * MICRO));
}

/** Microcycles as cycles, rounded to a double. */
export function cyclesOf(micro: bigint): number {
  return Number(micro) / MICRO;
}

/** Every price at its value, in microcycles. */
export function defaultPrices({ prices }: PriceTable): PriceList {
  return listOf(prices, ({ v }) => microcycles(v));
}

/** Everything cheap at once. */
export function lowPrices({ prices }: PriceTable): PriceList {
  return listOf(prices, ({ lo }) => microcycles(lo));
}

/** Everything dear at once. */
export function highPrices({ prices }: PriceTable): PriceList {
  return listOf(prices, ({ hi }) => microcycles(hi));
}

/**
 * Sample number `sample`: each price drawn by itself from its range, the default being the median. The draw of an event depends on
 * the seed, the sample and the name of the event only, so two tables share the draws of the events they share.
 * @param seed a whole number from 0 to 2^53 - 1
 */
export function samplePrices({ prices }: PriceTable, seed: number, sample: number): PriceList {
  return listOf(prices, ({ lo, v, hi }, event) =>
    between(microcycles(lo), microcycles(v), microcycles(hi), draw(seed, sample, event)),
  );
}

function listOf(prices: PriceTable['prices'], priceOf: (price: Price, event: string) => bigint): PriceList {
  return new Map([...prices].map(([event, price]) => [event, priceOf(price, event)]));
}

/**
 * What `counts` cost, in microcycles: the sum of count times price, exactly.
 * @throws {@link CostError} naming an event that happened and has no price
 */
export function costOf(counts: EventCounts, prices: PriceList): bigint {
  let total = 0n;
  for (const [event, n] of counts) if (n !== 0n) total += n * priceOf(event, prices);
  return total;
}

/** What each event costs, in microcycles: the terms of {@link costOf}, without those that did not happen. */
export function costsOf(counts: EventCounts, prices: PriceList): ReadonlyMap<string, bigint> {
  return new Map(
    [...counts].filter(([, n]) => n !== 0n).map(([event, n]) => [event, n * priceOf(event, prices)]),
  );
}

function priceOf(event: string, prices: PriceList): bigint {
  return prices.get(event) ?? noPrice(event);
}

/** An event happened that a price list does not know. */
export function noPrice(event: string): never {
  throw new CostError(`there is no price of ${event}`);
}
