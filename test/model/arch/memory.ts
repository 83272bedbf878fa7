// Physical memory as a few banks, all zero but for the words given. What lies in no bank is a hole.
import type { Memory } from './types.js';

export interface Bank {
  base: bigint;
  size: bigint;
}

export interface Block {
  pa: bigint;
  words: readonly bigint[];
}

export class BankedMemory implements Memory {
  readonly #words = new Map<bigint, bigint>();

  constructor(
    readonly banks: readonly Bank[],
    blocks: readonly Block[],
  ) {
    for (const { pa, words } of blocks) {
      words.forEach((word, i) => {
        this.#words.set(pa + 8n * BigInt(i), word);
      });
    }
  }

  read(pa: bigint): bigint | undefined {
    const backed = this.banks.some(({ base, size }) => pa >= base && pa < base + size);
    return backed ? (this.#words.get(pa) ?? 0n) : undefined;
  }

  write(pa: bigint, value: bigint): void {
    this.#words.set(pa, value);
  }
}
