// Random descriptors: mostly leaves that let the access through, each of their bits now and then otherwise.
import fc from 'fast-check';
import { at, rarely, usually, usuallyClear, usuallySet, word } from './arbitrary-draws.js';
import { alignDown, bit, bits, ones } from './bits.js';
import { entryBits, pageBits } from './geometry.js';
import type { WalkGeometry } from './table-walk.js';
import type { CpuFeatures } from './types.js';

/** Bits of a leaf; the same recipe serves both stages, which read bits [9:2] and [54:53] in their own ways. */
export const leafRecipe = fc.record({
  memAttr: fc.nat(15),
  access: rarely(fc.nat(3), 4),
  sh: fc.nat(3),
  af: usuallySet(4),
  nG: fc.boolean(),
  nT: usuallyClear(12),
  dbm: fc.boolean(),
  contiguous: usuallyClear(3),
  xn: usually(0, [1, 2, 3], 2),
  software: fc.nat(511),
  /** The output address, unless the path has a better one. */
  output: word,
  /** Address bits beyond the size of the output. */
  beyond: usuallyClear(10),
  shape: usually<'valid' | 'invalid' | 'other-type'>('valid', ['invalid', 'other-type'], 16),
});

export type LeafRecipe = typeof leafRecipe extends fc.Arbitrary<infer T> ? T : never;

/** Bits of a table descriptor that are not its address: hierarchical permissions at stage 1, ignored at stage 2. */
export const tableRecipe = fc.record({
  ignored: word.map((noise) => noise & 0x87f0_0000_0000_0cfcn),
  hierarchy: usually(0, [1, 2, 4, 8, 15], 5),
});

export type TableRecipe = typeof tableRecipe extends fc.Arbitrary<infer T> ? T : never;

/** Where a descriptor holds an address; the inverse of reading it. */
function encodeAddress(address: bigint, { granule, ds }: WalkGeometry, features: CpuFeatures): bigint {
  const low = bits(address, 47, 0);
  if (ds) return low | (bits(address, 51, 50) << 8n) | (bits(address, 49, 48) << 48n);
  return granule === 64 && features.lpa ? low | (bits(address, 51, 48) << 12n) : low;
}

export function tableDescriptor(
  recipe: TableRecipe,
  table: bigint,
  geometry: WalkGeometry,
  features: CpuFeatures,
): bigint {
  const address = encodeAddress(alignDown(table, pageBits(geometry.granule)), geometry, features);
  return 0b11n | recipe.ignored | at(59, recipe.hierarchy) | address;
}

export function leafDescriptor(
  recipe: LeafRecipe,
  level: number,
  target: bigint | undefined,
  stage: 1 | 2,
  geometry: WalkGeometry,
  features: CpuFeatures,
): bigint {
  const size = recipe.beyond ? 52 : geometry.outputBits;
  const output = alignDown((target ?? recipe.output) & ones(size), entryBits(geometry.granule, level));
  const attributes =
    at(2, recipe.memAttr) |
    at(6, recipe.access ?? (stage === 2 ? 0b11 : 0b01)) |
    (geometry.ds ? 0n : at(8, recipe.sh)) |
    at(10, recipe.af) |
    at(11, stage === 1 && recipe.nG) |
    at(16, level < 3 && recipe.nT) |
    at(51, recipe.dbm) |
    at(52, recipe.contiguous) |
    at(53, recipe.xn) |
    at(55, recipe.software);
  return encodeAddress(output, geometry, features) | attributes | leafType(recipe, level);
}

function leafType({ shape }: LeafRecipe, level: number): bigint {
  const type = level === 3 ? 0b11n : 0b01n;
  if (shape === 'invalid') return type & 0b10n;
  return shape === 'other-type' ? type ^ 0b10n : type;
}

/** A descriptor that a walk goes on from. */
export function isTable(descriptor: bigint, level: number): boolean {
  return level < 3 && bit(descriptor, 0) && bit(descriptor, 1);
}
