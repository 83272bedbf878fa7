// A direct-mapped table from chunks of physical memory to linear memory, for walks over tables in many banks. An
// entry is the chunk's number and the distance from physical to linear memory in pages of 4 KiB, modulo 2^20, so that
// one load answers.
import { CHUNKS } from "../src/abi/layout";
import { Bank, base, header } from "./structs";

export const LINEAR_PAGE_SHIFT: u32 = 12;
/** Linear memory has 2^20 pages. */
export const LINEAR_PAGE_BITS: u32 = 20;
/** No link of kernel.ts has this for its upper bits, valid or not: those of an invalid one are all zeroes or all ones. */
const EMPTY: u8 = 0xfe;

/** Output address size of the regimes that learnt the chunks: others may not use what lies beyond theirs. */
let learntUnder: u32 = 0;

/** Forgets every chunk. */
export function resetChunks(): void {
  const h = header();
  if (h.chunks == 0) return;
  h.chunkTable = <u32>base() + h.chunks;
  h.chunkLinkShift = h.chunkShift - 2;
  memory.fill(h.chunkTable, EMPTY, CHUNKS << 3);
}

/** Address of the entry for chunk number `chunk`. Banks far apart differ in high bits, so those count too. */
// @ts-ignore: decorator
@inline
export function chunkEntry(table: usize, chunk: u64): usize {
  return table + (<usize>((chunk ^ (chunk >> 12)) & (CHUNKS - 1)) << 3);
}

/** Makes the chunks those of regimes with `oaBits` of output address. */
export function useChunks(oaBits: u32): void {
  if (learntUnder == oaBits) return;
  resetChunks();
  learntUnder = oaBits;
}

/** Notes where the chunk of `pa` lies, if `bank` holds all of it. */
export function learnChunk(pa: u64, bank: Bank): void {
  const h = header();
  const shift = h.chunkShift;
  const size = (<u64>1) << shift;
  const start = pa & ~(size - 1);
  if (start < bank.pa || start + size > bank.end) return;
  const distance = <u64>(base() + bank.offset - <usize>bank.pa) >> LINEAR_PAGE_SHIFT;
  store<u64>(chunkEntry(h.chunkTable, pa >> shift), ((pa >> shift) << LINEAR_PAGE_BITS) | distance);
}
