// The software side on tables that are garbage. Its ranges are small: tables that link each other make a walk of a
// large one take as long as there are addresses.

import { DESC_AF_LSB } from '../../../src/abi/arm.js';
import * as L from '../../../src/abi/layout.js';
import { levelShift } from '../../../src/arm/descriptor.js';
import {
  addressLayout,
  checkGeometry,
  type Geometry,
  startLevel,
  stride,
} from '../../../src/kvm/geometry.js';
import type { Random } from './random.js';
import { DUMP_LEAVES, type World } from './world.js';

export const SOFTWARE = [
  'dump',
  'unmap',
  'attributes',
  'flush',
  'dissolve',
  'map',
  'block',
  'idmap',
  'pte',
] as const;

/** One operation on a VM with these tables. */
export interface Operation {
  name: (typeof SOFTWARE)[number];
  geometry: Geometry;
  pgd: bigint;
  ipa: bigint;
  size: bigint;
  pa: bigint;
  attributes: bigint;
}

/** Those that take whole pages, or a whole block. */
const MAPPING: readonly Operation['name'][] = ['map', 'block', 'idmap', 'pte'];
const PAGES_MOST = 16;
const LAYOUTS = ['narrow', 'lpa', 'lpa2'] as const;
const PAGE_ATTRIBUTES = 0x7ffn;

const GEOMETRIES: readonly Geometry[] = LAYOUTS.flatMap((layout) =>
  ([12, 14, 16] as const).flatMap((granuleShift) =>
    Array.from({ length: 37 }, (_, i) => i + 16).flatMap((ipaBits) =>
      [-1, 0, 1, 2, 3].map((level) => ({ granuleShift, ipaBits, startLevel: level, layout })),
    ),
  ),
).filter(isGeometry);

function isGeometry(geometry: Geometry): boolean {
  try {
    checkGeometry(geometry);
    return true;
  } catch {
    return false;
  }
}

export function hostileOperation(random: Random, world: World): Operation {
  const geometry = random.pick(GEOMETRIES);
  const { granuleShift, ipaBits } = geometry;
  const name = random.pick(SOFTWARE);
  const block = name === 'block' ? blockShift(geometry) : granuleShift;
  const size = name === 'block' ? 1n << BigInt(block) : hostileSize(random, granuleShift);
  const space = 1n << BigInt(ipaBits);
  const alignment = MAPPING.includes(name) ? 1n << BigInt(block) : 1n;
  const bytes = min(alignedDown(size, MAPPING.includes(name) ? 1n << BigInt(granuleShift) : 1n), space);
  const ipa = min(alignedDown(random.u64() % space, alignment), space - bytes);
  const pa = alignedDown(random.u64() & 0xffff_ffff_ffffn, 1n << BigInt(block));
  const pgd = random.pick(random.oneIn(8) ? world.traps : world.tables) & ~63n;
  const attributes = (random.u64() & PAGE_ATTRIBUTES) | 3n;
  return { name, geometry, pgd, ipa, size: bytes, pa, attributes };
}

const min = (a: bigint, b: bigint) => (a < b ? a : b);
const alignedDown = (value: bigint, to: bigint) => value - (value % to);

/** Up to so many pages, not always whole ones. */
function hostileSize(random: Random, granuleShift: number): bigint {
  const size = BigInt(random.below(PAGES_MOST)) << BigInt(granuleShift);
  return random.oneIn(2) ? size : size + BigInt(random.below(1 << granuleShift));
}

/** That of the second-to-last level, where a block can take the place of a table. */
function blockShift({ granuleShift, ipaBits }: Geometry): number {
  return Math.min(levelShift(granuleShift, 2), ipaBits);
}

/** Runs the operation; its result, 0 or -errno, is as garbage as its tables. */
export function operate(world: World, operation: Operation): void {
  writeVm(world, operation);
  world.machine.view.fill(world.at.visitor, L.VISITOR_SIZEOF);
  RUN[operation.name](world, operation);
}

type Run = (world: World, operation: Operation) => void;

const RUN: Readonly<Record<Operation['name'], Run>> = {
  dump: runDump,
  unmap: ({ machine, at }, { ipa, size }) => machine.core.stage2Unmap(at.vm, ipa, size),
  attributes: runAttributes,
  flush: ({ machine, at }, { ipa, size }) => machine.core.stage2Flush(at.vm, ipa, size),
  dissolve: runDissolve,
  map: runMap,
  block: runMap,
  idmap: runIdmap,
  pte: runSetPte,
};

