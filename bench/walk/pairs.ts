import type { Bed, Beds, WalkerName } from './beds.js';
import { leafRuns } from './core.js';
import { BATCHES, CHUNK } from './streams.js';
import type { Walk } from './walk.js';

/** Two ways to do the same, compared round by round. */
export interface Pair {
  name: string;
  stream: string;
  /** Batches one sample takes, and the operations in each. */
  chunks: number;
  operations: number;
  reference: (chunk: number) => void;
  subject: (chunk: number) => void;
}

export const PAIR = {
  noise: 'noise floor: native C against itself',
  plain: '4K, 3 levels, against native C',
  attributes: '4K, 3 levels, attributes, against native C',
  fourLevels: '4K, 4 levels, against native C',
  granule16k: '16K, 3 levels, against native C',
  granule64kTwo: '64K, 2 levels, against native C',
  granule64kThree: '64K, 3 levels, against native C',
  sparse: 'sparse RAM, against native C on one bank',
  typedArray: '4K, 3 levels, against typed-array JavaScript',
  bigint: '4K, 3 levels, against BigInt JavaScript',
  leafRuns: 'identity leaves, against memory.fill',
} as const;

export type PairName = (typeof PAIR)[keyof typeof PAIR];

/** A walker of a bed by name; undefined if it is not there. */
interface Side {
  bed: Bed;
  walk: Walk | undefined;
}

const plain = (bed: Bed, walker: WalkerName): Side => ({ bed, walk: bed.plain.get(walker) });
const attributes = (bed: Bed, walker: WalkerName): Side => ({ bed, walk: bed.attributes.get(walker) });

/** All comparisons whose two walkers are there. */
export function createPairs({ contiguous, sparse }: Beds): Pair[] {
  const three = contiguous.get('4K, 3 levels')!;
  const four = contiguous.get('4K, 4 levels')!;
  const small = contiguous.get('16K, 3 levels')!;
  const two = contiguous.get('64K, 2 levels')!;
  const large = contiguous.get('64K, 3 levels')!;
  const core = plain(three, 'core');
  return [
    ...pairsOf(PAIR.noise, plain(three, 'native'), plain(three, 'native again')),
    ...pairsOf(PAIR.plain, plain(three, 'native'), core),
    ...pairsOf(PAIR.attributes, attributes(three, 'native'), attributes(three, 'core')),
    ...pairsOf(PAIR.fourLevels, plain(four, 'native'), plain(four, 'core')),
    ...pairsOf(PAIR.granule16k, plain(small, 'native'), plain(small, 'core')),
    ...pairsOf(PAIR.granule64kTwo, plain(two, 'native'), plain(two, 'core')),
    ...pairsOf(PAIR.granule64kThree, plain(large, 'native'), plain(large, 'core')),
    ...pairsOf(PAIR.sparse, plain(three, 'native'), plain(sparse, 'core')),
    // JavaScript is slow enough for one batch to be a sample.
    ...pairsOf(PAIR.typedArray, plain(three, 'typed array'), core, 1),
    ...pairsOf(PAIR.bigint, plain(three, 'BigInt'), core, 1),
  ];
}

function pairsOf(name: PairName, reference: Side, subject: Side, chunks = BATCHES): Pair[] {
  const { walk } = reference;
  const { walk: other } = subject;
  if (walk === undefined || other === undefined) return [];
  return subject.bed.streams.map((stream) => ({
    name,
    stream,
    chunks,
    operations: CHUNK,
    reference: reference.bed.store.batches(walk, stream, reference.bed.granuleShift),
    subject: subject.bed.store.batches(other, stream, subject.bed.granuleShift),
  }));
}

/** How much memory the identity leaves map. */
export const LEAF_RUN_SIZES = ['1 GiB', '16 GiB'] as const;
type LeafRunSize = (typeof LEAF_RUN_SIZES)[number];

/** Whole tables of identity leaves, in the cache and beyond it, against the same number of bytes. */
export function leafRunPairs(): Pair[] {
  return [leafRunPair('1 GiB', 1, BATCHES), leafRunPair('16 GiB', 16, BATCHES)];
}

function leafRunPair(stream: LeafRunSize, gib: number, chunks: number): Pair {
  const { run, bytes } = leafRuns(gib);
  return {
    name: PAIR.leafRuns,
    stream,
    chunks,
    operations: bytes.length / 8,
    // The same memset as wasm's memory.fill.
    reference: () => bytes.fill(1),
    subject: run,
  };
}
