import type { LeafAttributes } from '../arm/leaf.js';
import { formatSize } from './ptdump-size.js';

/** One block or page. */
export interface DumpLeaf {
  ipa: bigint;
  pa: bigint;
  /** -1 to 3. */
  level: number;
  /** In bytes. */
  size: bigint;
  desc: bigint;
  kind: 'block' | 'page' | 'reserved';
  attributes: LeafAttributes;
}

/** Leaves that follow each other in IPA, at one level, with the same attributes. */
export interface DumpRange {
  start: bigint;
  end: bigint;
  level: number;
  /** The attribute columns. */
  columns: string;
}

/** By level from -1 up, where no entry maps but a reserved one is a leaf. */
const LEVEL_NAMES = ['L-1', 'PGD', 'PUD', 'PMD', 'PTE'];

/** Joins neighbours whose lines would read alike; what the output addresses are does not count. */
export function joinLeaves(leaves: Iterable<DumpLeaf>): DumpRange[] {
  const ranges: DumpRange[] = [];
  for (const leaf of leaves) {
    const columns = attributeColumns(leaf);
    const last = ranges.at(-1);
    if (last?.end === leaf.ipa && last.level === leaf.level && last.columns === columns) {
      last.end += leaf.size;
    } else {
      ranges.push({ start: leaf.ipa, end: leaf.ipa + leaf.size, level: leaf.level, columns });
    }
  }
  return ranges;
}

/** The leaves as the kernel's ptdump prints a table: a line a range, then size, level and attributes. */
export function ptdumpText(leaves: Iterable<DumpLeaf>): string {
  const lines = joinLeaves(leaves).map(rangeLine);
  return ['---[ Guest IPA ]---', ...lines, ''].join('\n');
}

function rangeLine({ start, end, level, columns }: DumpRange): string {
  const size = formatSize(end - start).padStart(10);
  return `${address(start)}-${address(end)}   ${size} ${LEVEL_NAMES[level + 1]}   ${columns}`.trimEnd();
}

function attributeColumns({ attributes: a, kind }: DumpLeaf): string {
  return [
    a.read ? 'R' : ' ',
    a.write ? 'W' : ' ',
    executeColumn(a),
    a.af ? 'AF' : '  ',
    { block: 'BLK', page: '   ', reserved: 'BAD' }[kind],
    a.contiguous ? 'CON' : '   ',
    a.dbm ? 'DBM' : '   ',
    a.shareability,
    a.memory,
  ].join(' ');
}

/** Who may execute: everyone, EL0, EL1 or none. */
function executeColumn({ execute }: LeafAttributes): string {
  if (execute.el0) return execute.el1 ? 'x ' : 'x0';
  return execute.el1 ? 'x1' : 'NX';
}

function address(value: bigint): string {
  return `0x${value.toString(16).padStart(16, '0')}`;
}
