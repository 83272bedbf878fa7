// The pages of a machine between its memory and a file.
import { SNAPSHOT_PAGE_BYTES } from '../abi/snapshot.js';
import type { Allocation } from '../core/arena.js';
import type { Machine } from '../core/machine.js';

/** Copies of the pages that are not zero, by their numbers; `unsaved`, in ascending order, counts as zero. */
export function readPages({ view, bytes }: Machine, unsaved: readonly Allocation[]): Map<number, Uint8Array> {
  const pages = new Map<number, Uint8Array>();
  let first = 0;
  for (let page = 0; page * SNAPSHOT_PAGE_BYTES < bytes; page++) {
    const start = page * SNAPSHOT_PAGE_BYTES;
    const content = view.bytes(start, Math.min(SNAPSHOT_PAGE_BYTES, bytes - start));
    while (first < unsaved.length && endOf(unsaved[first]) <= start) first++;
    if (isZero(content)) continue;
    const copy = content.slice();
    clear(copy, start, unsaved, first);
    if (!isZero(copy)) pages.set(page, copy);
  }
  return pages;
}

/** Gives the memory these pages, and zero elsewhere and in `unsaved`. */
export function writePages(
  { view, bytes }: Machine,
  pages: ReadonlyMap<number, Uint8Array>,
  unsaved: readonly Allocation[],
): void {
  let first = 0;
  for (let page = 0; page * SNAPSHOT_PAGE_BYTES < bytes; page++) {
    const start = page * SNAPSHOT_PAGE_BYTES;
    const content = view.bytes(start, Math.min(SNAPSHOT_PAGE_BYTES, bytes - start));
    while (first < unsaved.length && endOf(unsaved[first]) <= start) first++;
    const wanted = pages.get(page);
    // A page that nobody touched takes no room as long as nothing is written to it.
    if (wanted === undefined && isZero(content)) continue;
    if (wanted === undefined) content.fill(0);
    else content.set(wanted);
    clear(content, start, unsaved, first);
  }
}

function endOf(range: Allocation | undefined): number {
  return range === undefined ? 0 : range[0] + range[1];
}

/** Zeroes what of the bytes from `start` on is in the ranges from the `first` on. */
function clear(content: Uint8Array, start: number, ranges: readonly Allocation[], first: number): void {
  for (let i = first; i < ranges.length; i++) {
    const [at, length] = ranges[i] as Allocation;
    if (at >= start + content.length) return;
    content.fill(0, Math.max(at - start, 0), Math.max(at + length - start, 0));
  }
}

/** Whole words first: memory is aligned to more than a word. */
function isZero(content: Uint8Array): boolean {
  const words = new Int32Array(content.buffer, content.byteOffset, content.length >> 2);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  return content.subarray(words.length * 4).every((byte) => byte === 0);
}
