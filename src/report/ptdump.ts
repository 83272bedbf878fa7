import { DESC_ADDRESS_END, DESC_LPA_HIGH_LSB } from '../abi/arm.js';
import { descriptorAddress, descriptorKind, entryPlace, levelShift } from '../arm/descriptor.js';
import { fieldMask } from '../arm/fields.js';
import { type AttributeContext, type LeafAttributes, leafAttributes } from '../arm/leaf.js';
import type { TableLeaf } from '../walk/leaves.js';
import type { Regime } from '../walk/regime.js';
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

/** No attribute stands here, in no layout. */
const ADDRESS = fieldMask({ lsb: DESC_LPA_HIGH_LSB, width: DESC_ADDRESS_END - DESC_LPA_HIGH_LSB });

/** Leaves with their fields, made as they are read: there may be millions. Leaves with like attributes share them. */
export function* dumpLeaves(
  leaves: Iterable<TableLeaf>,
  regime: Regime,
  context: AttributeContext,
): Generator<DumpLeaf> {
  const known = new Map<bigint, LeafAttributes>();
  for (const { ipa, desc, level } of leaves) {
    const place = entryPlace(regime, level);
    const kind = descriptorKind(desc, place);
    const bits = desc & ~ADDRESS;
    const attributes = known.get(bits) ?? leafAttributes(desc, context);
    known.set(bits, attributes);
    yield {
      ipa,
      pa: descriptorAddress(desc, place),
      level,
      size: 1n << BigInt(levelShift(place.granuleShift, level)),
      desc,
      kind: kind === 'block' || kind === 'page' ? kind : 'reserved',
      attributes,
    };
  }
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
  let before: DumpLeaf | undefined;
  for (const leaf of leaves) {
    const last = ranges.at(-1);
    const alike = before?.attributes === leaf.attributes && before.kind === leaf.kind;
    const columns = alike && last !== undefined ? last.columns : attributeColumns(leaf);
    if (last?.end === leaf.ipa && last.level === leaf.level && last.columns === columns) {
      last.end += leaf.size;
    } else {
      ranges.push({ start: leaf.ipa, end: leaf.ipa + leaf.size, level: leaf.level, columns });
    }
    before = leaf;
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
export function executeColumn({ execute }: LeafAttributes): string {
  if (execute.el0) return execute.el1 ? 'x ' : 'x0';
  return execute.el1 ? 'x1' : 'NX';
}

function address(value: bigint): string {
  return `0x${value.toString(16).padStart(16, '0')}`;
}
