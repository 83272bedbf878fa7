import type { Machine } from './machine.js';

/** The objects of one kind that each machine has; a machine nobody holds is forgotten with them. */
export class Registry<T extends { readonly machine: Machine }> {
  readonly #live = new WeakMap<Machine, Set<T>>();

  /** Adds an object to those of its machine. */
  add(object: T): void {
    const objects = this.#live.get(object.machine) ?? new Set();
    this.#live.set(object.machine, objects.add(object));
  }

  /** Takes a destroyed object from those of its machine. */
  remove(object: T): void {
    this.#live.get(object.machine)?.delete(object);
  }

  /** The objects of a machine that are not destroyed, in the order of their creation. */
  of(machine: Machine): readonly T[] {
    return [...(this.#live.get(machine) ?? [])];
  }
}