function runDump({ machine: { core, view }, at }: World, { ipa, size }: Operation): void {
  view.setU32(at.visitor + L.DUMP_VISITOR_OUT, view.base + at.leaves);
  view.setU32(at.visitor + L.DUMP_VISITOR_CAPACITY, DUMP_LEAVES);
  core.stage2Dump(at.vm, ipa, size, at.visitor);
}

function runAttributes({ machine: { core, view }, at }: World, { ipa, size, attributes }: Operation): void {
  view.setU64(at.visitor + L.ATTRIBUTE_VISITOR_SET, attributes & 0xfcn);
  view.setU64(at.visitor + L.ATTRIBUTE_VISITOR_CLEAR, 1n << BigInt(DESC_AF_LSB));
  core.stage2Attributes(at.vm, ipa, size, at.visitor);
}

function runDissolve({ machine: { core, view }, at }: World, { ipa, size }: Operation): void {
  view.setU32(at.visitor + L.DISSOLVE_VISITOR_CACHE, view.base + at.cache);
  view.setU32(at.visitor + L.DISSOLVE_VISITOR_LEVEL, 3);
  core.stage2Dissolve(at.vm, ipa, size, at.visitor);
}

function runMap({ machine: { core, view }, at }: World, { ipa, size, pa, attributes }: Operation): void {
  view.setU64(at.visitor + L.MAP_VISITOR_IPA, ipa);
  view.setU64(at.visitor + L.MAP_VISITOR_PA, pa);
  view.setU64(at.visitor + L.MAP_VISITOR_ATTRIBUTES, attributes);
  view.setU32(at.visitor + L.MAP_VISITOR_CACHE, view.base + at.cache);
  core.stage2Map(at.vm, ipa, size, at.visitor);
}

/**
 * Any flags, and the range itself taken for one that is unmapped first: what is counted need not be what it takes. The
 * cache would hold all pages of the small pool.
 */
function runIdmap({ machine: { core, view }, at }: World, { ipa, size, pa, attributes }: Operation): void {
  core.cacheFree(at.cache);
  view.fill(at.reserve, L.RESERVE_SIZEOF);
  view.setU64(at.visitor + L.MAP_VISITOR_IPA, ipa);
  view.setU64(at.visitor + L.MAP_VISITOR_PA, pa);
  view.setU64(at.visitor + L.MAP_VISITOR_END, ipa + size);
  view.setU64(at.visitor + L.MAP_VISITOR_ATTRIBUTES, attributes);
  view.setU32(at.visitor + L.MAP_VISITOR_RESERVE, view.base + at.reserve);
  view.setU32(at.visitor + L.MAP_VISITOR_FLAGS, Number((attributes >> 2n) & 7n));
  view.setU64(at.visitor + L.PLAN_VISITOR_GONE_START, ipa);
  view.setU64(at.visitor + L.PLAN_VISITOR_GONE_END, ipa + size);
  if (core.idmapPrepare(at.vm, at.visitor) === 0) core.idmapCommit(at.vm, at.visitor);
}

/** As the host does it: a cache with pages for each level, and tables of which one is of level 2. */
function runSetPte({ machine: { core }, at }: World, { geometry, ipa, pa, attributes }: Operation): void {
  if (startLevel(geometry) > 2) return;
  core.cacheTopup(at.cache, 3 - startLevel(geometry));
  core.stage2SetPte(at.vm, at.cache, ipa, pa, attributes, 0, 1);
}

/** The part of struct kvm that the software walk reads. */
function writeVm({ machine: { view }, at }: World, { geometry, pgd }: Operation): void {
  view.fill(at.vm, L.VM_SIZEOF);
  view.setU64(at.vm + L.VM_PGD, pgd);
  view.setU32(at.vm + L.VM_GRANULE_SHIFT, geometry.granuleShift);
  view.setU32(at.vm + L.VM_STRIDE, stride(geometry));
  view.setU32(at.vm + L.VM_START_LEVEL, startLevel(geometry));
  view.setU32(at.vm + L.VM_IA_BITS, geometry.ipaBits);
  view.setU32(at.vm + L.VM_LAYOUT, addressLayout(geometry));
}
