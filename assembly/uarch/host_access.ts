// The kernel's own accesses: through the TLBs for its linear map, then the caches. Repeating the access just made
// changes nothing in them and is no event, so it is left out.
import { MicroCore } from "./core";
import { fetchLine, loadLine, storeLine } from "./hierarchy";

/** No line and no page: addresses have 52 bits. */
const NONE: u64 = ~0;
/** log2 of the bytes that are one line or part of one in every cache, and of the pages of the linear map. */
const GRAIN_SHIFT: u64 = 4;

let lastCode: u64 = NONE;
let lastData: u64 = NONE;
let lastWritten: bool = false;

/** Forgets the accesses just made: something else has used the core. */
export function forgetLast(): void {
  lastCode = NONE;
  lastData = NONE;
}
