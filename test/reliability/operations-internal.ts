// The operations on slots of internal VMs that take pages for tables: as posted, and under each policy.
import { Machine } from '../../src/core/machine.js';
import { type Geometry, type InternalPolicy, setMemoryRegion, Vm } from '../../src/kvm/index.js';
import { BLOCK, GUEST, PAGE, region } from '../model/lab.js';
import { FULL_CACHE, internal, prep, type Row, type Subject, tables } from './subjects.js';

const LOG = 1;
const KIB = 1024n;

const POSTED: Row[] = [
  {
    name: 'a slot of an internal VM is mapped as posted',
    setup: () => internal((vm) => prep(vm, { memorySize: 60n * BLOCK })),
    pages: FULL_CACHE + 39,
    left: 'a part of it',
  },
  ...([14, 16] as const).map(
    (granuleShift): Row => ({
      name: `a slot of an internal VM with a granule of 2^${granuleShift} is mapped as posted`,
      setup: () =>
        tables({ granuleShift, ipaBits: 40 }, (vm) =>
          prep(vm, { memorySize: 2n * BLOCK, userspaceAddr: 0n }),
        ),
      pages: FULL_CACHE,
      left: 'a part of it',
    }),
  ),
  {
    name: 'a slot of an internal VM is moved as posted',
    setup: () => internal((vm) => prep(vm, { guestPhysAddr: 2n * GUEST }), [{}]),
    pages: FULL_CACHE,
    left: 'invalid slot, a part of it',
  },
  {
    name: 'a slot of an internal VM begins to log: as posted it is mapped again',
    setup: () => internal((vm) => prep(vm, { flags: LOG }), [{}]),
    pages: FULL_CACHE,
    left: 'as before',
  },
];

type Place = { guestPhysAddr: bigint; memorySize: bigint };

/** Device registers between two stretches of memory, not on borders of blocks. */
const DEVICE = GUEST + 4n * BLOCK;
const MEMORY = DEVICE + 2n * BLOCK + 32n * PAGE;
const BANKS = [
  { pa: GUEST, size: DEVICE - GUEST, kind: 'unbacked' },
  { pa: DEVICE, size: MEMORY - DEVICE, kind: 'device' },
  { pa: MEMORY, size: 4n * BLOCK, kind: 'unbacked' },
] as const;

/** A VM by a policy, and its one private slot set to `to`; it is at `from` before, if anywhere. */
function policy(policies: Partial<InternalPolicy>, geometry: Geometry, to: Place, from?: Place): Subject {
  const machine = new Machine({
    banks: BANKS,
    tablePool: { pa: 1n << 40n, pages: 160, pageShift: geometry.granuleShift },
    pageState: false,
    arenaBytes: 2 << 20,
  });
  const vm = new Vm(machine, { geometry, internal: policies });
  if (from !== undefined) setMemoryRegion(vm, region({ slot: 512, ...from }));
  return { machine, vm, run: () => prep(vm, to) };
}

/** Pages on both sides of `blocks` blocks of the granule. */
function uneven(granuleShift: number, blocks: bigint, from = GUEST): Place {
  const block = 1n << BigInt(2 * granuleShift - 3);
  const edge = 256n * KIB;
  return { guestPhysAddr: from + block - edge, memorySize: blocks * block + 2n * edge };
}

const V4_13: Geometry = { granuleShift: 12, ipaBits: 40 };
const BY_GEOMETRY: { geometry: Geometry; blocks: bigint; pages: { upFront: number; blocks: number } }[] = [
  { geometry: V4_13, blocks: 7n, pages: { upFront: 10, blocks: 3 } },
  { geometry: { granuleShift: 14, ipaBits: 40 }, blocks: 7n, pages: { upFront: 9, blocks: 2 } },
  { geometry: { granuleShift: 16, ipaBits: 40 }, blocks: 2n, pages: { upFront: 4, blocks: 2 } },
];

const mapped = BY_GEOMETRY.flatMap(({ geometry, blocks, pages }) =>
  (['upFront', 'blocks'] as const).flatMap((idmap) =>
    [false, true].map(
      (contiguous): Row => ({
        name: `a slot is mapped by ${idmap}${contiguous ? ', contiguous' : ''}, granule 2^${geometry.granuleShift}`,
        setup: () => policy({ idmap, contiguous }, geometry, uneven(geometry.granuleShift, blocks)),
        pages: pages[idmap],
        left: 'as before, to the page',
      }),
    ),
  ),
);

/** To a place that overlaps the old one, in part without a table. */
const MOVED = uneven(12, 7n, GUEST + 3n * BLOCK + 8n * PAGE);
const moved = (['upFront', 'blocks'] as const).map(
  (idmap): Row => ({
    name: `a slot is moved by ${idmap}`,
    setup: () => policy({ idmap }, V4_13, MOVED, uneven(12, 7n)),
    pages: idmap === 'upFront' ? 10 : 3,
    left: 'as before, to the page',
  }),
);

/** Memory alone, and memory on both sides of device registers. */
const PLAIN = uneven(12, 2n);
const MIXED: Place = { guestPhysAddr: DEVICE - 64n * PAGE, memorySize: MEMORY - DEVICE + 128n * PAGE };
const BY_REGION: [InternalPolicy['region'], InternalPolicy['idmap'], Place, number][] = [
  ['refuse', 'asPosted', PLAIN, FULL_CACHE],
  ['refuse', 'upFront', PLAIN, 5],
  ['refuse', 'blocks', PLAIN, 3],
  ['deviceAttributes', 'asPosted', MIXED, FULL_CACHE],
  ['deviceAttributes', 'upFront', MIXED, 5],
  ['deviceAttributes', 'blocks', MIXED, 3],
];
const regions = BY_REGION.map(
  ([checked, idmap, place, pages]): Row => ({
    name: `a slot whose region is checked by ${checked} is mapped by ${idmap}`,
    setup: () => policy({ idmap, region: checked }, V4_13, place),
    pages,
    left: idmap === 'asPosted' ? 'a part of it' : 'as before, to the page',
  }),
);

export const INTERNAL_OPERATIONS: Row[] = [...POSTED, ...mapped, ...moved, ...regions];
