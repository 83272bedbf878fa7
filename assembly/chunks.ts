// A direct-mapped table from chunks of physical memory to linear memory, for walks over tables in many banks. An
// entry is the chunk's number and the 4 KiB page of linear memory it begins at, so that one load answers. The host
// picks the largest chunk that divides every bank.
import { CHUNKS } from "../src/abi/layout";
import { base, header } from "./structs";

const PAGE_SHIFT: u32 = 12;
/** Linear memory has 2^20 pages. */
export const LINEAR_PAGE_BITS: u32 = 20;
const EMPTY: u8 = 0xff;

/** Forgets every chunk. */
export function resetChunks(): void {
  const at = header().chunks;
  if (at != 0) memory.fill(base() + at, EMPTY, CHUNKS << 3);
}

/** Address of the entry for chunk number `chunk`. Banks far apart differ in high bits, so those count too. */
// @ts-ignore: decorator
@inline
export function chunkEntry(table: usize, chunk: u64): usize {
  return table + (<usize>((chunk ^ (chunk >> 12)) & (CHUNKS - 1)) << 3);
}

/** Notes that `pa`, in RAM, lies at `linear`. */
export function learnChunk(pa: u64, linear: usize): void {
  const h = header();
  const shift = h.chunkShift;
  const start = linear - <usize>(pa & (((<u64>1) << shift) - 1));
  const entry = ((pa >> shift) << LINEAR_PAGE_BITS) | (start >> PAGE_SHIFT);
  store<u64>(chunkEntry(base() + h.chunks, pa >> shift), entry);
}
