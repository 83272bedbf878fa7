import { PATH_COUNT, PATH_SIGNATURE, PATH_WORDS } from '../abi/event.js';
import { HEADER_PATH_ARENA } from '../abi/layout.js';
import { checkLive } from './check.js';
import { Machine } from './machine.js';

/** One distinct fault signature and how many faults had it. `words` is laid out as SIG_* in src/abi/event.ts. */
export interface PathCount {
  /** Offset of the entry: what a fault's result names as its path. */
  entry: number;
  /** Faults since creation or `resetCounts`. */
  count: number;
  /** A copy, 32 bits each; from SIG_CALLEES on the callees, padded to an even number of words. */
  words: Uint32Array;
}

/** The distinct fault signatures recorded so far, in the order they were first seen (accounted output only). */
export function readPaths(machine: Machine): PathCount[] {
  checkLive('machine', machine, Machine, 'Machine');
  const paths: PathCount[] = [];
  const end = machine.header(HEADER_PATH_ARENA);
  for (let entry = machine.pathArena; entry < end; ) {
    const length = machine.view.u32(entry + PATH_WORDS);
    const words = machine.view.words(entry + PATH_SIGNATURE, length);
    paths.push({ entry, count: Number(machine.view.u64(entry + PATH_COUNT)), words });
    entry += PATH_SIGNATURE + length * 4;
  }
  return paths;
}
