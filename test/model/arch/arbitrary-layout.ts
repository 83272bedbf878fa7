// The memory of a scenario: stage-2 tables, and stage-1 tables at IPAs that stage 2 maps to RAM.
import fc from 'fast-check';
import { type LeafRecipe, leafRecipe } from './arbitrary-descriptors.js';
import { index, pick, usually, usuallyClear, word } from './arbitrary-draws.js';
import { Ram } from './arbitrary-ram.js';
import type { Setup } from './arbitrary-registers.js';
import {
  layPath,
  leafLevelOf,
  type PathRecipe,
  pathRecipe,
  rootBits,
  type TableSpace,
} from './arbitrary-tables.js';
import { alignDown, bit, bits, ones } from './bits.js';
import { entryBits, pageBits } from './geometry.js';
import type { WalkGeometry } from './table-walk.js';
import type { Registers } from './types.js';

export const layoutRecipe = fc.record({
  /** Of the two banks: usually low, else at the top of the implemented size. */
  high: usually(0, [1, 2, 3], 3),
  /** VMID, ASID and CnP. */
  extra: word.map((noise) => noise & 0xffff_0000_0000_0001n),
  /** Where the stage-1 tables lie, and how stage 2 maps them. */
  tableIpa: word,
  backing: pathRecipe,
  backingLeaves: fc.array(fc.record({ leaf: leafRecipe, flawed: usuallyClear(6) }), {
    minLength: 3,
    maxLength: 3,
  }),
  /** Stage-1 tables inside the stage-2 tables. */
  overlay: usuallyClear(40),
  ipaPaths: fc.array(pathRecipe, { minLength: 1, maxLength: 5 }),
  vaPaths: fc.array(fc.record({ path: pathRecipe, target: index, stray: usuallyClear(8) }), {
    minLength: 1,
    maxLength: 5,
  }),
});

export type LayoutRecipe = typeof layoutRecipe extends fc.Arbitrary<infer T> ? T : never;

export interface Layout {
  registers: Required<Registers>;
  ram: Ram;
  /** Addresses that a path was laid out for; without stage 1 the VAs are the IPAs. */
  ipas: bigint[];
  vas: bigint[];
}

const LOW_BANKS = [0x4000_0000n, 0x5000_0000n] as const;

export function buildLayout(recipe: LayoutRecipe, setup: Setup, withStage1: boolean): Layout {
  const ram = new Ram(bankBases(recipe, setup));
  const stage2 = stage2Space(setup, ram);
  const stage1 = withStage1 ? layStage1(recipe, setup, ram, stage2) : { vas: [], ttbr0: 0n, ttbr1: 0n };
  const ipas = recipe.ipaPaths.map((path) => {
    const input = ipaOf(path, setup);
    layPath(stage2, path, input, undefined);
    return input;
  });
  const registers = {
    ...setup.registers,
    vttbr: recipe.extra | encodeTtbr(stage2.root, setup.stage2),
    ttbr0El1: recipe.extra | encodeTtbr(stage1.ttbr0, setup.stage1.lower),
    ttbr1El1: recipe.extra | encodeTtbr(stage1.ttbr1, setup.stage1.upper),
  };
  return { registers, ram, ipas, vas: setup.stage1Enabled ? stage1.vas : ipas };
}

/** A bank at the top ends where the implemented addresses do. */
function bankBases({ high }: LayoutRecipe, { features }: Setup): bigint[] {
  const top = 1n << BigInt(features.paMax);
  return LOW_BANKS.map((base, n) => (bit(BigInt(high), n) ? top - base / 2n : base));
}

function ipaOf(path: PathRecipe, { stage2 }: Setup): bigint {
  return path.input & ones(stage2.inputBits);
}

function stage2Space({ features, stage2: geometry, registers }: Setup, ram: Ram): TableSpace {
  const bigEndian = bit(registers.sctlrEl2, 25);
  return {
    stage: 2,
    features,
    geometry,
    root: ram.allocate(rootBits(geometry)),
    allocate: () => ram.allocate(pageBits(geometry.granule)),
    store: (pa, descriptor) => ram.set(pa, descriptor, bigEndian),
    entries: new Map(),
  };
}

