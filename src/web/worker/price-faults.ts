import { FAULT_SIZEOF } from '../../abi/fault-log.js';
import { MicroEvent } from '../../abi/uarch.js';
import {
  costOf,
  cyclesOf,
  defaultPrices,
  highPrices,
  lowPrices,
  MICRO_EVENTS,
  type PriceList,
  type Program,
} from '../../cost/index.js';
import { type Experiment, type ExperimentCore, followJob } from '../../scenario/comparison/experiment.js';
import { fixedEvents } from '../../scenario/comparison/fixed-events.js';
import { Follower, type FollowJob } from '../../scenario/comparison/follow.js';
import type { LoggedPath, LoggedTrace } from '../../scenario/comparison/logged-trace.js';
import type { Placement } from '../../scenario/comparison/placements.js';
import type { State } from '../../scenario/comparison/state.js';
import type { FaultColumns } from '../replay/types.js';

/** The build whose faults are shown: the variant. */
const SHOWN = 1;
/** Faults whose counts are held at once: 2^18 take about 70 MB. */
const PIECE = 1 << 18;
const MICROCYCLES = 1e6;
const ENDS = ['v', 'lo', 'hi'] as const;

/** Which path each fault of the trace took. */
export function pathsOfFaults({ records, paths }: LoggedTrace): Uint32Array {
  const all = new Uint32Array(records.byteLength / FAULT_SIZEOF);
  paths.forEach(({ faults }, path) => {
    for (const fault of faults) all[fault] = path;
  });
  return all;
}

/** What to follow of the variant alone: faults `from` to `to` - 1 of the trace. */
export function variantJob(
  experiment: Experiment,
  core: ExperimentCore,
  state: State,
  [from, to]: readonly [number, number],
): FollowJob {
  const { records } = experiment.trace;
  const part = {
    records: records.subarray(from * FAULT_SIZEOF, to * FAULT_SIZEOF),
    paths: pathsOfFaults(experiment.trace).subarray(from, to),
    followed: [],
  };
  const job = followJob({ ...experiment, sample: part, firsts: part }, core, state);
  return { ...job, builds: [job.builds[SHOWN] ?? []] };
}

/** The faults, of `n`, that fault `index` (from 0) is followed with; each piece begins with a core that was warmed up. */
export function pieceOf(index: number, n: number): [number, number] {
  const from = Math.floor(index / PIECE) * PIECE;
  return [from, Math.min(n, from + PIECE)];
}

/** Cycles of every fault of the trace under the variant, in the order of the trace on one core that goes on. */
export function priceFaults(
  experiment: Experiment,
  core: ExperimentCore,
  state: State,
  placement: Placement,
  done: (faults: number) => void,
): FaultColumns['cycles'] {
  const n = experiment.trace.records.byteLength / FAULT_SIZEOF;
  const cycles = { v: new Float64Array(n), lo: new Float64Array(n), hi: new Float64Array(n) };
  const prices = { v: defaultPrices(core.table), lo: lowPrices(core.table), hi: highPrices(core.table) };
  for (let next = 0; next < n; ) {
    const [from, to] = pieceOf(next, n);
    next = to;
    const job = variantJob(experiment, core, state, [from, to]);
    const rows = new Uint32Array(to - from).map((_, i) => i);
    const [counts] = new Follower({ ...job, rows, rowCount: to - from }).at(placement);
    const rowsOfPiece = priceRows(counts as BigUint64Array, prices);
    for (const end of ENDS) {
      const fixed = fixedCosts(experiment, core, prices[end]);
      const [costs, all] = [rowsOfPiece[end], cycles[end]];
      job.programs.forEach((path, i) => {
        all[from + i] = (fixed[path] as number) + (costs[i] as number);
      });
    }
    done(to);
  }
  return cycles;
}

/** Cycles of the events of each row. Sums of whole microcycles are exact in a double below 2^53. */
function priceRows(
  counts: BigUint64Array,
  prices: Readonly<Record<(typeof ENDS)[number], PriceList>>,
): FaultColumns['cycles'] {
  const words = new Uint32Array(counts.buffer, counts.byteOffset, counts.length * 2);
  const n = counts.length / MicroEvent.COUNT;
  const cycles = { v: new Float64Array(n), lo: new Float64Array(n), hi: new Float64Array(n) };
  const [v, lo, hi] = ENDS.map((end) => microPriceList(prices[end])) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let row = 0; row < n; row++) {
    let [sum, low, high] = [0, 0, 0];
    for (let event = 0; event < MicroEvent.COUNT; event++) {
      const count = words[2 * (row * MicroEvent.COUNT + event)] as number;
      if (count === 0) continue;
      sum += count * (v[event] as number);
      low += count * (lo[event] as number);
      high += count * (hi[event] as number);
    }
    cycles.v[row] = sum / MICROCYCLES;
    cycles.lo[row] = low / MICROCYCLES;
    cycles.hi[row] = high / MICROCYCLES;
  }
  return cycles;
}

/** Microcycles by MicroEvent; what a core does not have costs nothing, and does not happen. */
function microPriceList(prices: PriceList): Float64Array {
  return Float64Array.from(MICRO_EVENTS, (event) => Number(prices.get(event) ?? 0n));
}

/** Cycles, by path, of what does not depend on the state of the core. */
function fixedCosts(
  { trace, programs }: Experiment,
  { kernel, table }: ExperimentCore,
  prices: PriceList,
): number[] {
  return programs[SHOWN].map(({ counts }: Program, path) => {
    const { signature } = trace.paths[path] as LoggedPath;
    return cyclesOf(costOf(fixedEvents(counts, signature.faultClass, kernel, table), prices));
  });
}
