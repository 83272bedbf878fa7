// The n-th mutated file of a kind: the same seed and number give the same bytes.
import { Random } from '../hostile/random.js';
import { once } from './data.js';
import type { Kind } from './kind.js';
import { BYTE_MUTATIONS, type Bytes } from './mutate-bytes.js';
import { GZIP_MUTATIONS, NEUTRAL } from './mutate-gzip.js';
import { JSON_MUTATIONS } from './mutate-json.js';
import { TEXT_MUTATIONS } from './mutate-text.js';

export interface Mutated {
  bytes: Bytes;
  /** What was done, in words. */
  how: string;
  /** The seed file whose result this file must have, if it has to have that of one. */
  like: number | undefined;
  /** Bytes the file is read by at a time. */
  chunk: number;
}

const CHUNKS = [1 << 16, 1 << 16, 4096, 977, 61];
const encode = (text: string): Bytes => new TextEncoder().encode(text) as Bytes;

export class Mutator {
  readonly #seed: number;
  readonly #json: boolean;
  readonly #texts: readonly string[];
  readonly #bytes: () => readonly Bytes[];
  readonly #values: () => readonly unknown[];

  constructor(kind: Kind, seed: number) {
    this.#seed = (seed ^ hash(kind.name)) >>> 0;
    this.#json = kind.json;
    this.#texts = kind.seeds();
    this.#bytes = once(() => this.#texts.map(encode));
    this.#values = once(() => this.#texts.map((text) => JSON.parse(text)));
  }

  seedBytes(i: number): Bytes {
    return this.#bytes()[i] as Bytes;
  }

  at(n: number): Mutated {
    const random = new Random((this.#seed + Math.imul(n + 1, 0x9e3779b1)) >>> 0);
    const like = random.below(this.#texts.length);
    const chunk = random.pick(CHUNKS);
    const group = random.below(24);
    const bytes = this.seedBytes(like);
    if (group === 0) return { ...apply(random, NEUTRAL, (how) => how(random, bytes)), like, chunk };
    return { ...this.#changed(random, group, like), like: undefined, chunk };
  }

  #changed(random: Random, group: number, i: number): { bytes: Bytes; how: string } {
    const bytes = this.seedBytes(i);
    if (group === 1) return apply(random, GZIP_MUTATIONS, (how) => how(random, bytes));
    if (group <= 5) {
      const other = this.seedBytes(random.below(this.#texts.length));
      return apply(random, BYTE_MUTATIONS, (how) => how(random, bytes, other));
    }
    if (group <= 9 || !this.#json)
      return apply(random, TEXT_MUTATIONS, (how) => asBytes(how(random, this.#texts[i] ?? '')));
    return apply(random, JSON_MUTATIONS, (how) => encode(how(random, this.#values()[i])));
  }
}

function apply<T>(
  random: Random,
  mutations: Readonly<Record<string, T>>,
  run: (mutation: T) => Bytes,
): { bytes: Bytes; how: string } {
  const how = random.pick(Object.keys(mutations));
  return { bytes: run(mutations[how] as T), how };
}

function asBytes(made: string | Bytes): Bytes {
  return typeof made === 'string' ? encode(made) : made;
}

function hash(text: string): number {
  return [...text].reduce((sum, c) => (Math.imul(sum, 31) + c.charCodeAt(0)) | 0, 7);
}
