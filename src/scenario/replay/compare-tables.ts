import { DESC_ADDRESS_END, DESC_S2AP_LSB, DESC_XN_LSB } from '../../abi/arm.js';
import type { Dump } from '../../trace/index.js';
import type { TableLeaf as LeafEntry } from '../../walk/leaves.js';

/** What is compared of one leaf. */
export interface TableLeaf {
  /** First IPA that it maps. */
  ipa: bigint;
  /** Host PA of its first byte. */
  pa: bigint;
  /** 3 for a page, less for a block. */
  level: number;
  /** In bytes. */
  size: bigint;
  /** Whether stage 2 lets writes through. */
  write: boolean;
  /** Whether EL1 may execute. */
  execute: boolean;
}

/** A leaf that is not the same in both. */
export interface LeafDifference {
  /** First IPA of the leaf. */
  ipa: bigint;
  /** Null: the dump has no leaf here. */
  dump: TableLeaf | null;
  /** Null: our tables have no leaf here. */
  ours: TableLeaf | null;
}

/** Our tables against a dump of the kernel's. */
export interface TableComparison {
  /** Of the dump, such as `d1_mixed`. */
  name: string;
  /** That the dump came from. */
  file: string;
  /** Line of the trace at which the dump was taken; null: at the end, as the slots file gives no line. */
  line: number | null;
  /** Number of the VM that was alive there. */
  vm: number;
  /** Bits of its IPA space. */
  ipaBits: number;
  /** Leaves of the dump. */
  leaves: number;
  /** Those of them that are blocks. */
  blocks: number;
  /** Leaves of the dump that ours lack. */
  missing: number;
  /** Leaves of ours that the dump lacks. */
  extra: number;
  /** Leaves at the same IPA that differ in PA, level, size, write or execute. */
  different: number;
  /** The first differences by ascending IPA. */
  first: LeafDifference[];
}

const FIRST_MAX = 10;
const PAGE_LEVEL = 3;

type Compared = Omit<TableComparison, 'file' | 'line' | 'vm'>;

/** Compares the leaves of our tables (4K granule, ascending IPA) with those of a dump. */
export function compareTables(leaves: Iterable<LeafEntry>, dump: Dump): Compared {
  const ours = new Map([...leaves].map((leaf) => [leaf.ipa, readLeaf(leaf)]));
  const theirs = new Map(dump.mappings.map((row) => [row.ipa, row]));
  const result: Compared = {
    name: dump.name,
    ipaBits: dump.geometry.iaBits,
    leaves: theirs.size,
    blocks: dump.mappings.filter(({ level }) => level < PAGE_LEVEL).length,
    missing: 0,
    extra: 0,
    different: 0,
    first: [],
  };
  for (const ipa of [...new Set([...ours.keys(), ...theirs.keys()])].sort(ascending)) {
    const row = theirs.get(ipa);
    const expected = row === undefined ? null : leafOfDump(row);
    const found = ours.get(ipa) ?? null;
    const verdict = verdictOf(expected, found);
    if (verdict === 'same') continue;
    result[verdict] += 1;
    if (result.first.length < FIRST_MAX) result.first.push({ ipa, dump: expected, ours: found });
  }
  return result;
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** XN[1:0] forbids EL1 to execute when it is 01 (EL0 only) or 10 (nobody). */
function mayExecute(xn: number): boolean {
  return xn === 0 || xn === 3;
}

function readLeaf({ ipa, desc, level }: LeafEntry): TableLeaf {
  const shift = BigInt(12 + (3 - level) * 9);
  const address = desc & ((1n << BigInt(DESC_ADDRESS_END)) - 1n);
  const xn = Number((desc >> BigInt(DESC_XN_LSB)) & 3n);
  return {
    ipa,
    pa: (address >> shift) << shift,
    level,
    size: 1n << shift,
    write: ((desc >> BigInt(DESC_S2AP_LSB)) & 2n) !== 0n,
    execute: mayExecute(xn),
  };
}

function leafOfDump({ ipa, pa, level, size, w, xn }: Dump['mappings'][number]): TableLeaf {
  return { ipa, pa, level, size, write: w === 1, execute: mayExecute(xn) };
}

function verdictOf(
  dump: TableLeaf | null,
  ours: TableLeaf | null,
): 'same' | 'missing' | 'extra' | 'different' {
  if (ours === null) return 'missing';
  if (dump === null) return 'extra';
  const same =
    dump.pa === ours.pa &&
    dump.level === ours.level &&
    dump.size === ours.size &&
    dump.write === ours.write &&
    dump.execute === ours.execute;
  return same ? 'same' : 'different';
}
