import type { Build, BuildFunction } from './build-types.js';
import { runLengths } from './sequence.js';
import type { Walk } from './walk.js';

/** Cycles of whole walks, found again by what was executed. */
export class WholePaths {
  private readonly cycles = new Map<string, readonly number[]>();
  private readonly texts = new Map<string, number>();
  private readonly numbers = new WeakMap<BuildFunction, number>();

  /** @param cores the order of the cycles */
  constructor(private readonly cores: readonly string[]) {}

  add(walk: Walk, cycles: readonly number[]): void {
    this.cycles.set(this.keyOf(walk), cycles);
  }

  /** Cycles of `walk` on `core` if the same walk was added, of this build or of one with the same code. */
  find(walk: Walk, core: string): number | undefined {
    return walk.oops === undefined
      ? this.cycles.get(this.keyOf(walk))?.[this.cores.indexOf(core)]
      : undefined;
  }

  /** Equal for walks that execute the same blocks of equal functions and make calls of equal cost. */
  private keyOf(walk: Walk): string {
    const functions = new Set(walk.steps.map(({ block }) => this.numberOf(walk.build, block.functionName)));
    const calls = walk.callees.map(({ name, counts, cycles }) => [name, counts.insn, cycles]);
    return JSON.stringify([[...functions], runLengths(walk.blocks), calls]);
  }

  /** One number for each text of a function, wherever in the kernel it lies. */
  private numberOf(build: Build, name: string): number | undefined {
    const fn = build.functions.get(name);
    if (fn === undefined) return undefined;
    const known = this.numbers.get(fn);
    if (known !== undefined) return known;
    const text = textOf(fn);
    const number = this.texts.get(text) ?? this.texts.size;
    this.texts.set(text, number);
    this.numbers.set(fn, number);
    return number;
  }
}

function textOf({ name, code, textOffset, blocks }: BuildFunction): string {
  const relative = [...blocks.values()].map((block) => ({
    ...block,
    textOffset: block.textOffset - textOffset,
  }));
  return JSON.stringify([name, code, relative]);
}
