// One mutated file, read and judged.
import { type Ending, type Kind, must, readAs } from './kind.js';
import { type Mutated, Mutator } from './mutate.js';

const MIB = 2 ** 20;

/** The cases of one kind and one seed. */
export class Cases {
  readonly kind: Kind;
  readonly #mutator: Mutator;
  readonly #results = new Map<number, Ending>();
  #wasm = 0;

  constructor(kind: Kind, seed: number) {
    this.kind = kind;
    this.#mutator = new Mutator(kind, seed);
    countWasm((bytes) => {
      this.#wasm = Math.max(this.#wasm, bytes);
    });
  }

  file(n: number): Mutated {
    return this.#mutator.at(n);
  }

  /** @throws whatever must not happen */
  async run(n: number): Promise<Ending> {
    return this.judge(this.file(n));
  }

  async judge({ bytes, like, chunk }: Mutated): Promise<Ending> {
    this.#wasm = 0;
    const ending = await readAs(this.kind, bytes, chunk);
    this.#checkWasm(bytes.length);
    if (like !== undefined) {
      const own = await this.#resultOf(like);
      must(
        textOfEnding(ending) === textOfEnding(own),
        () => `another form of the file has another result: ${textOfEnding(ending).slice(0, 200)}`,
      );
    }
    return ending;
  }

  /** Memory of emulated machines, which neither the heap nor the file's size shows. */
  #checkWasm(bytes: number): void {
    const { base, factor, machine = base } = this.kind.memory;
    const most = machine * MIB + factor * bytes;
    must(
      this.#wasm <= most,
      () => `a machine of ${this.#wasm} bytes for a file of ${bytes}, expected at most ${most}`,
    );
  }

  async #resultOf(seed: number): Promise<Ending> {
    const known = this.#results.get(seed);
    if (known !== undefined) return known;
    const bytes = this.#mutator.seedBytes(seed);
    const ending = await readAs(this.kind, bytes);
    must(ending.kind === 'accepted', () => `the file itself is refused: ${textOfEnding(ending)}`);
    this.#results.set(seed, ending);
    return ending;
  }
}

function textOfEnding(ending: Ending): string {
  return ending.kind === 'accepted' ? ending.result : ending.message;
}

type OnWasm = (bytes: number) => void;
let onWasm: OnWasm | undefined;

/** Has `told` called with the size of every wasm memory that is made from now on. */
function countWasm(told: OnWasm): void {
  if (onWasm === undefined) {
    const { Memory } = WebAssembly;
    WebAssembly.Memory = class extends Memory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        super(descriptor);
        onWasm?.(this.buffer.byteLength);
      }
    };
  }
  onWasm = told;
}
