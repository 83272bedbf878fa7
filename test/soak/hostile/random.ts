// A small fast generator, so that ten million cases take minutes; the same seed gives the same cases everywhere.

/** sfc32 of PractRand, seeded with one word. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  readonly #halves = new Uint32Array(2);
  readonly #word = new BigUint64Array(this.#halves.buffer);

  constructor(seed: number) {
    this.#a = seed;
    this.#b = 0x9e3779b9;
    this.#c = 0x243f6a88;
    for (let i = 0; i < 12; i++) this.u32();
  }

  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** 0 to n - 1. */
  below(n: number): number {
    return Math.floor((this.u32() / 2 ** 32) * n);
  }

  /** True once in so many times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  u64(): bigint {
    this.#halves[0] = this.u32();
    this.#halves[1] = this.u32();
    return this.#word[0] as bigint;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
}
