// Kernel objects that cannot be allocated: what a machine's arenas hold, and how to make the n-th request fail.
import type { Arena } from '../../src/core/arena.js';
import { Stage2Error } from '../../src/core/error.js';
import type { Machine } from '../../src/core/machine.js';

/** Stands between a machine's arenas and what asks them. */
export class ArenaFaults {
  /** Requests still granted. */
  left = Number.POSITIVE_INFINITY;
  requests = 0;
  readonly #live = new Set<string>();

  constructor(machine: Machine) {
    this.#watch('objects', machine.arena);
    this.#watch('roots', machine.roots);
  }

  #watch(name: string, arena: Arena): void {
    const allocate = arena.allocate.bind(arena);
    const release = arena.release.bind(arena);
    arena.allocate = (bytes, align) => {
      if (this.left === 0) throw new Stage2Error('ENOMEM', `${name}: refused by the test`);
      this.left--;
      this.requests++;
      const start = allocate(bytes, align);
      this.#live.add(`${name} ${start}`);
      return start;
    };
    arena.release = (start) => {
      release(start);
      this.#live.delete(`${name} ${start}`);
    };
  }

  /** What is allocated since the watch began. */
  get live(): string[] {
    return [...this.#live].sort();
  }
}
