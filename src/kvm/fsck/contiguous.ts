import * as A from '../../abi/arm.js';
import { type EntryPlace, levelShift } from '../../arm/descriptor.js';
import { hex } from '../../core/error.js';

const CONTIG = 1n << BigInt(A.DESC_CONTIG_LSB);
/** CONTIG in the upper word of a descriptor. */
export const CONTIG_HIGH = 1 << (A.DESC_CONTIG_LSB - 32);
/** What the entries of a set may differ in: the hardware may update it in one of them. */
const UPDATED = (1n << BigInt(A.DESC_AF_LSB)) | (2n << BigInt(A.DESC_S2AP_LSB));
const DBM = 1n << BigInt(A.DESC_DBM_LSB);
const AF = 1n << BigInt(A.DESC_AF_LSB);

/** log2 of the entries in a contiguous set; 0 where the level has none. Source: Arm ARM, "The Contiguous bit". */
export function contiguousBits({ granuleShift, level }: EntryPlace): number {
  if (granuleShift === 12) return level >= 1 ? 4 : 0;
  if (granuleShift === 14) return level === 3 ? 7 : level === 2 ? 5 : 0;
  return level >= 2 ? 5 : 0;
}

/** An entry of a table that breaks its contiguous set. */
export interface BrokenSet {
  /** Index of the entry. */
  index: number;
  expected: string;
  found: string;
}

/** The contiguous sets of a table that are not whole, one entry of each: `entries` descriptors, read by index. */
export function brokenSets(
  place: EntryPlace,
  entries: number,
  read: (index: number) => bigint,
): readonly BrokenSet[] {
  const size = 1 << contiguousBits(place);
  const broken: BrokenSet[] = [];
  for (let first = 0; first < entries; first += size) {
    const set = Array.from({ length: Math.min(size, entries - first) }, (_, i) => read(first + i));
    if (!set.some((desc) => isContiguous(desc, place))) continue;
    const problem = setProblem(place, size, set);
    if (problem !== undefined) broken.push({ ...problem, index: first + problem.index });
  }
  return broken;
}

function isContiguous(desc: bigint, { level }: EntryPlace): boolean {
  const isTable = level < 3 && (desc & 3n) === 3n;
  return (desc & 1n) !== 0n && !isTable && (desc & CONTIG) !== 0n;
}

function setProblem(place: EntryPlace, size: number, set: readonly bigint[]): BrokenSet | undefined {
  if (size === 1 || set.length < size) {
    const index = set.findIndex((desc) => isContiguous(desc, place));
    const found =
      size === 1 ? 'a level without contiguous sets' : `a set of ${size} in ${set.length} entries`;
    return { index, expected: 'no contiguous bit', found };
  }
  const step = 1n << BigInt(levelShift(place.granuleShift, place.level));
  const base = set[0] as bigint;
  const aligned = base & ~(step * BigInt(size - 1));
  const index = set.findIndex((desc, i) => !isSame(desc, aligned + BigInt(i) * step));
  if (index < 0) return undefined;
  const expected = `${hex(aligned + BigInt(index) * step)}, as the first of its contiguous set has it`;
  return { index, expected, found: hex(set[index] as bigint) };
}

/** With DBM set write permission is the dirty state; AF may always differ. */
function isSame(desc: bigint, expected: bigint): boolean {
  const ignored = (desc & DBM) !== 0n ? UPDATED : AF;
  return (desc & ~ignored) === (expected & ~ignored);
}
