import { partOf } from './parts.js';

/** Events of one sort, and what they cost together in microcycles. */
export interface Spent {
  event: string;
  count: bigint;
  cost: bigint;
}

/** A block that was run, or a call of a function that is not followed block by block. */
export interface Step {
  /** Functions, the outermost first; the last is the one the block belongs to. */
  frames: readonly string[];
  /** Label of the block, such as `a7`; empty for a function without blocks. */
  block: string;
  /** The branch site it ends in. */
  site: string | undefined;
  /** How often it begins here: 0 where it goes on after a call. */
  runs: number;
  spent: readonly Spent[];
}

/** One fault, step by step, priced on one core. */
export interface FaultTimeline {
  core: string;
  build: string;
  /** Such as "translation write: MAPPED_PAGE". */
  group: string;
  /** Which fault of the trace, from 1. */
  fault: number;
  steps: readonly Step[];
}

/** All runs of a step together: where cycles went. */
export interface StepProfile extends Omit<Step, 'spent'> {
  runs: number;
  /** Microcycles by part, and of all parts. */
  parts: ReadonlyMap<string, bigint>;
  total: bigint;
}

/** Adds up the steps of timelines, each of which stands for `times` faults, by function stack and block. */
export class Profiler {
  readonly #rows = new Map<string, StepProfile & { parts: Map<string, bigint> }>();

  add(steps: readonly Step[], times: number): void {
    for (const step of steps) {
      const row = this.#rowOf(step);
      row.runs += step.runs * times;
      for (const { event, cost } of step.spent) {
        const part = partOf(event);
        const sum = cost * BigInt(times);
        row.parts.set(part, (row.parts.get(part) ?? 0n) + sum);
        row.total += sum;
      }
    }
  }

  /** In the order the steps were first met. */
  rows(): StepProfile[] {
    return [...this.#rows.values()];
  }

  #rowOf({ frames, block, site }: Step): StepProfile & { parts: Map<string, bigint> } {
    const key = [...frames, block].join(';');
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = { frames, block, site, runs: 0, parts: new Map(), total: 0n };
      this.#rows.set(key, row);
    }
    return row;
  }
}
