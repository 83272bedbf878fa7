// The invariants of a VM's tables, checked from the bytes in memory. Nothing here calls the visitors of the core:
// the shape of the tables is worked out again, from the geometry alone.
import * as L from '../../src/abi/layout.js';
import type { Machine } from '../../src/core/machine.js';
import type { Vm } from '../../src/kvm/index.js';

/** A valid entry that maps memory. */
export interface RawLeaf {
  ipa: bigint;
  desc: bigint;
  level: number;
}

export interface TableReport {
  leaves: RawLeaf[];
  /** PA of every table page below the root. */
  pages: Set<bigint>;
}

interface Shape {
  granule: number;
  bitsPerLevel: number;
  ipaBits: number;
  start: number;
  layout: 'narrow' | 'lpa' | 'lpa2';
}

/** KVM's entry level is the deepest one whose table, 16 times concatenated at most, covers the IPA space. */
function shapeOf(vm: Vm): Shape {
  const { granuleShift: granule, ipaBits, startLevel, layout = 'narrow' } = vm.geometry;
  const bitsPerLevel = granule - 3;
  let start = 3;
  while (granule + (4 - start) * bitsPerLevel + 4 < ipaBits) start--;
  return { granule, bitsPerLevel, ipaBits, start: startLevel ?? start, layout };
}

const spanShift = (shape: Shape, level: number) => shape.granule + (3 - level) * shape.bitsPerLevel;

function load(machine: Machine, pa: bigint): bigint {
  const at = machine.ramOffset(pa);
  if (at === undefined) throw new Error(`0x${pa.toString(16)} is in no RAM bank`);
  return machine.view.u64(at);
}

function nextTable({ granule, layout }: Shape, desc: bigint): bigint {
  const low = BigInt.asUintN(layout === 'lpa2' ? 50 : 48, desc) & ~((1n << BigInt(granule)) - 1n);
  if (layout === 'lpa') return low | (((desc >> 12n) & 15n) << 48n);
  return layout === 'lpa2' ? low | (((desc >> 8n) & 3n) << 50n) : low;
}

/** Levels with blocks; 52-bit addresses add one. */
function blockLevels({ granule, layout }: Shape): number[] {
  if (granule === 12) return layout === 'narrow' ? [1, 2] : [0, 1, 2];
  return layout === 'narrow' ? [2] : [1, 2];
}

const isTable = (desc: bigint, level: number) => level < 3 && (desc & 3n) === 3n;

/** The last entry a walk for `ipa` reads, and its level. */
export function entryAt(vm: Vm, ipa: bigint): { desc: bigint; level: number; pa: bigint } {
  const shape = shapeOf(vm);
  let table = vm.tables.pgd;
  for (let level = shape.start; ; level++) {
    const bits = level === shape.start ? shape.ipaBits - spanShift(shape, level) : shape.bitsPerLevel;
    const index = (ipa >> BigInt(spanShift(shape, level))) & ((1n << BigInt(bits)) - 1n);
    const pa = table + index * 8n;
    const desc = load(vm.machine, pa);
    if (!isTable(desc, level)) return { desc, level, pa };
    table = nextTable(shape, desc);
  }
}

/** PAs of the pool's free pages; a page twice on the list is an error. */
export function freePages(machine: Machine): Set<bigint> {
  const { view } = machine;
  const free = new Set<bigint>();
  const shift = BigInt(machine.header(L.HEADER_POOL_SHIFT));
  const pool = view.u64(L.HEADER_OFFSET + L.HEADER_POOL_PA);
  for (let i = 0; i < machine.freeTablePages; i++) {
    const index = view.u32(machine.header(L.HEADER_POOL_STACK) + i * 4);
    const pa = pool + (BigInt(index) << shift);
    if (index >= machine.tablePages || free.has(pa)) throw new Error(`free list: page ${index} is wrong`);
    free.add(pa);
  }
  return free;
}

/** PAs of the pages in every memory cache at the given offsets. */
export function cachePages(machine: Machine, caches: readonly number[]): bigint[] {
  return caches.flatMap((at) =>
    Array.from({ length: machine.view.u32(at + L.CACHE_NOBJS) }, (_, i) =>
      machine.view.u64(at + L.CACHE_OBJECTS + i * 8),
    ),
  );
}

