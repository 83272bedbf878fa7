// Tables laid out along paths: each path is one input address and the descriptors that a walk of it meets.
import fc from 'fast-check';
import {
  isTable,
  leafDescriptor,
  leafRecipe,
  tableDescriptor,
  tableRecipe,
} from './arbitrary-descriptors.js';
import { index, pick, usually, word } from './arbitrary-draws.js';
import { alignDown, bits, ones } from './bits.js';
import { allowsBlock, entryBits, LAST_LEVEL, pageBits } from './geometry.js';
import type { WalkGeometry } from './table-walk.js';
import type { CpuFeatures } from './types.js';

export const pathRecipe = fc.record({
  input: word,
  upper: fc.boolean(),
  leafLevel: index,
  leaf: leafRecipe,
  /** One for each level that can hold a table. */
  tables: fc.array(tableRecipe, { minLength: 4, maxLength: 4 }),
  /** Where the walk leaves the tables laid out for it. */
  detour: usually<'none' | 'hole' | 'loop'>('none', ['hole', 'loop'], 14),
  detourAt: fc.nat(3),
});

export type PathRecipe = typeof pathRecipe extends fc.Arbitrary<infer T> ? T : never;

/** One stage's tables, at the addresses its walk uses. */
export interface TableSpace {
  stage: 1 | 2;
  features: CpuFeatures;
  geometry: WalkGeometry;
  root: bigint;
  /** Room for one more table. */
  allocate(): bigint;
  store(address: bigint, descriptor: bigint): void;
  /** What was stored, and the table that a table descriptor leads to. */
  entries: Map<bigint, { descriptor: bigint; next: bigint | undefined }>;
}

export function rootBits({ inputBits, granule, startLevel, wideBase }: WalkGeometry): number {
  const bytes = inputBits - entryBits(granule, startLevel) + 3;
  return wideBase ? Math.max(bytes, 6) : bytes;
}

/** A level where this path's leaf is legal. */
export function leafLevelOf(path: PathRecipe, geometry: WalkGeometry, features: CpuFeatures): number {
  const { granule, startLevel, ds } = geometry;
  const levels = [LAST_LEVEL];
  for (let level = LAST_LEVEL - 1; level >= startLevel; level--) {
    if (allowsBlock(features, granule, level, ds)) levels.push(level);
  }
  return pick(levels, path.leafLevel);
}

/** Lays a path out; where another has put a leaf already, that one stays. */
export function layPath(
  space: TableSpace,
  path: PathRecipe,
  input: bigint,
  target: bigint | undefined,
): void {
  const { stage, features, geometry } = space;
  const leafLevel = leafLevelOf(path, geometry, features);
  let table = space.root;
  for (let level = geometry.startLevel; level < leafLevel; level++) {
    const next = enterTable(space, path, entryAddress(table, input, level, geometry), level);
    if (next === undefined) return;
    table = next;
  }
  const address = entryAddress(table, input, leafLevel, geometry);
  if (space.entries.has(address)) return;
  put(space, address, leafDescriptor(path.leaf, leafLevel, target, stage, geometry, features), undefined);
}

/** The table below an entry, made where there is none. */
function enterTable(space: TableSpace, path: PathRecipe, address: bigint, level: number): bigint | undefined {
  const present = space.entries.get(address);
  if (present !== undefined) return isTable(present.descriptor, level) ? present.next : undefined;
  const { features, geometry } = space;
  const depth = level - geometry.startLevel;
  const next = path.detourAt === depth ? detour(space, path) : space.allocate();
  const descriptor = tableDescriptor(pick(path.tables, depth), next, geometry, features);
  put(space, address, descriptor, next);
  return next;
}

function detour(space: TableSpace, { detour, leaf }: PathRecipe): bigint {
  const { granule, outputBits } = space.geometry;
  switch (detour) {
    case 'none':
      return space.allocate();
    case 'loop':
      return alignDown(space.root, pageBits(granule));
    case 'hole':
      return alignDown(leaf.output & ones(leaf.beyond ? 52 : outputBits), pageBits(granule));
  }
}

function put(space: TableSpace, address: bigint, descriptor: bigint, next: bigint | undefined): void {
  space.entries.set(address, { descriptor, next });
  space.store(address, descriptor);
}

function entryAddress(table: bigint, input: bigint, level: number, geometry: WalkGeometry): bigint {
  const { granule, inputBits, startLevel } = geometry;
  const high = level === startLevel ? inputBits : entryBits(granule, level - 1);
  return table + (bits(input, high - 1, entryBits(granule, level)) << 3n);
}
