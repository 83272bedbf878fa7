/** Bytes of the stretch that one address is drawn from: any line is at most that far. */
const LINE = 64;
const HIGH = 2 ** 32;

/** Random whole numbers from 0 to 2^32 - 1 (xorshift). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed + 1, 0x9e3779b9) >>> 0) | 1;
  }

  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  /** Below `end`, which is at most 2^32. */
  below(end: number): number {
    return Math.floor((this.next() / HIGH) * end);
  }
}

/** Addresses, from 64-byte units of a footprint that starts at `base`. */
class Addresses {
  readonly list: BigUint64Array;
  readonly #words: Uint32Array;
  readonly #base: number;

  constructor(base: bigint, n: number) {
    this.list = new BigUint64Array(n);
    this.#words = new Uint32Array(this.list.buffer);
    this.#base = Number(base);
  }

  set(i: number, line: number): void {
    const address = this.#base + line * LINE;
    this.#words[2 * i] = address;
    this.#words[2 * i + 1] = Math.floor(address / HIGH);
  }
}

/** `n` addresses at random. */
export function randomReads(base: bigint, footprint: number, n: number, random: Random): BigUint64Array {
  const addresses = new Addresses(base, n);
  const lines = linesOf(footprint);
  for (let i = 0; i < n; i++) addresses.set(i, random.below(lines));
  return addresses.list;
}

/**
 * The next `n` addresses of a pointer chase that visits units of `bytes` of the footprint one by one, each once before
 * any again: i -> i + step, with a step that shares no factor with the number of units.
 */
export class Chase {
  readonly units: number;
  readonly #base: bigint;
  readonly #bytes: number;
  readonly #step: number;
  #at = 0;

  constructor(base: bigint, footprint: number, bytes = LINE) {
    this.#base = base;
    this.#bytes = bytes;
    this.units = Math.max(1, Math.floor(footprint / bytes));
    this.#step = coprime(this.units);
  }

  take(n: number): BigUint64Array {
    const addresses = new Addresses(this.#base, n);
    for (let i = 0; i < n; i++) {
      addresses.set(i, (this.#at * this.#bytes) / LINE);
      this.#at = (this.#at + this.#step) % this.units;
    }
    return addresses.list;
  }
}

/** Near the golden part of `n`, where successive multiples lie evenly. */
function coprime(n: number): number {
  let step = Math.max(1, Math.floor(n * 0.6180339887));
  while (commonDivisor(step, n) !== 1) step++;
  return step;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

function linesOf(footprint: number): number {
  return Math.max(1, Math.floor(footprint / LINE));
}
