import type { Geometry } from '../../src/kvm/geometry.js';
import { leafDescriptor, type Tables } from './tables.js';

/** IPAs in a batch. Code that is compiled while it runs comes into force from one batch to the next. */
export const CHUNK = 1 << 16;
/** Batches of a stream. */
export const BATCHES = 4;
export const STREAM_LENGTH = BATCHES * CHUNK;

const GB = 2 ** 30;
const PAGES_IPA = 4 * GB;
const BLOCKS_IPA = 8 * GB;
const SPREAD_IPA = 64 * GB;
const EDGES_IPA = 256 * GB;
const SPREAD_BYTES = 64 * GB;
const HOT_PAGES = 256;
/** Of the 64 GB one page in 16 is mapped; every table is there. */
const SPREAD_STEP = 16;
/** What the output addresses are away from the IPAs. */
const DISTANCE = 1n << 40n;
/** Output addresses end below the 48 bits a descriptor can hold. */
export const OA_BITS = 44;

export type StreamName = 'seq' | 'hot' | 'rnd1g' | 'rnd64g' | 'blocks' | 'mix';

export const STREAMS: Readonly<Record<StreamName, string>> = {
  seq: 'next page',
  hot: '256 hot pages',
  rnd1g: 'random page of 1 GB',
  rnd64g: 'random page of sparse 64 GB, 128 MB of tables',
  blocks: 'random 2 MB block of 1 GB',
  mix: 'random, half blocks, half pages',
};

/** Where page `i` of a stream is. `below` gives a random integer below its argument. */
type Place = (i: number, below: (end: number) => number, page: number) => number;

const PLACES: Readonly<Record<StreamName, Place>> = {
  seq: (i, _, page) => PAGES_IPA + (i % (GB / page)) * page,
  hot: (_, below, page) => PAGES_IPA + below(HOT_PAGES) * page,
  rnd1g: (_, below, page) => PAGES_IPA + below(GB / page) * page,
  rnd64g: (_, below, page) => SPREAD_IPA + below(SPREAD_BYTES / page / SPREAD_STEP) * SPREAD_STEP * page,
  blocks: (_, below, page) => BLOCKS_IPA + below(GB / page) * page,
  mix: (_, below, page) => (below(2) === 0 ? PAGES_IPA : BLOCKS_IPA) + below(GB / page) * page,
};

/** The IPAs of a stream over pages of 2^granuleShift bytes: the same in every run. */
export function streamIpas(name: StreamName, granuleShift: number): BigUint64Array {
  const below = random(1);
  const page = 2 ** granuleShift;
  return BigUint64Array.from({ length: STREAM_LENGTH }, (_, i) =>
    BigInt(PLACES[name](i, below, page) + below(page)),
  );
}

/** Integers below an end of at most 2^32: xorshift32, whose upper bits are taken. */
function random(seed: number): (end: number) => number {
  let state = seed;
  return (end) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 2 ** 32) * end);
  };
}

/** Maps what the streams over 1 GB of pages need. */
export function mapPages(tables: Tables): void {
  tables.map(BigInt(PAGES_IPA), BigInt(GB), 3, DISTANCE);
}

/** Maps what the streams with blocks need. */
export function mapBlocks(tables: Tables): void {
  tables.map(BigInt(BLOCKS_IPA), BigInt(GB), 2, DISTANCE);
}

/** Maps what the stream over 64 GB needs. */
export function mapSpread(tables: Tables): void {
  tables.map(BigInt(SPREAD_IPA), BigInt(SPREAD_BYTES), 3, DISTANCE, SPREAD_STEP);
}

/** Entries that a walker may get wrong, by level. None leads to what another is reached through. */
function edgeEntries(level: number): bigint[] {
  const leaf = leafDescriptor(DISTANCE, level, 0);
  const table = 3n;
  const hole = 1n << 43n;
  const tooHigh = 1n << BigInt(OA_BITS);
  return [
    leaf,
    0n,
    leaf & ~1n,
    leaf ^ 2n,
    leaf & ~(1n << 10n),
    leaf & ~(3n << 6n),
    (leaf & ~(3n << 6n)) | (2n << 6n),
    leaf | tooHigh,
    (leaf | tooHigh) & ~(1n << 10n),
    hole | table,
    tooHigh | table,
    // Bits that a walk does not look at.
    leaf | (0x1ffn << 55n),
  ];
}

/** Writes entries of every kind at every level and returns IPAs that lead to them, and IPAs that are too large. */
export function mapEdges(tables: Tables, { granuleShift, ipaBits }: Geometry): BigUint64Array {
  const ipas: bigint[] = [1n << BigInt(ipaBits), (1n << 63n) | BigInt(PAGES_IPA), (1n << 64n) - 1n];
  const { view } = tables.space.machine;
  for (let level = 3; level >= Math.max(1, tables.startLevel); level--) {
    const span = 1n << BigInt(granuleShift + (3 - level) * (granuleShift - 3));
    for (const [i, desc] of edgeEntries(level).entries()) {
      // Each level has a range of its own: the tables of the level below are not written over.
      const ipa = (BigInt(EDGES_IPA) / span + BigInt(100 * (3 - level) + i)) * span;
      if (ipa >> BigInt(ipaBits) !== 0n) continue;
      view.setU64(tables.entry(ipa, level), desc);
      ipas.push(ipa, ipa + span / 2n + 5n, ipa + span - 1n);
    }
  }
  return BigUint64Array.from(ipas);
}
