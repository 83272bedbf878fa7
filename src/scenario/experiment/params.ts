import { show } from '../../cost/error.js';
import type { Field } from '../../cost/field.js';
import { CostError, type KernelClass } from '../../cost/index.js';
import { kernelOf } from '../../cost/kernel.js';
import type { Bench, Core } from './bench.js';
import { type PageSize, readPageSize } from './page-size.js';

const GHZ_LEAST = 1e-3;
const GHZ_MOST = 10;

/** The parameters of a row, read as what they have to be; what is wrong is said with file, row and field. */
export class Params {
  readonly field: Field;
  readonly bench: Bench;
  readonly #used = new Set<string>(['clock_ghz']);

  constructor(field: Field, bench: Bench) {
    this.field = field;
    this.bench = bench;
  }

  /** Parameters that nothing asked for. */
  unused(): string[] {
    return this.field
      .entries()
      .map(([name]) => name)
      .filter((name) => !this.#used.has(name));
  }

  get(name: string): Field {
    this.#used.add(name);
    return this.field.get(name);
  }

  core(): Core {
    const field = this.get('core');
    const { profiles } = this.bench.data;
    const profile = profiles.get(field.text());
    if (profile === undefined) {
      return field.fail(`unknown core ${show(field.value)}, expected ${[...profiles.keys()].join(' or ')}`);
    }
    const clock = this.get('clock_ghz');
    return { profile, clockGhz: clock.present ? number(clock, GHZ_LEAST, GHZ_MOST) : profile.clock.v };
  }

  kernel(): KernelClass {
    const field = this.get('kernel');
    const name = field.text();
    return this.at(field, () => kernelOf(this.bench.data.kernels, name));
  }

  /** Errors of the cost model, said of `field`. */
  at<T>(field: Field, run: () => T): T {
    try {
      return run();
    } catch (error) {
      return error instanceof CostError && !('field' in error) ? field.fail(error.message) : rethrow(error);
    }
  }

  /** A number from `least` to `most`; `otherwise` if it is not given and there is such. */
  number(name: string, least: number, most: number, otherwise?: number): number {
    const field = this.get(name);
    return otherwise !== undefined && !field.present ? otherwise : number(field, least, most);
  }

  pageSize(name: string): PageSize {
    return readPageSize(this.get(name));
  }

  text(name: string): string {
    return this.get(name).text();
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    return this.get(name).oneOf(allowed);
  }
}

function number(field: Field, least: number, most: number): number {
  const value = field.number();
  if (value < least || value > most) field.expected(`a number from ${least} to ${most}`);
  return value;
}

function rethrow(error: unknown): never {
  throw error;
}
