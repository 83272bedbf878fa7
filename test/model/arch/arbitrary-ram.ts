// The RAM that random tables are laid out in: a few banks, filled from their start.
import { alignDown, byteSwap, ones } from './bits.js';
import type { Bank, Block } from './memory.js';

/** Every bank holds at least one page of any granule, so that what lies beside a table is RAM too. */
const BANK_ALIGN_BITS = 16;

export class Ram {
  readonly #words = new Map<bigint, bigint>();
  readonly #banks: { base: bigint; end: bigint }[];
  #turn = 0;

  constructor(bases: readonly bigint[]) {
    this.#banks = bases.map((base) => ({ base, end: base }));
  }

  /** Room of 2^sizeBits bytes, aligned to its size, in one bank after the other. */
  allocate(sizeBits: number): bigint {
    const bank = this.#banks[this.#turn++ % this.#banks.length] as { base: bigint; end: bigint };
    const pa = alignDown(bank.end + ones(sizeBits), sizeBits);
    bank.end = pa + (1n << BigInt(sizeBits));
    return pa;
  }

  set(pa: bigint, word: bigint, bigEndian: boolean): void {
    this.#words.set(pa, bigEndian ? byteSwap(word) : word);
  }

  banks(): Bank[] {
    return this.#banks.map(({ base, end }) => ({ base, size: alignUp(end - base) }));
  }

  /** The words that were set inside a bank, neighbours together. */
  blocks(): Block[] {
    const blocks: { pa: bigint; words: bigint[] }[] = [];
    for (const [pa, word] of [...this.#words].filter(([pa]) => this.#has(pa)).sort(byAddress)) {
      const last = blocks.at(-1);
      if (last !== undefined && last.pa + 8n * BigInt(last.words.length) === pa) last.words.push(word);
      else blocks.push({ pa, words: [word] });
    }
    return blocks;
  }

  #has(pa: bigint): boolean {
    return this.banks().some(({ base, size }) => pa >= base && pa < base + size);
  }
}

function alignUp(size: bigint): bigint {
  const whole = alignDown(size + ones(BANK_ALIGN_BITS), BANK_ALIGN_BITS);
  return whole === 0n ? 1n << BigInt(BANK_ALIGN_BITS) : whole;
}

function byAddress([a]: [bigint, bigint], [b]: [bigint, bigint]): number {
  return a < b ? -1 : 1;
}
