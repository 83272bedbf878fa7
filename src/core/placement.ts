import { BANK_SIZEOF, CHUNKS, FIXED_END } from '../abi/layout.js';
import { TRANSLATION_SIZEOF } from '../abi/walk.js';
import { Stage2Error } from './error.js';
import type { BankSpec, RegionSpec } from './physmap.js';

/** Places of the path table: a power of two. */
export const PATH_SLOTS = 16384;

/** Where each object of a machine lies, in bytes from memoryBase. */
export interface Placement {
  total: number;
  banks: number;
  regions: number;
  regionList: number;
  memMaps: number[];
  scratch: number;
  chunks: number;
  pathTable: number;
  pathArena: number;
  stack: number;
  refs: number;
  arena: number;
  ram: number[];
}

/** What takes room in a machine. */
export interface Contents {
  banks: readonly BankSpec[];
  regions: readonly RegionSpec[];
  /** Keep struct page flags for the regions. */
  pageState: boolean;
  poolPages: number;
  arenaBytes: number;
  pathBytes: number;
}

/** Lays the objects out one after another. Throws ENOMEM above 4 GiB. */
export function place({ banks, regions, pageState, poolPages, arenaBytes, pathBytes }: Contents): Placement {
  let next = FIXED_END;
  const take = (bytes: number, align = 8): number => {
    const start = Math.ceil(next / align) * align;
    next = start + bytes;
    return start;
  };
  const at = {
    banks: take(banks.length * BANK_SIZEOF),
    regions: take(regions.length * BANK_SIZEOF),
    regionList: take(regions.length * 4),
    scratch: take(TRANSLATION_SIZEOF + 8),
    chunks: take(CHUNKS * 8),
    pathTable: take(PATH_SLOTS * 4),
    pathArena: take(pathBytes),
    stack: take(poolPages * 4),
    refs: take(poolPages * 2),
    arena: take(arenaBytes),
  };
  const memMaps = regions.map((r) => (pageState ? take(bytesOf(r.size >> 12n) * 2) : 0));
  const ram = banks.map((b) => (b.kind === 'ram' ? take(bytesOf(b.size), 4096) : 0));
  if (next > 2 ** 32)
    throw new Stage2Error('ENOMEM', `${next} bytes asked for: a machine holds at most 4 GiB`);
  return { ...at, memMaps, ram, total: next };
}

/** Chunks are no larger than this. */
const CHUNK_SHIFT_MOST = 21;

const CHUNK_SHIFT_LEAST = 12;

/** log2 of the largest chunk such that whole chunks make up all RAM but a hundredth. */
export function chunkShift(banks: readonly BankSpec[]): number {
  const ram = banks.filter(({ kind }) => kind === 'ram');
  const bytes = ram.reduce((sum, { size }) => sum + size, 0n);
  let shift = CHUNK_SHIFT_MOST;
  while (shift > CHUNK_SHIFT_LEAST && wholeChunks(ram, 1n << BigInt(shift)) * 100n < bytes * 99n) shift--;
  return shift;
}

/** Bytes of the banks that lie in chunks of `chunk` bytes which one bank holds all of. */
function wholeChunks(banks: readonly BankSpec[], chunk: bigint): bigint {
  return banks.reduce((sum, { pa, size }) => {
    const start = ((pa + chunk - 1n) / chunk) * chunk;
    const end = ((pa + size) / chunk) * chunk;
    return end > start ? sum + end - start : sum;
  }, 0n);
}

function bytesOf(size: bigint): number {
  if (size >= 1n << 32n)
    throw new Stage2Error('ENOMEM', `${size} bytes asked for: a machine holds at most 4 GiB`);
  return Number(size);
}
