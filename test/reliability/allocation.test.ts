// Every operation that allocates, with the n-th allocation refused, for every n: what it returns, what it leaves, that
// nothing is inconsistent or lost after it, and that it can be tried again.
import { describe, expect, it } from 'vitest';
import { Fsc } from '../../src/abi/arm.js';
import { EFAULT, ENOMEM, KVM_MEMSLOT_INVALID } from '../../src/abi/kvm.js';
import * as L from '../../src/abi/layout.js';
import type { Machine } from '../../src/core/machine.js';
import {
  AddressSpace,
  type AreaSpec,
  fsck,
  type Geometry,
  type HostOptions,
  type MemoryRegion,
  setMemoryRegion,
  Vm,
} from '../../src/kvm/index.js';
import { machineFor } from '../model/geometries.js';
import { Hardware } from '../model/hardware.js';
import {
  abort,
  BLOCK,
  GUEST,
  HVA,
  type LabOptions,
  lab,
  memoryLab,
  PAGE,
  region,
  SMALL_HOST,
} from '../model/lab.js';
import { ArenaFaults } from './arena-faults.js';

const RW = 0x7ffn;
const GIB = 1n << 30n;
const LOG = 1;
/** More pages than any operation here takes. */
const PLENTY = 1 << 20;
const FULL_CACHE = 40;
const MOST_LEAVES = 1 << 15;
/** Room for a dump, and no records of events: hundreds of machines are made. */
const HOST: HostOptions = {
  ...SMALL_HOST,
  ramBytes: 128n << 20n,
  tablePages: 160,
  arenaBytes: 2 << 20,
  accounted: false,
};

interface Subject {
  machine: Machine;
  vm: Vm;
  /** The operation: 0 or above for success. */
  run: () => number;
}

/** What must be in the tables and slots after a failure, beside no inconsistency. */
type Left =
  /** All as before. */
  | 'as before'
  /** The slot is gone from its old place, whose id is marked invalid: v4.13 unmaps before it prepares. */
  | 'invalid slot'
  /** What was mapped up to the refusal stays, in order, and no slot owns it: internal_vm_prep_mem as posted. */
  | 'a part of it'
  /** The old place is unmapped and its slot invalid; the new place is mapped in part. */
  | 'invalid slot, a part of it'
  /** Blocks that were split stay split: every address translates as before. */
  | 'the same translation';

interface Row {
  name: string;
  setup: () => Subject;
  /** Pages an undisturbed run takes. */
  pages: number;
  /** Fewest pages it succeeds with. Default: all of them, as the kernel fills a cache or fails. */
  needs?: number;
  left: Left;
}

/** A user VM and one thing to do with it. */
function user(
  options: LabOptions,
  run: (l: ReturnType<typeof lab>) => number,
  before?: (l: ReturnType<typeof lab>) => void,
): Subject {
  const l = lab({ ...options, host: HOST });
  before?.(l);
  return { machine: l.machine, vm: l.vm, run: () => run(l) };
}

type Memory = 'anonymous' | 'thp' | 'hugetlb';
type Prepare = (l: ReturnType<typeof memoryLab>) => void;

/** A fault on a VM whose vcpu has no table pages left. */
function fault(
  memory: Memory,
  flags: number,
  run: (l: ReturnType<typeof memoryLab>) => { ret: number },
  before?: Prepare,
): Subject {
  const l = memoryLab(memory, flags, { host: HOST });
  before?.(l);
  l.machine.core.cacheFree(l.cpu.offset + L.VCPU_CACHE);
  return { machine: l.machine, vm: l.vm, run: () => run(l).ret };
}

function internal(run: (vm: Vm) => number, slots: Partial<MemoryRegion>[] = []): Subject {
  const { machine } = lab({ host: HOST });
  const vm = new Vm(machine);
  for (const slot of slots) setMemoryRegion(vm, region({ slot: 512, ...slot }));
  return { machine, vm, run: () => run(vm) };
}

const set = (vm: Vm, fields: Partial<MemoryRegion>) => setMemoryRegion(vm, region(fields)).ret;
const prep = (vm: Vm, fields: Partial<MemoryRegion>) => set(vm, { slot: 512, ...fields });

function tables(geometry: Geometry, run: (vm: Vm) => number, before?: (vm: Vm) => void): Subject {
  const machine = machineFor(geometry, 160);
  const vm = new Vm(machine, { geometry });
  before?.(vm);
  machine.core.cacheFree(vm.tables.caches[0] as number);
  return { machine, vm, run: () => run(vm) };
}

