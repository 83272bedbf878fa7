// The table of chunks holds nothing but where chunks of RAM lie.
import * as L from '../../../src/abi/layout.js';
import type { World } from './world.js';

const EMPTY = 2n ** 64n - 1n;
const LINEAR_PAGE_BITS = 20n;

/** The first entry that says otherwise. */
export function chunkProblem({ machine, u64 }: World): string | undefined {
  const first = (machine.view.base + machine.header(L.HEADER_CHUNKS)) >> 3;
  const shift = BigInt(machine.header(L.HEADER_CHUNK_SHIFT));
  for (let i = first; i < first + L.CHUNKS; i++) {
    const entry = u64[i] as bigint;
    if (entry === EMPTY) continue;
    const pa = (entry >> LINEAR_PAGE_BITS) << shift;
    const linear = Number(entry & ((1n << LINEAR_PAGE_BITS) - 1n)) * 4096;
    const offset = machine.ramOffset(pa);
    if (offset === undefined || machine.view.base + offset !== linear) {
      return `chunk ${pa.toString(16)} is said to lie at ${linear.toString(16)}`;
    }
  }
  return undefined;
}
