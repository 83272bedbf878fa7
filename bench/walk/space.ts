import { Machine } from '../../src/core/machine.js';
import type { BankSpec } from '../../src/core/physmap.js';

/** First physical address of RAM: not 0, so that every walker has to subtract it. */
export const RAM_PA = 0x8_8000_0000n;
const PAGE = 4096n;
const MB = 1n << 20n;

const CONTIGUOUS_BYTES = 160n * MB;
const BANKS = 81;
const BANK_BYTES = 2n * MB;
/** Distance between the banks of sparse RAM: holes lie between all of them. */
const BANK_STEP = 16n * MB;

/** Memory of a machine that tables are put into, one after another. */
export interface Space {
  machine: Machine;
  /** PA of `bytes` zeroed bytes, aligned to their number (a power of two). */
  allocate(bytes: number): bigint;
}

function createMachine(banks: BankSpec[], arenaBytes: number, accounted = false): Machine {
  const { pa, size } = banks.at(-1)!;
  // The pool and the roots, which a machine has in any case, join the last bank.
  return new Machine({
    banks,
    tablePool: { pa: pa + size, pages: Number(MB / PAGE) },
    roots: { pa: pa + size + MB, size: Number(MB) },
    pageState: false,
    arenaBytes,
    accounted,
  });
}

/** One bank of RAM. */
export function contiguousSpace(arenaBytes: number, accounted = false): Space & { ramBytes: bigint } {
  const machine = createMachine([{ pa: RAM_PA, size: CONTIGUOUS_BYTES, kind: 'ram' }], arenaBytes, accounted);
  let next = RAM_PA;
  const allocate = (bytes: number) => {
    const size = BigInt(bytes);
    const at = ((next + size - 1n) / size) * size;
    next = at + size;
    if (next > RAM_PA + CONTIGUOUS_BYTES) throw new Error('the tables do not fit into RAM');
    return at;
  };
  return { machine, allocate, ramBytes: CONTIGUOUS_BYTES + 2n * MB };
}

/** Many banks of RAM with holes between them. Every table lies in another bank than the one before it. */
export function sparseSpace(arenaBytes: number): Space {
  const banks = Array.from({ length: BANKS }, (_, i): BankSpec => {
    return { pa: RAM_PA + BigInt(i) * BANK_STEP, size: BANK_BYTES, kind: 'ram' };
  });
  const machine = createMachine(banks, arenaBytes);
  const slot = 2 * Number(PAGE);
  const slotsPerBank = Number(BANK_BYTES) / slot;
  let next = 0;
  const allocate = (bytes: number) => {
    // 81 and 256 have no common divisor: no slot comes twice.
    if (bytes > slot || next >= BANKS * slotsPerBank) throw new Error('the tables do not fit into the banks');
    const at = BigInt(next % BANKS) * BANK_STEP + BigInt((next % slotsPerBank) * slot);
    next++;
    return RAM_PA + at;
  };
  return { machine, allocate };
}
