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

/** log2 of the largest chunk that divides every RAM bank. */
export function chunkShift(banks: readonly BankSpec[]): number {
  const bits = banks.filter(({ kind }) => kind === 'ram').reduce((all, { pa, size }) => all | pa | size, 0n);
  let shift = 12;
  while (shift < CHUNK_SHIFT_MOST && (bits >> BigInt(shift)) % 2n === 0n) shift++;
  return shift;
}

function bytesOf(size: bigint): number {
  if (size >= 1n << 32n)
    throw new Stage2Error('ENOMEM', `${size} bytes asked for: a machine holds at most 4 GiB`);
  return Number(size);
}
