import type { FaultTimeline, Spent, Step } from '../scenario/comparison/timeline.js';

/** An event of the Chrome trace-event format. */
interface TraceEvent {
  name: string;
  /** M metadata, B and E begin and end of a function, X a block or what it waited for. */
  ph: 'M' | 'B' | 'E' | 'X';
  pid: number;
  tid: number;
  ts?: number;
  dur?: number;
  cat?: string;
  args?: Record<string, string | number>;
}

/** What is shown of a fault, for speedscope, Perfetto and chrome://tracing. */
export interface TraceDocument {
  traceEvents: TraceEvent[];
  displayTimeUnit: 'ns';
  metadata: Record<string, string | number>;
}

const PLACE = { pid: 1, tid: 1 };
/** Microcycles a unit of `ts`, a microsecond: so a nanosecond on the time line is a cycle. */
const MICROCYCLES_PER_TS = 1e9;
const ISSUE = 'issue';

/** The time line of one fault: functions, in them blocks, in them what they waited for after they were issued. */
export function traceEvents(timeline: FaultTimeline): TraceDocument {
  const writer = new Writer();
  for (const step of timeline.steps) writer.step(step);
  writer.leaveTo([]);
  const { core, build, group, fault } = timeline;
  return {
    traceEvents: [
      named('process_name', `${core}: 1 ns is 1 cycle`),
      named('thread_name', group),
      ...writer.events,
    ],
    displayTimeUnit: 'ns',
    metadata: {
      unit: '1 ns on the time line is 1 cycle of the core: ts and dur are cycles / 1000',
      core,
      build,
      group,
      fault,
      microcycles: String(writer.now),
    },
  };
}

function named(name: string, value: string): TraceEvent {
  return { name, ph: 'M', ...PLACE, args: { name: value } };
}

class Writer {
  readonly events: TraceEvent[] = [];
  /** Microcycles since the fault began. */
  now = 0n;
  #open: readonly string[] = [];

  step({ frames, block, site, spent }: Step): void {
    this.leaveTo(frames);
    for (const name of frames.slice(this.#open.length)) {
      this.events.push({ name, ph: 'B', ...PLACE, ts: this.#ts(), cat: 'function' });
    }
    this.#open = frames;
    const start = this.now;
    const waits = [...spent].sort((a, b) => Number(b.event === ISSUE) - Number(a.event === ISSUE));
    const total = spent.reduce((sum, { cost }) => sum + cost, 0n);
    if (block !== '') this.#span(block, 'block', start, total, site === undefined ? {} : { site });
    for (const item of waits) this.#wait(item);
    this.now = start + total;
  }

  /** Ends the functions that are open beyond what they have in common with `frames`. */
  leaveTo(frames: readonly string[]): void {
    let common = 0;
    while (common < this.#open.length && this.#open[common] === frames[common]) common++;
    for (const name of this.#open.slice(common).reverse()) {
      this.events.push({ name, ph: 'E', ...PLACE, ts: this.#ts() });
    }
    this.#open = this.#open.slice(0, common);
  }

  #wait({ event, count, cost }: Spent): void {
    if (event !== ISSUE && cost > 0n) this.#span(event, 'event', this.now, cost, { count: Number(count) });
    this.now += cost;
  }

  #span(name: string, cat: string, start: bigint, cost: bigint, args: Record<string, string | number>): void {
    const [ts, dur] = [Number(start) / MICROCYCLES_PER_TS, Number(cost) / MICROCYCLES_PER_TS];
    this.events.push({ name, ph: 'X', ...PLACE, ts, dur, cat, args: { ...args, microcycles: String(cost) } });
  }

  #ts(): number {
    return Number(this.now) / MICROCYCLES_PER_TS;
  }
}
