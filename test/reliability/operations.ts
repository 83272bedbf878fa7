// Every operation that takes pages for tables: how to come to the point before it, what it takes, and what it leaves if
// they are refused.
import { Fsc } from '../../src/abi/arm.js';
import * as L from '../../src/abi/layout.js';
import type { AreaSpec, Geometry } from '../../src/kvm/index.js';
import { abort, BLOCK, GUEST, HVA, PAGE } from '../model/lab.js';
import { INTERNAL_OPERATIONS } from './operations-internal.js';
import { FULL_CACHE, fault, type Row, set, tables, user } from './subjects.js';

const RW = 0x7ffn;
export const GIB = 1n << 30n;
const LOG = 1;

const DEVICES: AreaSpec[] = [
  { hva: HVA, size: 4n * PAGE, kind: 'pfnmap', pa: 0x900_0000n },
  { hva: HVA + 4n * PAGE, size: 4n * PAGE, kind: 'anonymous' },
  { hva: HVA + 8n * PAGE, size: 4n * PAGE, kind: 'pfnmap', pa: 0xa00_0000n },
];
const V4_13: Geometry = { granuleShift: 12, ipaBits: 40 };
const DEEP: Geometry = { granuleShift: 12, ipaBits: 52, startLevel: -1, layout: 'lpa2' };

