// Each way to break an invariant, alone.
import * as L from '../../src/abi/layout.js';
import type { FindingKind, FsckOptions } from '../../src/kvm/index.js';
import type { FullGeometry } from '../model/geometries.js';
import { type Bench, RW, tableEntry } from './bench.js';

interface Plant {
  kind: FindingKind;
  what: string;
  plant: (b: Bench) => FsckOptions | undefined;
  /** Geometries it makes sense for. */
  where?: (g: FullGeometry) => boolean;
  /** Findings that cannot be told from this one. */
  besides?: FindingKind[];
}

const hasTables = ({ startLevel }: FullGeometry) => startLevel < 3;
const twoLevels = ({ startLevel }: FullGeometry) => startLevel < 2;

/** Changes the entry of page 0; nothing is to be said of the options. */
const leaf = (change: (desc: bigint) => bigint) => (b: Bench) => {
  b.changeLeaf(0n, change);
  return undefined;
};

export const PLANTS: Plant[] = [
  {
    kind: 'table-misplaced',
    what: 'an entry that leads to the root of another VM',
    plant: (b) => void b.link(b.other.tables.pgd),
    where: hasTables,
  },
  {
    kind: 'table-misplaced',
    what: 'an entry that leads to no memory',
    plant: (b) => void b.link(1n << 36n),
    where: hasTables,
  },
  {
    kind: 'table-shared',
    what: 'a second entry of the root for a table',
    plant: (b) => void b.link(b.table),
    where: hasTables,
  },
  {
    kind: 'table-shared',
    what: 'a table that leads to itself',
    plant: (b) => {
      const last = b.table + (1n << BigInt(b.geometry.granuleShift)) - 8n;
      b.machine.writeRam(last, tableEntry(b.table, b.geometry));
      b.setCount(b.table, b.machine.core.tableRefs(b.table) + 1);
      return undefined;
    },
    where: twoLevels,
  },
  {
    kind: 'table-free',
    what: 'an entry that leads to a page given back',
    plant: (b) => {
      const pa = b.allocate();
      b.machine.core.tableFree(pa);
      return void b.link(pa);
    },
    where: hasTables,
  },
  {
    kind: 'table-cached',
    what: 'an entry that leads to a page of a cache',
    plant: (b) => void b.link(b.cached(0)),
    where: hasTables,
  },
  {
    kind: 'table-lost',
    what: 'a linked table that was given up',
    plant: (b) => void b.setCount(b.table, L.PAGE_LOST),
    where: hasTables,
  },
  {
    kind: 'page-count',
    what: 'a table with a reference too many',
    plant: (b) => void b.setCount(b.table, b.machine.core.tableRefs(b.table) + 1),
    where: hasTables,
  },
  {
    kind: 'page-count',
    what: 'a table with a reference too few',
    plant: (b) => void b.setCount(b.table, b.machine.core.tableRefs(b.table) - 1),
    where: hasTables,
  },
  { kind: 'entry-stray', what: 'an entry with bits but no VALID', plant: leaf((desc) => desc & ~1n) },
  { kind: 'entry-reserved', what: 'bits 01 at level 3', plant: leaf((desc) => desc & ~2n) },
  {
    kind: 'entry-reserved',
    what: 'a block at a level without blocks',
    plant: (b) => void b.machine.writeRam(b.lastOfRoot(), 0x7fdn),
    where: ({ granuleShift, startLevel, layout }) =>
      startLevel < (granuleShift === 12 ? 1 : 2) - (layout === 'narrow' ? 0 : 1),
  },
  {
    kind: 'leaf-beyond-ipa',
    what: 'a page at the end of a space that the guest has half of',
    plant: (b) => {
      b.vm.tables.map((1n << BigInt(b.geometry.ipaBits)) - b.page, b.page, 0n, RW);
      return { ipaBits: b.geometry.ipaBits - 1 };
    },
  },
  {
    kind: 'leaf-beyond-pa',
    what: 'an output the CPU has no bits for',
    plant: (b) => {
      b.vm.tables.map(0n, b.page, 1n << 40n, RW);
      return { paBits: 40 };
    },
  },
  {
    kind: 'leaf-beyond-pa',
    what: 'an output in the last sixteenth of the layout',
    plant: (b) => {
      const bits = b.geometry.layout === 'narrow' ? 48n : 52n;
      b.vm.tables.map(0n, b.page, 15n << (bits - 4n), RW);
      return { paBits: Number(bits) - 4 };
    },
  },
  { kind: 'leaf-reserved-bits', what: 'bit 50 of a page', plant: leaf((desc) => desc | (1n << 50n)) },
  {
    kind: 'leaf-reserved-bits',
    what: 'a block that is not aligned',
    plant: (b) => void b.changeLeaf(b.block, (desc) => desc | (1n << 20n)),
    where: hasTables,
  },
  {
    kind: 'leaf-attributes',
    what: 'a reserved MemAttr',
    plant: leaf((desc) => (desc & ~0x3cn) | (4n << 2n)),
  },
  {
    kind: 'leaf-attributes',
    what: 'the reserved shareability',
    plant: leaf((desc) => (desc & ~0x300n) | 0x100n),
    where: ({ layout }) => layout !== 'lpa2',
  },
  {
    kind: 'leaf-contiguous',
    what: 'one contiguous page',
    plant: leaf((desc) => desc | (1n << 52n)),
  },
  {
    kind: 'free-list',
    what: 'a free page with a reference',
    plant: (b) => {
      const pa = b.allocate();
      b.machine.core.tableFree(pa);
      return void b.setCount(pa, 1);
    },
  },
  {
    kind: 'free-list',
    what: 'a page twice on the list, so that another one is on none',
    plant: (b) => {
      const stack = b.machine.header(L.HEADER_POOL_STACK);
      return void b.machine.view.setU32(stack, b.machine.view.u32(stack + 4));
    },
    besides: ['page-unowned'],
  },
  {
    kind: 'free-list',
    what: 'a page that the pool does not have, in the place of one it has',
    plant: (b) => void b.machine.view.setU32(b.machine.header(L.HEADER_POOL_STACK), b.machine.tablePages),
    besides: ['page-unowned'],
  },
  {
    kind: 'cache-page',
    what: 'a cached page given back',
    plant: (b) => void b.machine.core.tableFree(b.cached(0)),
    where: hasTables,
  },
  {
    kind: 'cache-page',
    what: 'a page cached twice, so that another one is in no cache',
    plant: (b) => void b.machine.view.setU64(b.cache + L.CACHE_OBJECTS, b.cached(1)),
    where: hasTables,
    besides: ['page-unowned'],
  },
  {
    kind: 'cache-page',
    what: 'a page set aside given back',
    plant: (b) => void b.machine.core.tableFree(b.setAside()[1]),
    where: hasTables,
  },
  {
    kind: 'cache-page',
    what: 'a chain of pages set aside that leads in a circle, so that another one is in none',
    plant: (b) => {
      const [first] = b.setAside();
      return void b.machine.writeRam(first, first);
    },
    where: hasTables,
    besides: ['page-unowned'],
  },
  {
    kind: 'cache-page',
    what: 'a chain of pages set aside that leads out of the pool',
    plant: (b) => {
      const [first] = b.setAside();
      return void b.machine.writeRam(first, b.vm.tables.pgd);
    },
    where: hasTables,
    besides: ['page-unowned'],
  },
  {
    kind: 'cache-size',
    what: 'a cache of 41 pages',
    plant: (b) => {
      b.machine.core.cacheTopup(b.cache, 40);
      return void b.machine.view.setU32(b.cache + L.CACHE_NOBJS, 41);
    },
  },
  { kind: 'page-unowned', what: 'an allocated page that nobody holds', plant: (b) => void b.allocate() },
];
