// The kernel's own accesses: through the TLBs, where its text and memory are in blocks, then the caches. Repeating the
// access just made changes nothing in them and is no event, so it is left out.
import { cacheAt, lineOf } from "./cache";
import { MicroCore } from "./core";
import { fetchLine, loadLine, storeLine } from "./hierarchy";
import { hostTranslate, hostTranslateBy, tlbAt } from "./tlb";
import { setAt, wayUsedLast } from "./tlb_table";

/** No line of a cache and no block: addresses have 52 bits. */
export const NONE: u64 = ~0;
/** log2 of the smallest block that the kernel is mapped by. */
export const BLOCK_SHIFT: u64 = 21;

// A line number of the first-level cache, and blocks.
let lastData: u64 = NONE;
let lastWritten: bool = false;
let lastCodeBlock: u64 = NONE;
let lastDataBlock: u64 = NONE;

/** Forgets the accesses just made: something else has used the core. */
export function forgetLast(): void {
  lastData = NONE;
  lastCodeBlock = NONE;
  lastDataBlock = NONE;
}

/**
 * Fetches `lines` lines of code, none of them the one fetched last: that of `pa`, then those from `next` on. `guess` as
 * in translate.
 */
export function fetchCode(core: MicroCore, pa: u64, next: u64, lines: u32, guess: usize): void {
  if (pa >> BLOCK_SHIFT != lastCodeBlock) translateCode(core, pa, guess);
  fetchLine(core, pa);
  for (let at = next, i: u32 = 1; i < lines; i++, at += cacheAt(core.l1i).lineBytes) {
    if (at >> BLOCK_SHIFT != lastCodeBlock) translateCode(core, at, guess);
    fetchLine(core, at);
  }
}

/** As fetchCode, if all is in the block of the code fetched last. */
// @ts-ignore: decorator
@inline
export function fetchNear(core: MicroCore, pa: u64, next: u64, lines: u32): void {
  fetchLine(core, pa);
  for (let at = next, i: u32 = 1; i < lines; i++, at += cacheAt(core.l1i).lineBytes) fetchLine(core, at);
}

// @ts-ignore: decorator
@inline
function translateCode(core: MicroCore, pa: u64, guess: usize): void {
  lastCodeBlock = pa >> BLOCK_SHIFT;
  if (translate(core, pa, true, guess)) return;
  // A walk reads descriptors through the L1D: the line just used may be no longer the last of its set.
  lastData = NONE;
}

// @ts-ignore: decorator
@inline
function translateData(core: MicroCore, pa: u64, guess: usize): void {
  lastDataBlock = pa >> BLOCK_SHIFT;
  translate(core, pa, false, guess);
}

/**
 * `guess` points to a way of the first-level TLB that may have the translation, and learns the one that has. True if it
 * was right.
 */
// @ts-ignore: decorator
@inline
function translate(core: MicroCore, pa: u64, fetch: bool, guess: usize): bool {
  const first = tlbAt(fetch ? core.itlb : core.dtlb);
  if (hostTranslateBy(first, pa, load<u32>(guess))) return true;
  hostTranslate(core, pa, fetch);
  if (first.sets == 1) store<u32>(guess, wayUsedLast(first, setAt(first, 0)));
  return false;
}

export function loadData(core: MicroCore, pa: u64, guess: usize): void {
  const line = lineOf(cacheAt(core.l1d), pa);
  const sameBlock = pa >> BLOCK_SHIFT == lastDataBlock;
  if (sameBlock && line == lastData) return;
  if (!sameBlock) translateData(core, pa, guess);
  lastData = line;
  lastWritten = false;
  loadLine(core, pa);
}

export function storeData(core: MicroCore, pa: u64, guess: usize): void {
  const line = lineOf(cacheAt(core.l1d), pa);
  const sameBlock = pa >> BLOCK_SHIFT == lastDataBlock;
  if (sameBlock && line == lastData && lastWritten) return;
  if (!sameBlock) translateData(core, pa, guess);
  lastData = line;
  lastWritten = true;
  storeLine(core, pa);
}
