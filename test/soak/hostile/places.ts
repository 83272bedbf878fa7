// Physical addresses that tables should not be at, and those where they can be.
import * as L from '../../../src/abi/layout.js';
import type { Machine } from '../../../src/core/machine.js';

const PAGE = 4096n;
const TOP = 1n << 52n;

export interface Places {
  tables: bigint[];
  traps: bigint[];
}

export function placesOf(machine: Machine): Places {
  return { tables: tablesOf(machine), traps: trapsOf(machine) };
}

/** Some pages of each bank of RAM, its last one among them. */
function tablesOf({ banks }: Machine): bigint[] {
  return banks
    .filter(({ kind }) => kind === 'ram')
    .flatMap(({ pa, size }) =>
      [pa, pa + PAGE, pa + size / 2n, pa + size - PAGE].filter((at) => at < pa + size),
    );
}

/** Ends of banks, where linear memory has the emulator's own state, and where addresses end. */
function trapsOf(machine: Machine): bigint[] {
  const { banks, view } = machine;
  const own = [
    0,
    L.HEADER_OFFSET,
    machine.header(L.HEADER_BANKS),
    machine.header(L.HEADER_SCRATCH),
    machine.header(L.HEADER_CHUNKS),
    machine.header(L.HEADER_POOL_STACK),
    machine.header(L.HEADER_POOL_REFS),
    machine.ramOffset(banks.find(({ kind }) => kind === 'ram')?.pa ?? 0n) ?? 0,
  ].flatMap((offset) => [BigInt(offset), BigInt(view.base + offset)]);
  const ends = banks.flatMap(({ pa, size }) => [pa, pa + size, pa + size - 8n, pa - PAGE, pa - 8n]);
  const powers = [32n, 36n, 40n, 42n, 44n, 47n, 48n, 50n, 51n].map((bits) => 1n << bits);
  const edges = powers.flatMap((power) => [power, power - 8n, power - PAGE]);
  const last = [TOP - 8n, TOP - PAGE, TOP - 0x1_0000n, TOP - 0x1_0008n];
  return [...own, ...ends, ...edges, ...last].map((pa) => BigInt.asUintN(52, pa));
}
