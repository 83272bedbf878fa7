// The table of chunks holds nothing but where chunks of RAM lie.
import * as L from '../../../src/abi/layout.js';
import type { World } from './world.js';

const EMPTY = 0xfefe_fefe_fefe_fefen;
const LINEAR_PAGE_BITS = 20n;

/** The first entry that says otherwise. */
export function chunkProblem({ machine, u64 }: World): string | undefined {
  const first = (machine.view.base + machine.header(L.HEADER_CHUNKS)) >> 3;
  const shift = BigInt(machine.header(L.HEADER_CHUNK_SHIFT));
  for (let i = first; i < first + L.CHUNKS; i++) {
    const entry = u64[i] as bigint;
    if (entry === EMPTY) continue;
    const pa = (entry >> LINEAR_PAGE_BITS) << shift;
    // The entry holds the distance from physical to linear memory, in pages.
    const linear = Number(BigInt.asUintN(32, pa + (entry << 12n)));
    const offset = machine.ramOffset(pa);
    if (offset === undefined || machine.view.base + offset !== linear) {
      return `chunk ${pa.toString(16)} is said to lie at ${linear.toString(16)}`;
    }
  }
  return undefined;
}
