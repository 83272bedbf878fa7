import type { Machine } from '../../src/core/machine.js';
import { CHUNK, type StreamName, streamIpas } from './streams.js';
import type { Walk } from './walk.js';

/** IPAs in the memory of a machine, and room for the results of one batch. Offsets are those of the memory. */
export class StreamStore {
  readonly #machine: Machine;
  readonly #results: number;
  readonly #streams = new Map<string, number>();

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#results = this.#allocate(CHUNK);
  }

  #allocate(words: number): number {
    return this.#machine.view.base + this.#machine.arena.allocate(words * 8, 64);
  }

  #words(offset: number, n: number): BigUint64Array {
    return new BigUint64Array(this.#machine.view.memory.buffer, offset, n);
  }

  #place(ipas: BigUint64Array): number {
    const at = this.#allocate(ipas.length);
    this.#words(at, ipas.length).set(ipas);
    return at;
  }

  #stream(name: StreamName, granuleShift: number): number {
    const key = `${name} ${granuleShift}`;
    const at = this.#streams.get(key) ?? this.#place(streamIpas(name, granuleShift));
    this.#streams.set(key, at);
    return at;
  }

  /** A function that has `walk` translate a batch of a stream. */
  batches(walk: Walk, name: StreamName, granuleShift: number): (chunk: number) => void {
    const ipas = this.#stream(name, granuleShift);
    return (chunk) => walk(ipas + chunk * CHUNK * 8, CHUNK, this.#results);
  }

  /** What the batch translated last gave. */
  lastResults(): BigUint64Array {
    return this.#words(this.#results, CHUNK).slice();
  }

  /** What `walk` makes of IPAs that are not a stream's; at most a batch. */
  translate(walk: Walk, ipas: BigUint64Array): BigUint64Array {
    const at = this.#place(ipas);
    walk(at, ipas.length, this.#results);
    return this.#words(this.#results, ipas.length).slice();
  }
}
