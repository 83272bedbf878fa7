import { HCR_VM_LSB } from '../../src/abi/arm.js';
import { type Geometry, vtcr, vttbr } from '../../src/kvm/geometry.js';
import type { WalkRegisters } from '../../src/walk/regime.js';
import { attributesWalk, decodeRegime, plainWalk } from './core.js';
import { bigintWalk, typedArrayWalk } from './javascript.js';
import { type Native, NativeKernel, nativeWalk } from './native.js';
import { contiguousSpace, RAM_PA, type Space, sparseSpace } from './space.js';
import { StreamStore } from './store.js';
import { mapBlocks, mapEdges, mapPages, mapSpread, OA_BITS, type StreamName } from './streams.js';
import { Tables } from './tables.js';
import type { Ram, Walk } from './walk.js';

export type WalkerName = 'core' | 'native' | 'native again' | 'typed array' | 'BigInt';

/** Tables under one set of registers, the streams over them and all that walks them. */
export interface Bed {
  name: string;
  space: Space;
  registers: WalkRegisters;
  regime: number;
  store: StreamStore;
  granuleShift: number;
  streams: readonly StreamName[];
  edges: BigUint64Array;
  /** By form of the result. */
  plain: ReadonlyMap<WalkerName, Walk>;
  attributes: ReadonlyMap<WalkerName, Walk>;
}

const PAGE_STREAMS: readonly StreamName[] = ['seq', 'hot', 'rnd1g'];
const ALL_STREAMS: readonly StreamName[] = [...PAGE_STREAMS, 'rnd64g', 'blocks', 'mix'];
const ARENA_BYTES = 64 << 20;

const GEOMETRY = {
  '4K, 3 levels': { granuleShift: 12, ipaBits: 40 },
  '4K, 4 levels': { granuleShift: 12, ipaBits: 48 },
  '16K, 3 levels': { granuleShift: 14, ipaBits: 48 },
  '64K, 2 levels': { granuleShift: 16, ipaBits: 42 },
  '64K, 3 levels': { granuleShift: 16, ipaBits: 48 },
} as const satisfies Record<string, Geometry>;

type GeometryName = keyof typeof GEOMETRY;

const NATIVE_KERNEL: Readonly<Record<GeometryName, NativeKernel>> = {
  '4K, 3 levels': NativeKernel.PAGE_4K_3,
  '4K, 4 levels': NativeKernel.PAGE_4K_4,
  '16K, 3 levels': NativeKernel.PAGE_16K_3,
  '64K, 2 levels': NativeKernel.PAGE_64K_2,
  '64K, 3 levels': NativeKernel.PAGE_64K_3,
};

/** All beds: those of one RAM bank share a machine, and the one with many banks has its own. */
export interface Beds {
  contiguous: ReadonlyMap<GeometryName, Bed>;
  sparse: Bed;
}

export function createBeds(native: Native | undefined): Beds {
  const space = contiguousSpace(ARENA_BYTES);
  const store = new StreamStore(space.machine);
  const tables = contiguousTables(space);
  const contiguous = Object.entries(tables).map(([key, of]): [GeometryName, Bed] => {
    const name = key as GeometryName;
    const bed = createBed(name, of, store);
    return [name, { ...bed, ...outsideWalkers(bed, name, ramOf(space, of), native) }];
  });
  return { contiguous: new Map(contiguous), sparse: createSparse() };
}

function contiguousTables(space: Space): Record<GeometryName, Tables> {
  const pages = (name: GeometryName) => {
    const tables = new Tables(space, GEOMETRY[name]);
    mapPages(tables);
    return tables;
  };
  const three = pages('4K, 3 levels');
  mapBlocks(three);
  mapSpread(three);
  const two = pages('64K, 2 levels');
  return {
    '4K, 3 levels': three,
    '4K, 4 levels': three.withLevelAbove(GEOMETRY['4K, 4 levels']),
    '16K, 3 levels': pages('16K, 3 levels'),
    '64K, 2 levels': two,
    '64K, 3 levels': two.withLevelAbove(GEOMETRY['64K, 3 levels']),
  };
}

function createSparse(): Bed {
  const space = sparseSpace(ARENA_BYTES);
  const tables = new Tables(space, GEOMETRY['4K, 3 levels']);
  mapPages(tables);
  return { ...createBed('sparse RAM', tables, new StreamStore(space.machine)), streams: PAGE_STREAMS };
}

/** A bed that only the core walks. */
function createBed(name: string, tables: Tables, store: StreamStore): Bed {
  const { space, geometry, root } = tables;
  const registers: WalkRegisters = {
    vtcr: vtcr(geometry, OA_BITS),
    vttbr: vttbr(root, 1),
    hcr: 1n << BigInt(HCR_VM_LSB),
  };
  const edges = mapEdges(tables, geometry);
  const regime = decodeRegime(space.machine, registers);
  return {
    name,
    space,
    registers,
    regime,
    store,
    granuleShift: geometry.granuleShift,
    streams: geometry.granuleShift === 12 ? ALL_STREAMS : PAGE_STREAMS,
    edges,
    plain: new Map([['core', plainWalk(space.machine, regime)]]),
    attributes: new Map([['core', attributesWalk(space.machine, regime)]]),
  };
}

function ramOf(space: Space & { ramBytes: bigint }, { root, geometry }: Tables): Ram {
  const { machine, ramBytes: bytes } = space;
  return {
    buffer: machine.view.memory.buffer,
    offset: machine.view.base + machine.ramOffset(RAM_PA)!,
    pa: RAM_PA,
    bytes,
    root,
    ipaBits: geometry.ipaBits,
    oaBits: OA_BITS,
  };
}

/** The bed's walkers with those beside the core. */
function outsideWalkers(bed: Bed, name: GeometryName, ram: Ram, native: Native | undefined) {
  const plain = new Map(bed.plain);
  const attributes = new Map(bed.attributes);
  if (native !== undefined) {
    plain.set('native', nativeWalk(native, NATIVE_KERNEL[name], ram));
    plain.set('native again', nativeWalk(native, NATIVE_KERNEL[name], ram));
  }
  if (name === '4K, 3 levels') {
    if (native !== undefined)
      attributes.set('native', nativeWalk(native, NativeKernel.PAGE_4K_3_ATTRIBUTES, ram));
    plain.set('typed array', typedArrayWalk(ram));
    plain.set('BigInt', bigintWalk(ram));
  }
  return { plain, attributes };
}
