// Records the calls of every core that some code makes: see log.mjs.
import { answer, digest, Kind, MAGIC } from './log.mjs';

/** The calls of one core. */
export interface Recording {
  accounted: boolean;
  log: Uint32Array;
  /** What the recorded core answered, as `replay` gives it. */
  lines: string[];
  /** Exports by the number of their calls. */
  calls: Map<string, number>;
}

/** Calls between two comparisons of all memory. */
const COMPARE_EVERY = 100;
const WASM_PAGE = 65536;
/** Words that are alike between two that differ and are written with them: as many as a record has of its own. */
const GAP = 3;

/** Runs `act`; gives what every core did that it made, in their order. */
export function record(act: () => void): Recording[] {
  const real = WebAssembly.Instance;
  const recorders: Recorder[] = [];
  class Recorded {
    readonly exports: WebAssembly.Exports;

    constructor(module: WebAssembly.Module, imports: { env: { memory: WebAssembly.Memory } }) {
      const recorder = new Recorder(module, imports.env.memory, new real(module, imports).exports);
      recorders.push(recorder);
      this.exports = recorder.exports;
    }
  }
  WebAssembly.Instance = Recorded as unknown as typeof WebAssembly.Instance;
  try {
    act();
  } finally {
    WebAssembly.Instance = real;
  }
  return recorders.map((each) => each.end());
}

class Recorder {
  readonly exports: WebAssembly.Exports;
  readonly #words = new Words();
  readonly #lines: string[] = [];
  readonly #calls = new Map<string, number>();
  readonly #memory: Mirror;

  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, exports: WebAssembly.Exports) {
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    this.#memory = new Mirror(memory);
    this.#words.push(MAGIC, memory.buffer.byteLength / WASM_PAGE);
    const wrapped = names.map((name, place) => {
      this.#calls.set(name, 0);
      const real = exports[name] as (...args: Argument[]) => number | bigint | undefined;
      return [name, (...args: Argument[]) => this.#call(name, place, args, real)];
    });
    this.exports = Object.fromEntries(wrapped);
  }

  #call(
    name: string,
    place: number,
    args: Argument[],
    real: (...args: Argument[]) => number | bigint | undefined,
  ): number | bigint | undefined {
    this.#hostWrites();
    const mask = args.reduce((bits: number, each, i) => bits | (typeof each === 'bigint' ? 1 << i : 0), 0);
    this.#words.push(Kind.CALL, place, mask, args.length);
    for (const each of args) {
      const value = BigInt.asUintN(typeof each === 'bigint' ? 64 : 32, BigInt(each));
      this.#words.push(Number(value & 0xffffffffn), Number(value >> 32n));
    }
    const result = real(...args);
    this.#memory.update();
    this.#lines.push(answer(name, result));
    this.#calls.set(name, (this.#calls.get(name) ?? 0) + 1);
    if (this.#lines.length % COMPARE_EVERY === 0) this.#compare();
    return result;
  }

  #hostWrites(): void {
    this.#memory.writes((offset, words) => {
      this.#words.push(Kind.WRITE, offset, words.length);
      this.#words.append(words);
    });
  }

  #compare(): void {
    this.#words.push(Kind.MEMORY);
    this.#lines.push(digest(this.#memory.words));
  }

  end(): Recording {
    this.#hostWrites();
    this.#compare();
    this.#words.push(Kind.END);
    const accounted = this.#calls.has('microInit');
    return { accounted, log: this.#words.taken(), lines: this.#lines, calls: this.#calls };
  }
}

type Argument = number | boolean | bigint;

/** A memory beside what it was after the last call: where they differ the host has written. */
class Mirror {
  readonly words: Uint32Array;
  readonly #before: Uint32Array;
  /** Both in parts that are compared at one go. */
  readonly #parts: { now: Uint8Array; before: Uint8Array; first: number }[] = [];

  constructor(memory: WebAssembly.Memory) {
    const now = Buffer.from(memory.buffer);
    const before = Buffer.alloc(now.length);
    this.words = new Uint32Array(memory.buffer);
    this.#before = new Uint32Array(before.buffer, before.byteOffset, this.words.length);
    for (let at = 0; at < now.length; at += WASM_PAGE) {
      const end = at + WASM_PAGE;
      this.#parts.push({ now: now.subarray(at, end), before: before.subarray(at, end), first: at / 4 });
    }
  }

  /** Gives each run of words that the host wrote. */
  writes(take: (offset: number, words: Uint32Array) => void): void {
    for (const { now, before, first } of this.#parts) {
      if (Buffer.compare(now, before) !== 0) this.#runs(first, first + WASM_PAGE / 4, take);
    }
  }

  #runs(first: number, end: number, take: (offset: number, words: Uint32Array) => void): void {
    const { words } = this;
    const differs = (i: number) => words[i] !== this.#before[i];
    for (let start = first; start < end; start++) {
      if (!differs(start)) continue;
      let last = start;
      for (let i = start; i < end && i - last <= GAP; i++) if (differs(i)) last = i;
      take(start * 4, words.subarray(start, last + 1));
      start = last;
    }
  }

  /** The core was called: from here on all differences are the host's. */
  update(): void {
    for (const { now, before } of this.#parts) if (Buffer.compare(now, before) !== 0) before.set(now);
  }
}

/** A list of words that grows. */
class Words {
  #words = new Uint32Array(1 << 16);
  #length = 0;

  push(...words: number[]): void {
    this.append(words);
  }

  append(words: ArrayLike<number>): void {
    if (this.#length + words.length > this.#words.length) {
      const larger = new Uint32Array(2 * (this.#length + words.length));
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words.set(words, this.#length);
    this.#length += words.length;
  }

  taken(): Uint32Array {
    return this.#words.slice(0, this.#length);
  }
}
