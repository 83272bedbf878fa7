import { median } from '../sample.js';
import type { Pair } from './pairs.js';
import { BATCHES } from './streams.js';

/** CPU time in nanoseconds from any start. */
export type CpuClock = () => number;

/** Of the whole process, compiler threads included: used where the addon, which reads the thread's, is missing. */
export const processCpu: CpuClock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
};

/** A median with the range that holds nine of ten values. */
export interface Spread {
  median: number;
  p5: number;
  p95: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.round(part * (sorted.length - 1))] ?? Number.NaN;
  return { median: median(sorted), p5: at(0.05), p95: at(0.95) };
}

/** What the rounds said of a pair. */
export interface PairResult {
  name: string;
  stream: string;
  /** Time of the subject over that of the reference. */
  ratio: Spread;
  /** Nanoseconds per operation. */
  referenceNs: number;
  subjectNs: number;
}

/** What the rounds said of something measured by itself. */
export interface SingleResult {
  name: string;
  /** Nanoseconds per operation. */
  ns: Spread;
}

/** Something measured by itself: `run` does `operations` of them. */
export interface Single {
  name: string;
  operations: number;
  run: () => void;
}

/** Runs everything often enough for the optimising compilers to have finished. */
export function warmUp(pairs: readonly Pair[], singles: readonly Single[]): void {
  const times = 12;
  for (const { reference, subject } of pairs) {
    for (let i = 0; i < times; i++) reference(0);
    for (let i = 0; i < times; i++) subject(0);
  }
  for (const { run } of singles) for (let i = 0; i < 5 * times; i++) run();
}

/** Measures all pairs and singles in every round, so that drift of the machine hits all alike. */
export class Rounds {
  readonly #cpu: CpuClock;
  readonly #pairs: { pair: Pair; ratios: number[]; referenceNs: number[] }[];
  readonly #singles: { single: Single; ns: number[] }[];

  constructor(pairs: readonly Pair[], singles: readonly Single[], cpu: CpuClock) {
    this.#cpu = cpu;
    this.#pairs = pairs.map((pair) => ({ pair, ratios: [], referenceNs: [] }));
    this.#singles = singles.map((single) => ({ single, ns: [] }));
  }

  run(round: number): void {
    for (const { pair, ratios, referenceNs } of this.#pairs) {
      const sample = (run: (chunk: number) => void) =>
        this.#time(() => runChunks(run, round, pair.chunks)) / (pair.chunks * pair.operations);
      // Not counted. So each of the three samples that count finds the caches as the other walker left them.
      sample(pair.subject);
      // The reference before and after: what drifts evenly cancels out.
      const before = sample(pair.reference);
      const subject = sample(pair.subject);
      const reference = (before + sample(pair.reference)) / 2;
      ratios.push(subject / reference);
      referenceNs.push(reference);
    }
    for (const { single, ns } of this.#singles) ns.push(this.#time(single.run) / single.operations);
  }

  #time(run: () => void): number {
    const start = this.#cpu();
    run();
    return this.#cpu() - start;
  }

  get pairs(): PairResult[] {
    return this.#pairs.map(({ pair, ratios, referenceNs }) => {
      const ratio = spread(ratios);
      const ns = median(referenceNs);
      return {
        name: pair.name,
        stream: pair.stream,
        ratio,
        referenceNs: ns,
        subjectNs: ratio.median * ns,
      };
    });
  }

  get singles(): SingleResult[] {
    return this.#singles.map(({ single, ns }) => ({ name: single.name, ns: spread(ns) }));
  }
}

/** `count` batches in the order of the stream; every round starts at another one. */
function runChunks(run: (chunk: number) => void, round: number, count: number): void {
  for (let i = 0; i < count; i++) run((round + i) % BATCHES);
}