/** Bits of the wide form lie below the alignment of the table. */
function encodeTtbr(root: bigint, { wideBase }: WalkGeometry): bigint {
  const low = bits(root, 47, 0);
  return wideBase ? low | (bits(root, 51, 48) << 2n) : low;
}

interface Stage1Tables {
  vas: bigint[];
  ttbr0: bigint;
  ttbr1: bigint;
}

function layStage1(recipe: LayoutRecipe, setup: Setup, ram: Ram, stage2: TableSpace): Stage1Tables {
  const backing = createBacking(recipe, setup, ram, stage2);
  const lower = stage1Space(recipe, setup, setup.stage1.lower, ram, backing);
  const upper = stage1Space(recipe, setup, setup.stage1.upper, ram, backing);
  const vas = recipe.vaPaths.map(({ path, target, stray }) => {
    const space = path.upper ? upper : lower;
    const ipa = stray ? path.leaf.output : ipaOf(pick(recipe.ipaPaths, target), setup);
    const va = vaReaching(path, ipa, space);
    layPath(space, path, va, ipa);
    return va;
  });
  return { vas, ttbr0: lower.root, ttbr1: upper.root };
}

/** The path's address, but for the bits that its leaf hands through to the IPA. */
function vaReaching(path: PathRecipe, ipa: bigint, { geometry, features }: TableSpace): bigint {
  const { inputBits, granule } = geometry;
  const through = entryBits(granule, leafLevelOf(path, geometry, features));
  const va = alignDown(path.input & ones(inputBits), through) | (ipa & ones(Math.min(through, inputBits)));
  return path.upper ? (va | (ones(64) << BigInt(inputBits))) & ones(64) : va;
}

function stage1Space(
  recipe: LayoutRecipe,
  setup: Setup,
  geometry: WalkGeometry,
  ram: Ram,
  backing: (ipa: bigint) => bigint,
): TableSpace {
  const bigEndian = bit(setup.registers.sctlrEl1, 25);
  const allocate = (sizeBits: number) => placeTable(recipe, setup, geometry, ram, sizeBits);
  return {
    stage: 1,
    features: setup.features,
    geometry,
    root: allocate(rootBits(geometry)),
    allocate: () => allocate(pageBits(geometry.granule)),
    store: (ipa, descriptor) => ram.set(backing(ipa), descriptor, bigEndian),
    entries: new Map(),
  };
}

/** The IPA of a stage-1 table: its physical address without stage 2, else anywhere. */
function placeTable(
  { tableIpa }: LayoutRecipe,
  { stage2Enabled, stage2 }: Setup,
  { outputBits }: WalkGeometry,
  ram: Ram,
  sizeBits: number,
): bigint {
  const pa = ram.allocate(sizeBits);
  if (!stage2Enabled) return pa;
  return alignDown((pa ^ tableIpa) & ones(Math.min(stage2.inputBits, outputBits)), sizeBits);
}

/** Where an IPA lies in RAM, mapped by a page of stage 2 when it is first asked for. */
function createBacking(
  { backing, backingLeaves, overlay }: LayoutRecipe,
  setup: Setup,
  ram: Ram,
  stage2: TableSpace,
): (ipa: bigint) => bigint {
  const pages = new Map<bigint, bigint>();
  const size = pageBits(stage2.geometry.granule);
  return (ipa) => {
    if (!setup.stage2Enabled) return ipa;
    const page = alignDown(ipa, size);
    const known = pages.get(page);
    const pa = known ?? (overlay ? alignDown(stage2.root, size) : ram.allocate(size));
    if (known === undefined) {
      const { leaf, flawed } = pick(backingLeaves, pages.size);
      pages.set(page, pa);
      layPath(stage2, { ...backing, leafLevel: 0, leaf: flawed ? leaf : readable(leaf, setup) }, page, pa);
    }
    return pa | (ipa & ones(size));
  };
}

/** What a stage-1 walk can read and write its table through. */
function readable(leaf: LeafRecipe, { features, registers }: Setup): LeafRecipe {
  const af = leaf.af || !(features.haf && bit(registers.vtcr, 21));
  return {
    ...leaf,
    memAttr: 0b1111,
    access: undefined,
    af,
    shape: 'valid',
    contiguous: false,
    beyond: false,
  };
}
