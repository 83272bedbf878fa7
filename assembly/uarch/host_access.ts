// The kernel's own accesses, through the caches. Repeating the access just made changes nothing in them and is no
// event, so it is left out.
import { cacheAt, lineOf } from "./cache";
import { MicroCore } from "./core";
import { fetchLine, loadLine, storeLine } from "./hierarchy";

/** No line of a cache: addresses have 52 bits. */
const NONE: u64 = ~0;

// Line numbers of the first-level caches.
let lastCode: u64 = NONE;
let lastData: u64 = NONE;
let lastWritten: bool = false;

/** Forgets the accesses just made: something else has used the core. */
export function forgetLast(): void {
  lastCode = NONE;
  lastData = NONE;
}

/** Fetches the code of [pa, pa + bytes). */
export function fetchCode(core: MicroCore, pa: u64, bytes: u32): void {
  const cache = cacheAt(core.l1i);
  const last = lineOf(cache, pa + bytes - 1);
  for (let line = lineOf(cache, pa); line <= last; line++) {
    if (line == lastCode) continue;
    lastCode = line;
    fetchLine(core, max(pa, line * cache.lineBytes));
  }
}

export function loadData(core: MicroCore, pa: u64): void {
  const line = lineOf(cacheAt(core.l1d), pa);
  if (line == lastData) return;
  lastData = line;
  lastWritten = false;
  loadLine(core, pa);
}

export function storeData(core: MicroCore, pa: u64): void {
  const line = lineOf(cacheAt(core.l1d), pa);
  if (line == lastData && lastWritten) return;
  lastData = line;
  lastWritten = true;
  storeLine(core, pa);
}