/**
 * Walks the tables of a VM and throws at the first thing that cannot be: a table page reached twice, on the free
 * list or out of the pool, an empty one, or one whose count is not one and its live entries; a block where none may be.
 */
export function checkTables(vm: Vm): TableReport {
  const { machine } = vm;
  const shape = shapeOf(vm);
  const free = freePages(machine);
  const pages = new Set<bigint>();
  const leaves: RawLeaf[] = [];

  const visit = (table: bigint, level: number, entries: number, ipa: bigint): number => {
    const span = 1n << BigInt(spanShift(shape, level));
    const at = machine.ramOffset(table);
    if (at === undefined) throw new Error(`table 0x${table.toString(16)} is in no RAM bank`);
    const words = machine.view.words(at, entries * 2);
    let live = 0;
    for (let i = 0; i < entries; i++) {
      if (words[2 * i] === 0 && words[2 * i + 1] === 0) continue;
      const desc = machine.view.u64(at + i * 8);
      live++;
      const here = ipa + BigInt(i) * span;
      if ((desc & 1n) === 0n) throw new Error(`entry of 0x${here.toString(16)} is neither empty nor valid`);
      if (isTable(desc, level)) enter(nextTable(shape, desc), level + 1, here);
      else leaves.push(checkLeaf(shape, { ipa: here, desc, level }));
    }
    return live;
  };

  const enter = (table: bigint, level: number, ipa: bigint): void => {
    const name = `table 0x${table.toString(16)} of level ${level}`;
    if (pages.has(table)) throw new Error(`${name} is linked twice`);
    if (free.has(table)) throw new Error(`${name} is linked and free`);
    pages.add(table);
    const live = visit(table, level, 2 ** shape.bitsPerLevel, ipa);
    if (live === 0) throw new Error(`${name} is linked and empty`);
    const count = machine.core.tableRefs(table);
    if (count !== live + 1) throw new Error(`${name} has count ${count} and ${live} live entries`);
  };

  const rootEntries = 2 ** (shape.ipaBits - spanShift(shape, shape.start));
  visit(vm.tables.pgd, shape.start, rootEntries, 0n);
  return { leaves, pages };
}

function checkLeaf(shape: Shape, leaf: RawLeaf): RawLeaf {
  const { desc, level } = leaf;
  const isPage = level === 3 && (desc & 2n) !== 0n;
  const isBlock = (desc & 2n) === 0n && blockLevels(shape).includes(level);
  if (!isPage && !isBlock) throw new Error(`level ${level} has the leaf 0x${desc.toString(16)}`);
  const high = shape.layout === 'lpa' ? 0xf000n : 0n;
  const inner = ((1n << BigInt(spanShift(shape, level))) - 1n) & ~0xfffn & ~high;
  if ((desc & inner) !== 0n)
    throw new Error(`leaf 0x${desc.toString(16)} is not aligned to its level ${level}`);
  return leaf;
}

/**
 * Checks that every page of the pool is free, linked in one of the VMs or in one of the caches. Returns the pages that
 * are none of these.
 */
export function strayPages(
  machine: Machine,
  reports: readonly TableReport[],
  caches: readonly number[],
): Set<bigint> {
  const owners = new Map<bigint, number>();
  const own = (pa: bigint) => owners.set(pa, (owners.get(pa) ?? 0) + 1);
  for (const pa of freePages(machine)) own(pa);
  for (const report of reports) for (const pa of report.pages) own(pa);
  for (const pa of cachePages(machine, caches)) own(pa);
  for (const [pa, n] of owners) if (n > 1) throw new Error(`page 0x${pa.toString(16)} has ${n} owners`);
  const pool = machine.view.u64(L.HEADER_OFFSET + L.HEADER_POOL_PA);
  const shift = BigInt(machine.header(L.HEADER_POOL_SHIFT));
  const all = Array.from({ length: machine.tablePages }, (_, i) => pool + (BigInt(i) << shift));
  return new Set(all.filter((pa) => !owners.has(pa)));
}
