// Physical address maps with everything a walk can run into: RAM of one page, RAM side by side, memory without bytes,
// devices, the ends of the address space, and RAM or a hole where the emulator's own state lies in linear memory.
import type { BankSpec } from '../../../src/core/physmap.js';

/** What a hostile world is made of. */
export interface AddressMap {
  name: string;
  banks: readonly BankSpec[];
  roots: { pa: bigint; size: number };
  tablePool: { pa: bigint; pages: number; pageShift: 12 | 14 | 16 };
}

const ram = (pa: bigint, size: number): BankSpec => ({ pa, size: BigInt(size), kind: 'ram' });
const unbacked = (pa: bigint, size: number): BankSpec => ({ pa, size: BigInt(size), kind: 'unbacked' });
const device = (pa: bigint, size: number): BankSpec => ({ pa, size: BigInt(size), kind: 'device' });

const PAGE = 4096;
const TOP = 1n << 52n;

/** Chunks of 4 KiB. */
const SCATTERED: AddressMap = {
  name: 'scattered',
  banks: [
    ram(0n, PAGE),
    ram(0x4000_0000n, 16 * PAGE),
    // Beside the bank before it: both are one to the core.
    ram(0x4001_0000n, 4 * PAGE),
    ram(0xffff_f000n, PAGE),
    device(0x1_0000_0000n, 16 * PAGE),
    unbacked(0x1_0001_0000n, 16 * PAGE),
    ram((1n << 48n) - 0x1000n, PAGE),
    ram(TOP - 0x1000n, PAGE),
  ],
  roots: { pa: 1n << 47n, size: 4 * PAGE },
  tablePool: { pa: 1n << 46n, pages: 8, pageShift: 12 },
};

/** Chunks of 64 KiB, and tables of that size. */
const COARSE: AddressMap = {
  name: 'coarse',
  banks: [
    unbacked(0n, 16 * PAGE),
    ram(0x8000_0000n, 16 * PAGE),
    device(0x8001_0000n, 16 * PAGE),
    ram(1n << 48n, 16 * PAGE),
    ram(TOP - 0x1_0000n, 16 * PAGE),
  ],
  roots: { pa: 1n << 40n, size: 16 * PAGE },
  tablePool: { pa: 1n << 41n, pages: 2, pageShift: 16 },
};

/** RAM at the linear offsets of the emulator's own state. */
const LOW: AddressMap = {
  name: 'low',
  banks: [ram(0n, 64 * PAGE), device(0x4_0000n, 16 * PAGE), unbacked(TOP - 0x1000n, PAGE)],
  roots: { pa: 1n << 36n, size: PAGE },
  tablePool: { pa: (1n << 36n) + 0x4000n, pages: 4, pageShift: 14 },
};

export const ADDRESS_MAPS: readonly AddressMap[] = [SCATTERED, COARSE, LOW];
