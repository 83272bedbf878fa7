import { CostError } from '../../cost/index.js';

/** How often something happened, by the name of its event. */
export type EventCounts = ReadonlyMap<string, bigint>;

/** Prices in microcycles by event: one sample, or the defaults. */
export type PriceList = ReadonlyMap<string, bigint>;

/** Sums of whole numbers below this are exact in doubles. */
const EXACT = 2 ** 53;

/** The prices of one event in all samples, as doubles where those are exact. */
interface Column {
  exact: readonly bigint[];
  doubles: Float64Array;
  largest: number;
}

/** Price lists side by side, so that counts are priced under all of them at once. Every total is exact. */
export class PriceSamples {
  readonly lists: readonly PriceList[];
  readonly #columns = new Map<string, Column>();

  constructor(lists: readonly PriceList[]) {
    this.lists = lists;
  }

  /** Microcycles of `counts` under each list. @throws {@link CostError} for an event that has no price */
  totals(counts: EventCounts): BigInt64Array {
    const used = [...counts]
      .filter(([, n]) => n !== 0n)
      .map(([event, n]) => ({ n, column: this.#of(event) }));
    const bound = used.reduce((sum, { n, column }) => sum + Math.abs(Number(n)) * column.largest, 0);
    // The bound is rounded too, by far less than half of it.
    return bound < EXACT / 2 ? this.#inDoubles(used) : this.#inBigints(used);
  }

  #inDoubles(used: readonly { n: bigint; column: Column }[]): BigInt64Array {
    const sums = new Float64Array(this.lists.length);
    for (const { n, column } of used) {
      const count = Number(n);
      for (let i = 0; i < sums.length; i++) {
        sums[i] = (sums[i] as number) + count * (column.doubles[i] as number);
      }
    }
    return BigInt64Array.from(sums, BigInt);
  }

  #inBigints(used: readonly { n: bigint; column: Column }[]): BigInt64Array {
    const sums = new BigInt64Array(this.lists.length);
    for (const { n, column } of used) {
      for (let i = 0; i < sums.length; i++) {
        sums[i] = (sums[i] as bigint) + n * (column.exact[i] as bigint);
      }
    }
    return sums;
  }

  #of(event: string): Column {
    const known = this.#columns.get(event);
    if (known !== undefined) return known;
    const exact = this.lists.map((list) => {
      const price = list.get(event);
      if (price === undefined) throw new CostError(`there is no price of ${event}`);
      return price;
    });
    const doubles = Float64Array.from(exact, Number);
    const largest = doubles.reduce((most, price) => Math.max(most, Math.abs(price)), 0);
    const column = { exact, doubles, largest };
    this.#columns.set(event, column);
    return column;
  }
}
