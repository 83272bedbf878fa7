import {
  defaultPrices,
  type Method,
  type PriceMatrix,
  type PriceTable,
  priceMatrix,
} from '../../cost/index.js';
import { type BreakEven, breakEven } from './break-even.js';
import { type Distribution, perFault } from './distribution.js';
import { addedEvents, type EventTotal, eventTotals } from './events.js';
import { layoutNoise, type PricedGroup, pairedCost, priceGroup, sumGroups } from './paired.js';
import { type Input, priceInputs, spreadInput, strongest } from './sensitivity.js';
import { type MethodSight, sightOf } from './sight.js';
import type { PairedCost, StatePair } from './types.js';

/** One core, and what prices it has. */
export interface PricedCoreInput {
  clockGhz: number;
  /** Says that the system costs of the core are only estimated; undefined if they are not. */
  estimated: string | undefined;
  table: PriceTable;
  samples: PriceMatrix;
}

/** What the variant adds where faults find the core in one state, in cycles a fault. */
export interface StateComparison {
  /** `cold`, `warm` or `guest:CYCLES`. */
  state: string;
  /** Over all faults of the trace. */
  all: PairedCost;
  /** By class of fault and outcome, the most frequent first. */
  groups: PairedCost[];
  /** The base against itself at another placement. */
  layoutNoise: Distribution;
  /** What happened on all faults at all placements together: the counts behind the cycles. */
  events: EventTotal[];
}

/** What the variant adds on one core. */
export interface CoreComparison {
  /** Name of its profile, such as `neoverse-n1`. */
  core: string;
  /** Says that the system costs of the core are only estimated; null if they are not. */
  estimated: string | null;
  /** In the order asked for; the rest of this record is about the first. */
  states: StateComparison[];
  /** Of the addition over all faults. */
  breakEven: BreakEven;
  /** The inputs the addition depends on most. */
  inputs: Input[];
  /** Methods of measuring on hardware, the finest first. */
  methods: MethodSight[];
}

/** Prices the counted runs of one core. `pairs` has at least one state. */
export function compareCore(
  input: PricedCoreInput,
  pairs: readonly StatePair[],
  methods: readonly Method[],
): CoreComparison {
  const states = pairs.map((pair) => compareState(pair, input.samples));
  const { all } = states[0] as StateComparison;
  const { clockGhz } = input;
  return {
    core: input.table.core,
    estimated: input.estimated ?? null,
    states,
    breakEven: breakEven(all.added, clockGhz),
    inputs: inputsOf(input, pairs),
    methods: sightOf(methods, { base: all.base, added: all.added, clockGhz }),
  };
}

function compareState({ state, groups }: StatePair, samples: PriceMatrix): StateComparison {
  const priced = groups.map((group) => priceGroup(group, samples));
  const all = sumGroups(priced);
  return {
    state,
    all: pairedCost(all),
    groups: priced.map(pairedCost).sort((a, b) => b.faults - a.faults),
    layoutNoise: layoutNoise(all, samples.samples),
    events: eventTotals(groups),
  };
}

function inputsOf({ table }: PricedCoreInput, pairs: readonly StatePair[]): Input[] {
  const usual = priceMatrix([defaultPrices(table)]);
  const additions = pairs.map((pair) => additionsOf(pair, usual));
  const first = pairs[0] as StatePair;
  const [atPlacements = []] = additions;
  const faults = first.groups.reduce((n, group) => n + group.faults, 0);
  const pairsOfFaults = faults * atPlacements.length;
  const inputs = priceInputs(addedEvents(first.groups), pairsOfFaults, table.prices, mean(atPlacements));
  inputs.push(spreadInput('placement', `${atPlacements.length} placements`, atPlacements));
  if (pairs.length > 1) {
    inputs.push(spreadInput('state', pairs.map(({ state }) => state).join(', '), additions.map(mean)));
  }
  return strongest(inputs);
}

/** Cycles added to a fault at default prices, by placement. */
function additionsOf(pair: StatePair, usual: PriceMatrix): number[] {
  const { base, variant, faults }: PricedGroup = sumGroups(
    pair.groups.map((group) => priceGroup(group, usual)),
  );
  return [...base].map((cost, i) => perFault((variant[i] as bigint) - cost, faults));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