const DEVICES: AreaSpec[] = [
  { hva: HVA, size: 4n * PAGE, kind: 'pfnmap', pa: 0x900_0000n },
  { hva: HVA + 4n * PAGE, size: 4n * PAGE, kind: 'anonymous' },
  { hva: HVA + 8n * PAGE, size: 4n * PAGE, kind: 'pfnmap', pa: 0xa00_0000n },
];
const V4_13: Geometry = { granuleShift: 12, ipaBits: 40 };
const DEEP: Geometry = { granuleShift: 12, ipaBits: 52, startLevel: -1, layout: 'lpa2' };

const ROWS: Row[] = [
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
    name: 'a slot of an internal VM is moved',
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

interface State {
  /** The leaves as the core dumps them. */
  leaves: Uint8Array;
  slots: ReturnType<typeof slotsOf>;
}

const slotsOf = (vm: Vm) => vm.slots.used.map(({ dirtyBitmap: _, ...slot }) => slot);
const stateOf = (vm: Vm): State => ({ leaves: dumpOf(vm), slots: slotsOf(vm) });

/** Where the leaves of a VM are dumped. */
const buffers = new WeakMap<Vm, number>();

function bufferOf(vm: Vm): number {
  const { arena, view } = vm.machine;
  const buffer = buffers.get(vm) ?? arena.allocate(MOST_LEAVES * L.LEAF_SIZEOF);
  // Records have padding that the core does not write.
  if (!buffers.has(vm)) view.fill(buffer, MOST_LEAVES * L.LEAF_SIZEOF);
  buffers.set(vm, buffer);
  return buffer;
}

/** Every leaf as its record of the dump: thousands are compared for every allocation. */
function dumpOf(vm: Vm): Uint8Array {
  const { core, view } = vm.machine;
  const buffer = bufferOf(vm);
  const found = vm.tables.withVisitor((visitor) => {
    view.setU32(visitor + L.DUMP_VISITOR_OUT, view.base + buffer);
    view.setU32(visitor + L.DUMP_VISITOR_CAPACITY, MOST_LEAVES);
    expect(core.stage2Dump(vm.offset, 0n, 1n << BigInt(vm.geometry.ipaBits), visitor)).toBe(0);
    return view.u32(visitor + L.DUMP_VISITOR_FOUND);
  });
  return view.bytes(buffer, found * L.LEAF_SIZEOF).slice();
}

const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

/** Runs the operation undisturbed; the pages it took. */
function pagesOf({ machine, run }: Subject): number {
  machine.setAllocationBudget(PLENTY);
  expect(run()).toBeGreaterThanOrEqual(0);
  return PLENTY - machine.header(L.HEADER_POOL_BUDGET);
}

function expectSound(machine: Machine): void {
  const { findings, pool } = fsck(machine);
  expect(findings).toEqual([]);
  expect(pool.unowned).toBe(0);
}

/** What the MMU makes of a page in each quarter block of the range that is split: the same whatever the leaves. */
function translation(vm: Vm): BigUint64Array {
  const ipas = BigUint64Array.from(
    { length: 4 * 64 },
    (_, i) => GIB - 32n * BLOCK + BigInt(i) * (BLOCK / 4n),
  );
  const hardware = new Hardware(vm);
  const answers = hardware.readMany(ipas);
  hardware.release();
  return answers;
}

function expectLeft(left: Left, before: State, after: State, done: State): void {
  const invalid = before.slots.map((slot) => ({ ...slot, flags: slot.flags | KVM_MEMSLOT_INVALID }));
  expect(after.slots).toEqual(left.startsWith('invalid slot') ? invalid : before.slots);
  if (left === 'as before') expect(isSame(after.leaves, before.leaves)).toBe(true);
  else if (left === 'invalid slot') expect(after.leaves).toHaveLength(0);
  else if (left !== 'the same translation')
    expect(isSame(after.leaves, done.leaves.subarray(0, after.leaves.length))).toBe(true);
}

describe.each(ROWS)('$name', ({ setup, pages, needs = pages, left }) => {
  const whole = setup();
  const taken = pagesOf(whole);
  const done = stateOf(whole.vm);

  it(`takes ${pages} pages of table memory`, () => {
    expect(taken).toBe(pages);
    expectSound(whole.machine);
  });

  if (needs > 0)
    it(`leaves ${left} when any it needs is refused, and succeeds when it is tried again`, () => {
      for (let n = 0; n < needs; n++) {
        const { machine, vm, run } = setup();
        const before = stateOf(vm);
        const answers = left === 'the same translation' ? translation(vm) : undefined;
        machine.setAllocationBudget(n);
        expect(run()).toBe(-ENOMEM);
        machine.setAllocationBudget('unlimited');
        expectSound(machine);
        expectLeft(left, before, stateOf(vm), done);
        if (answers !== undefined) expect(translation(vm)).toEqual(answers);
        expect(run()).toBeGreaterThanOrEqual(0);
        expectSound(machine);
        expect(isSame(stateOf(vm).leaves, done.leaves)).toBe(true);
        expect(slotsOf(vm)).toEqual(done.slots);
      }
    });

  if (needs < pages)
    it(`does without the pages after the first ${needs}, which only fill its cache`, () => {
      const { machine, vm, run } = setup();
      machine.setAllocationBudget(needs);
      expect(run()).toBe(0);
      expectSound(machine);
      expect(isSame(stateOf(vm).leaves, done.leaves)).toBe(true);
    });
});

describe('a fault when the host has no memory', () => {
  it.each(['anonymous', 'thp', 'hugetlb'] as const)(
    '%s: fails with EFAULT, changes no entry, and can be taken again',
    (memory) => {
      const { machine, vm, cpu } = memoryLab(memory);
      const { view } = machine;
      const at = L.HEADER_OFFSET + L.HEADER_HOST_NEXT;
      const next = view.u64(at);
      view.setU64(at, view.u64(L.HEADER_OFFSET + L.HEADER_HOST_END));
      for (const kind of ['read', 'write', 'fetch'] as const)
        expect(abort(cpu, kind, GUEST).ret).toBe(-EFAULT);
      expect([...vm.tables.leaves()]).toEqual([]);
      expectSound(machine);
      view.setU64(at, next);
      expect(abort(cpu, 'write', GUEST).ret).toBe(1);
      expectSound(machine);
    },
  );
});

interface ObjectRow {
  name: string;
  run: (l: ReturnType<typeof lab>) => unknown;
  objects: number;
}

const AREA: AreaSpec = { hva: HVA, size: BLOCK, kind: 'anonymous' };

const OBJECT_ROWS: ObjectRow[] = [
  { name: 'a VM is created', run: ({ machine, mm }) => new Vm(machine, { mm }), objects: 6 },
  { name: 'a vcpu is created', run: ({ vm }) => vm.createVcpu(), objects: 3 },
  { name: 'an address space is created', run: ({ machine }) => new AddressSpace(machine), objects: 1 },
  {
    name: 'an area is mapped',
    run: ({ mm }) => mm.map({ ...AREA, hva: HVA + 4n * BLOCK }),
    objects: 2,
  },
  {
    name: 'a slot that logs is created',
    run: ({ vm }) => setMemoryRegion(vm, region({ slot: 1, guestPhysAddr: 2n * GUEST, flags: LOG })),
    objects: 1,
  },
  { name: 'a slot begins to log', run: ({ vm }) => setMemoryRegion(vm, region({ flags: LOG })), objects: 1 },
  { name: 'a slot moves', run: ({ vm }) => setMemoryRegion(vm, region({ guestPhysAddr: 0n })), objects: 0 },
  { name: 'a slot is deleted', run: ({ vm }) => setMemoryRegion(vm, region({ memorySize: 0n })), objects: 0 },
  { name: 'leaves are listed', run: ({ vm }) => [...vm.tables.leaves()], objects: 1 },
];

describe.each(OBJECT_ROWS)('$name: of kernel objects', ({ run, objects }) => {
  const subject = () => {
    const l = lab({ areas: [AREA], slots: [{}], host: HOST });
    abort(l.cpu, 'write', GUEST);
    return { l, faults: new ArenaFaults(l.machine) };
  };

  it(`it allocates ${objects}`, () => {
    const { l, faults } = subject();
    run(l);
    expect(faults.requests).toBe(objects);
  });

  if (objects > 0)
    it('it keeps none when any is refused, changes nothing, and succeeds when it is tried again', () => {
      for (let n = 0; n < objects; n++) {
        const { l, faults } = subject();
        const before = stateOf(l.vm);
        const live = faults.live;
        faults.left = n;
        expect(refusalOf(() => run(l))).toBe('ENOMEM');
        faults.left = Number.POSITIVE_INFINITY;
        expect(faults.live).toEqual(live);
        expect(l.vm.vcpus).toHaveLength(1);
        expectSound(l.machine);
        expect(stateOf(l.vm)).toEqual(before);
        expect(refusalOf(() => run(l))).toBeUndefined();
        expectSound(l.machine);
      }
    });
});

/** How an operation says that there was no memory: by an error, or by -ENOMEM. */
function refusalOf(run: () => unknown): string | undefined {
  try {
    const result = run();
    return typeof result === 'object' && result !== null && 'ret' in result && result.ret === -ENOMEM
      ? 'ENOMEM'
      : undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}
