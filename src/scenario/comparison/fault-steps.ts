import {
  type Call,
  codeEvents,
  costsOf,
  type EventCounts,
  eventDifference,
  type PriceList,
  type Step as RunBlock,
  staticCounts,
  sumEvents,
  type Walk,
} from '../../cost/index.js';
import type { ExperimentCore } from './experiment.js';
import type { Segment } from './steps.js';
import type { Spent, Step } from './timeline.js';

const WORLD_SWITCH = ['world switch'];
/** What the path counts without saying where. */
const ELSEWHERE = ['not placed'];

/** One fault as steps in its order, priced: what the model of the core counted, and what the path fixes, where it happens. */
export function stepsOf(
  walk: Walk,
  segments: readonly Segment[],
  faultClass: number,
  core: ExperimentCore,
  prices: PriceList,
): Step[] {
  const pieces = new Pieces(walk, core);
  const steps = segments.map((segment): Step => {
    const { events, runs } = pieces.take(segment);
    return {
      frames: segment.frames,
      block: segment.block,
      site: segment.site === '' ? undefined : segment.site,
      runs,
      spent: spentOn(sumEvents([events, segment.events]), prices),
    };
  });
  const world = step(WORLD_SWITCH, core.kernel.switchOf(faultClass), prices);
  return [world, ...steps, step(ELSEWHERE, pieces.rest(), prices)].filter(({ spent }) => spent.length > 0);
}

function step(frames: readonly string[], events: EventCounts, prices: PriceList): Step {
  return { frames, block: '', site: undefined, runs: 1, spent: spentOn(events, prices) };
}

function spentOn(events: EventCounts, prices: PriceList): Spent[] {
  return [...costsOf(events, prices)].map(([event, cost]) => ({
    event,
    count: events.get(event) ?? 0n,
    cost,
  }));
}

/** Hands out what the blocks and calls of a walk count, in their order. */
class Pieces {
  readonly #walk: Walk;
  readonly #core: ExperimentCore;
  readonly #opaque: Map<string, number>;
  #left: EventCounts;
  #block = 0;
  #call = 0;

  constructor(walk: Walk, core: ExperimentCore) {
    this.#walk = walk;
    this.#core = core;
    this.#opaque = new Map(walk.opaque);
    this.#left = this.#events(walk);
  }

  /** What a segment begins: blocks that run again at once, a call, or a function that was not compiled. */
  take({ frames, block, opaque }: Segment): { events: EventCounts; runs: number } {
    const name = frames.at(-1) ?? '';
    if (opaque) return this.#takeOpaque(name);
    const call = this.#walk.callees[this.#call];
    if (call?.name === name && call.outcome === block) {
      this.#call++;
      return this.#given([], [call]);
    }
    const blocks: RunBlock[] = [];
    for (let next = this.#next(); next?.block.label === block; next = this.#next()) {
      blocks.push(next);
      this.#block++;
    }
    return this.#given(blocks, []);
  }

  /** What no segment took. */
  rest(): EventCounts {
    return this.#left;
  }

  #next(): RunBlock | undefined {
    return this.#walk.steps[this.#block];
  }

  #takeOpaque(name: string): { events: EventCounts; runs: number } {
    const calls = this.#opaque.get(name) ?? 0;
    this.#opaque.set(name, Math.max(calls - 1, 0));
    return this.#given([], [], calls > 0 ? new Map([[name, 1]]) : new Map());
  }

  #given(
    steps: readonly RunBlock[],
    callees: readonly Call[],
    opaque: ReadonlyMap<string, number> = new Map(),
  ): { events: EventCounts; runs: number } {
    const counted = [...steps.filter(({ completed }) => completed).map(({ block }) => block.counts)];
    counted.push(...callees.filter(({ cacheLoop }) => !cacheLoop).map(({ counts }) => counts));
    const totals = sumCounts(this.#walk.totals, counted);
    const events = this.#events({ ...this.#walk, steps, callees, opaque, totals });
    this.#left = eventDifference(events, this.#left);
    return { events, runs: steps.length + callees.length + opaque.size };
  }

  #events(walk: Walk): EventCounts {
    const { kernel, table } = this.#core;
    return codeEvents(staticCounts(walk), kernel.hypercall, table);
  }
}

/** Counts of the same keys as `like`, added up. */
function sumCounts(like: Walk['totals'], all: readonly Walk['totals'][]): Walk['totals'] {
  const keys = Object.keys(like) as (keyof Walk['totals'])[];
  const sums = keys.map((key) => [key, all.reduce((n, counts) => n + counts[key], 0)]);
  return Object.fromEntries(sums) as Walk['totals'];
}
