import type { Bed, Beds } from './beds.js';
import { BATCHES, CHUNK, STREAM_LENGTH, type StreamName } from './streams.js';
import type { Walk } from './walk.js';

const FAULT = 1n << 63n;

/** Throws unless all walkers give the same results, on every stream and on entries of every kind. */
export function checkBeds({ contiguous, sparse }: Beds): void {
  for (const bed of contiguous.values()) {
    for (const walkers of [bed.plain, bed.attributes]) {
      for (const walk of walkers.values()) compare(bed, walk, bed, [...walkers.values()][0]!);
    }
  }
  // The same mappings in many banks translate as in one.
  const single = contiguous.get('4K, 3 levels')!;
  compare(sparse, sparse.plain.get('core')!, single, single.plain.get('core')!);
}

function compare(bed: Bed, walk: Walk, reference: Bed, expected: Walk): void {
  for (const stream of bed.streams) {
    const found = translateStream(bed, walk, stream);
    if (found.some((result) => result >= FAULT)) throw new Error(`${bed.name}, ${stream}: an IPA faults`);
    expectEqual(`${bed.name}, ${stream}`, found, translateStream(reference, expected, stream));
  }
  const found = bed.store.translate(walk, bed.edges);
  expectEqual(`${bed.name}, edges`, found, reference.store.translate(expected, bed.edges));
}

function translateStream(bed: Bed, walk: Walk, stream: StreamName): BigUint64Array {
  const run = bed.store.batches(walk, stream, bed.granuleShift);
  const results = new BigUint64Array(STREAM_LENGTH);
  for (let chunk = 0; chunk < BATCHES; chunk++) {
    run(chunk);
    results.set(bed.store.lastResults(), chunk * CHUNK);
  }
  return results;
}

function expectEqual(what: string, found: BigUint64Array, expected: BigUint64Array): void {
  const at = found.findIndex((result, i) => result !== expected[i]);
  if (at < 0) return;
  const text = (value: bigint | undefined) => `0x${value?.toString(16)}`;
  throw new Error(`${what}, IPA ${at}: found ${text(found[at])}, expected ${text(expected[at])}`);
}