export const OPERATIONS: Row[] = [
  {
    name: 'a slot over device memory, in two areas, is created',
    setup: () => user({ areas: DEVICES }, ({ vm }) => set(vm, { memorySize: 12n * PAGE })),
    pages: 2 * FULL_CACHE,
    left: 'as before',
  },
  {
    name: 'a slot over device memory is moved',
    setup: () =>
      user({ areas: DEVICES, slots: [{ memorySize: 12n * PAGE }] }, ({ vm }) =>
        set(vm, { memorySize: 12n * PAGE, guestPhysAddr: 2n * GUEST }),
      ),
    pages: 2 * FULL_CACHE,
    left: 'invalid slot',
  },
  {
    name: 'a slot over memory is created',
    setup: () => user({ areas: [{ hva: HVA, size: BLOCK, kind: 'anonymous' }] }, ({ vm }) => set(vm, {})),
    pages: 0,
    left: 'as before',
  },
  {
    name: 'a slot begins to log, with blocks and pages in it',
    setup: () =>
      fault(
        'thp',
        0,
        ({ vm }) => ({ ret: set(vm, { flags: LOG }) }),
        ({ cpu }) => {
          abort(cpu, 'write', GUEST);
        },
      ),
    pages: 0,
    left: 'as before',
  },
  {
    name: 'a slot is deleted',
    setup: () =>
      fault(
        'anonymous',
        LOG,
        ({ vm }) => ({ ret: set(vm, { memorySize: 0n }) }),
        ({ cpu }) => {
          abort(cpu, 'write', GUEST);
        },
      ),
    pages: 0,
    left: 'as before',
  },
  ...INTERNAL_OPERATIONS,
  ...(['anonymous', 'thp', 'hugetlb'] as const).flatMap((memory) =>
    (['read', 'write', 'fetch'] as const).map(
      (kind): Row => ({
        name: `a ${kind} of ${memory} memory`,
        setup: () => fault(memory, 0, ({ cpu }) => abort(cpu, kind, GUEST)),
        pages: FULL_CACHE,
        left: 'as before',
      }),
    ),
  ),
  {
    name: 'a write that is logged',
    setup: () => fault('anonymous', LOG, ({ cpu }) => abort(cpu, 'write', GUEST)),
    pages: FULL_CACHE,
    left: 'as before',
  },
  {
    name: 'a write to a block of a slot that began to log',
    setup: () =>
      fault(
        'thp',
        0,
        ({ cpu }) => abort(cpu, 'write', GUEST + PAGE, { type: Fsc.PERMISSION, level: 2 }),
        ({ cpu, vm }) => {
          abort(cpu, 'write', GUEST);
          set(vm, { flags: LOG });
        },
      ),
    pages: FULL_CACHE,
    left: 'as before',
  },
  {
    name: 'a write to a page that was read',
    setup: () =>
      fault(
        'anonymous',
        0,
        ({ cpu }) => abort(cpu, 'write', GUEST, { type: Fsc.PERMISSION }),
        ({ cpu }) => {
          abort(cpu, 'read', GUEST);
        },
      ),
    pages: FULL_CACHE,
    left: 'as before',
  },
  {
    name: 'a fault on device memory',
    setup: () =>
      user(
        { areas: DEVICES, slots: [{ memorySize: 12n * PAGE }] },
        ({ cpu }) => abort(cpu, 'read', GUEST).ret,
        ({ vm }) => vm.unmapRange(GUEST, PAGE),
      ),
    pages: FULL_CACHE,
    left: 'as before',
  },
  {
    name: 'a fault with one page left in the cache',
    setup: () => {
      const s = fault('anonymous', 0, ({ cpu }) => abort(cpu, 'write', GUEST));
      s.machine.setAllocationBudget(1);
      s.machine.core.cacheTopup((s.vm.vcpus[0]?.offset ?? 0) + L.VCPU_CACHE, 1);
      return s;
    },
    pages: FULL_CACHE - 1,
    left: 'as before',
  },
  {
    name: 'an access flag fault',
    setup: () =>
      fault(
        'anonymous',
        0,
        ({ cpu }) => abort(cpu, 'read', GUEST, { type: Fsc.ACCESS_FLAG }),
        ({ cpu, vm }) => {
          abort(cpu, 'write', GUEST);
          vm.ageHva(HVA, HVA + PAGE);
        },
      ),
    pages: 0,
    left: 'as before',
  },
  {
    name: 'a fault that user space answers',
    setup: () =>
      fault('anonymous', 0, ({ cpu }) => abort(cpu, 'read', 0n, { isv: { size: 4, register: 1 } })),
    pages: 0,
    left: 'as before',
  },
  {
    name: 'the top-up of a cache',
    setup: () =>
      fault('anonymous', 0, ({ machine, cpu }) => ({
        ret: machine.core.cacheTopup(cpu.offset + L.VCPU_CACHE, 2),
      })),
    pages: FULL_CACHE,
    left: 'as before',
  },
  ...(
    [
      [V4_13, 0],
      [DEEP, 2],
    ] as const
  ).flatMap(([geometry, above]): Row[] => [
    {
      name: `a range mapped with pages at both ends, ${geometry.ipaBits} bits`,
      setup: () =>
        tables(geometry, ({ tables: t }) =>
          t.map(GIB - 2n * PAGE, GIB + 4n * PAGE, 3n * GIB - 2n * PAGE, RW),
        ),
      pages: FULL_CACHE,
      needs: above + 4,
      left: 'a part of it',
    },
    {
      name: `a range of many tables mapped, ${geometry.ipaBits} bits`,
      setup: () => tables(geometry, ({ tables: t }) => t.map(0n, 50n * BLOCK, PAGE, RW)),
      pages: 2 * FULL_CACHE,
      needs: above + 51,
      left: 'a part of it',
    },
    {
      name: `blocks dissolved, ${geometry.ipaBits} bits`,
      setup: () =>
        tables(
          geometry,
          ({ tables: t }) => t.dissolve(GIB - 30n * BLOCK, 60n * BLOCK),
          ({ tables: t }) => void t.map(0n, 2n * GIB, 8n * GIB, RW),
        ),
      pages: 2 * FULL_CACHE,
      needs: 62,
      left: 'the same translation',
    },
  ]),
  {
    name: 'the dirty log read, memory aged, invalidated, changed and unmapped',
    setup: () =>
      fault(
        'anonymous',
        LOG,
        ({ vm, mm }) => {
          vm.getDirtyLog(0);
          vm.ageHva(HVA, HVA + BLOCK);
          vm.changeHva(HVA, mm.pte(HVA) & ~0xfffn);
          vm.invalidatePage(HVA);
          vm.invalidateHva(HVA, HVA + BLOCK);
          return { ret: 0 };
        },
        ({ cpu }) => {
          abort(cpu, 'write', GUEST);
        },
      ),
    pages: 0,
    left: 'as before',
  },
];
