import type { EventCounts, Price } from '../../cost/index.js';

/** One input and what the addition is at the ends of its range, all others at their defaults. */
export interface Input {
  /** A price, at the ends of its range; where code and data lie; how faults find the core. */
  kind: 'price' | 'placement' | 'state';
  /** Such as "price of LOAD_L2". */
  name: string;
  /** The range, as text: prices in their unit, names of states. */
  range: string;
  /** Lower of the two, in cycles a fault. */
  addedLow: number;
  /** Higher of the two, in cycles a fault. */
  addedHigh: number;
  /** Between the two, in cycles a fault. */
  swing: number;
}

/** How many inputs a comparison names. */
const INPUTS_SHOWN = 5;

/**
 * What the prices of the events that differ do to the addition, one at a time. `difference` is of all placements
 * together, over `pairs` faults: the faults of the trace times the placements.
 */
export function priceInputs(
  difference: EventCounts,
  pairs: number,
  prices: ReadonlyMap<string, Pick<Price, 'v' | 'lo' | 'hi' | 'unit'>>,
  added: number,
): Input[] {
  return [...difference].flatMap(([event, count]) => {
    const price = prices.get(event);
    if (price === undefined || count === 0n || price.lo === price.hi) return [];
    const at = (end: number): number => added + (Number(count) * (end - price.v)) / pairs;
    const range = `${digits(price.lo)} - ${digits(price.hi)} ${price.unit}`;
    return [input('price', `price of ${event}`, range, at(price.lo), at(price.hi))];
  });
}

/** Three significant digits. */
function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** The addition at default prices over the placements, or over the states. */
export function spreadInput(kind: 'placement' | 'state', range: string, additions: readonly number[]): Input {
  return input(kind, kind, range, Math.min(...additions), Math.max(...additions));
}

function input(kind: Input['kind'], name: string, range: string, a: number, b: number): Input {
  const [addedLow, addedHigh] = a < b ? [a, b] : [b, a];
  return { kind, name, range, addedLow, addedHigh, swing: addedHigh - addedLow };
}

/** The inputs the addition depends on most, the strongest first. */
export function strongest(inputs: readonly Input[]): Input[] {
  const moving = inputs.filter(({ swing }) => swing > 0);
  return moving.sort((a, b) => b.swing - a.swing || (a.name < b.name ? -1 : 1)).slice(0, INPUTS_SHOWN);
}
