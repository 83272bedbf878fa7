// Histories of two user VMs on one machine against the model: after every step the tables in memory, the MMU and the
// accounts of table pages must be what the model says.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fsc } from '../../src/abi/arm.js';
import { HOST_PTE_PRESENT } from '../../src/abi/kvm.js';
import { VCPU_CACHE } from '../../src/abi/layout.js';
import type { Machine } from '../../src/core/machine.js';
import {
  AddressSpace,
  type AreaSpec,
  createHost,
  type MemoryRegion,
  setMemoryRegion,
  type Vcpu,
  Vm,
} from '../../src/kvm/index.js';
import { checkTables, freePages, type RawLeaf, strayPages } from '../model/check-tables.js';
import { Access, Hardware } from '../model/hardware.js';
import { HostModel, type Leaf, VmModel } from '../model/kvm-model.js';
import { type AccessKind, abort, BLOCK, cachedPages, outcome, PAGE } from '../model/lab.js';

/** Histories tried, and the longest of them. */
const RUNS = 150;
const STEPS = 60;
/** Milliseconds on a slow machine, with room to shrink a failure. */
const PATIENCE = 180_000;

const LOG = 1;
const HVA = 0xffff_0000_0000n;
const GUEST = 0x4000_0000n;
const HUGETLB = HVA + 16n * BLOCK;
const PA_MASK = 0xffff_ffff_f000n;

/** What the processes have mapped: every kind of memory, with holes between. */
const AREAS: AreaSpec[] = [
  { hva: HVA, size: 2n * BLOCK, kind: 'anonymous' },
  { hva: HVA + 2n * BLOCK, size: 2n * BLOCK + 4n * PAGE, kind: 'thp' },
  { hva: HVA + 8n * BLOCK, size: 16n * PAGE, kind: 'pfnmap', pa: 0x900_0000n },
  { hva: HVA + 8n * BLOCK + 16n * PAGE, size: 64n * PAGE, kind: 'anonymous', writable: false },
  { hva: HUGETLB, size: 2n * BLOCK, kind: 'hugetlb' },
];

type Step = { vm: number } & (
  | { do: 'region'; region: MemoryRegion }
  | { do: 'logging'; slot: number }
  | { do: 'move'; slot: number; base: bigint }
  | { do: 'delete'; slot: number }
  | { do: 'access'; kinds: AccessKind[]; slot: number; page: bigint; isv: boolean }
  | { do: 'invalidate'; slot: number; page: bigint; pages: bigint }
  | { do: 'discard'; slot: number; page: bigint }
  | { do: 'merge'; slot: number; page: bigint }
  | { do: 'age'; slot: number; page: bigint; pages: bigint }
  | { do: 'log'; slot: number }
  | { do: 'destroy' }
);

const slotId = fc.integer({ min: 0, max: 3 });
/** Guest addresses of slots: aligned to a block or off by some pages, in two gigabytes and at the end of the space. */
const base = fc.constantFrom(
  GUEST,
  GUEST + BLOCK,
  GUEST + 4n * BLOCK,
  GUEST + 4n * BLOCK + 8n * PAGE,
  GUEST + 6n * BLOCK + PAGE,
  2n * GUEST,
  (1n << 40n) - 2n * BLOCK,
);
const flags = fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3);
const pages = fc.bigInt(1n, 40n);
/** Pages of a slot: few enough to be met again, some beside borders of blocks, some past the slot's end. */
const page = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0n, 1n, 7n, 8n, 511n, 512n) },
  { weight: 1, arbitrary: fc.bigInt(0n, 1100n) },
);
/** Accesses to one page, one after the other. */
const kinds = fc.array(fc.constantFrom<AccessKind>('read', 'read', 'write', 'write', 'fetch'), {
  minLength: 1,
  maxLength: 4,
  size: 'max',
});

/** Where slots show memory from: the starts of the areas, and places inside them and across their ends. */
const hva = fc
  .constantFrom(0n, 8n, 512n, 1024n, 1024n, 1032n, 1280n, 1536n, 2049n, 4096n, 4112n)
  .map((n) => HVA + n * PAGE);
const size = fc.constantFrom(8n * PAGE, 256n * PAGE, BLOCK, 2n * BLOCK, 2n * BLOCK);
const slotRegion = fc.record({
  slot: slotId,
  flags,
  guestPhysAddr: base,
  memorySize: size,
  userspaceAddr: hva,
});
/** A slot on hugetlbfs memory is aligned to it: what v4.13 maps for another one means nothing. */
const hugetlbRegion = fc
  .record({ slot: slotId, flags, guestPhysAddr: base, memorySize: size })
  .map((r) => ({ ...r, guestPhysAddr: alignedFor(HUGETLB, r.guestPhysAddr), userspaceAddr: HUGETLB }));
function alignedFor(hva: bigint | undefined, guest: bigint): bigint {
  return hva === HUGETLB ? guest & ~(BLOCK - 1n) : guest;
}
const region: fc.Arbitrary<MemoryRegion> = fc.oneof(slotRegion, slotRegion, slotRegion, hugetlbRegion);

const of = <T extends string>(name: T) => fc.constant(name);
const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: of('region'), region }) },
  { weight: 6, arbitrary: fc.record({ do: of('logging'), slot: slotId }) },
  { weight: 2, arbitrary: fc.record({ do: of('move'), slot: slotId, base }) },
  { weight: 2, arbitrary: fc.record({ do: of('delete'), slot: slotId }) },
  { weight: 50, arbitrary: fc.record({ do: of('access'), kinds, slot: slotId, page, isv: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: of('invalidate'), slot: slotId, page, pages }) },
  { weight: 4, arbitrary: fc.record({ do: of('discard'), slot: slotId, page }) },
  { weight: 4, arbitrary: fc.record({ do: of('merge'), slot: slotId, page }) },
  { weight: 6, arbitrary: fc.record({ do: of('age'), slot: slotId, page, pages }) },
  { weight: 6, arbitrary: fc.record({ do: of('log'), slot: slotId }) },
  { weight: 1, arbitrary: fc.record({ do: of('destroy') }) },
);
const which = fc.constantFrom(0, 0, 0, 1);
const step = fc.tuple(which, action).map(([vm, a]): Step => ({ vm, ...a }));
/** The first steps give the VMs memory of every kind to fault on. */
const memory = (slot: number, guestPhysAddr: bigint, userspaceAddr: bigint) =>
  fc
    .record({ slot: fc.constant(slot), flags, memorySize: size })
    .map((r): MemoryRegion => ({ ...r, guestPhysAddr, userspaceAddr }));
const first = fc
  .tuple(
    memory(0, GUEST + 4n * BLOCK, HVA + 2n * BLOCK),
    memory(1, GUEST, HVA),
    memory(2, 2n * GUEST, HUGETLB),
    slotRegion.map((r) => ({ ...r, slot: 3 })),
  )
  .chain((regions) => fc.shuffledSubarray(regions, { minLength: 3 }));
const history = fc
  .noBias(fc.tuple(first, first, fc.array(step, { minLength: STEPS / 2, maxLength: STEPS, size: 'max' })))
  .map(([a, b, rest]): Step[] => [
    ...a.map((r): Step => ({ vm: 0, do: 'region', region: r })),
    ...b.map((r): Step => ({ vm: 1, do: 'region', region: r })),
    ...rest,
  ]);

const ACCESS: Record<AccessKind, Access> = { read: Access.READ, write: Access.WRITE, fetch: Access.EXECUTE };

/** A VM and its model, side by side. */
class Pair {
  readonly machine: Machine;
  readonly mm: AddressSpace;
  readonly vmid: number;
  vm!: Vm;
  cpu!: Vcpu;
  hardware!: Hardware;
  model!: VmModel;
  /** What the MMU has answered. */
  readonly answers = new Set<string>();
  /** Pages that VMs before this one lost. */
  lostBefore = 0;
  readonly #host: HostModel;

  constructor(machine: Machine, vmid: number) {
    this.machine = machine;
    this.vmid = vmid;
    this.mm = new AddressSpace(machine);
    for (const area of AREAS) this.mm.map(area);
    this.#host = new HostModel(AREAS, (hva) => this.mm.pte(hva) & PA_MASK);
    this.create();
  }

  create(): void {
    this.vm = new Vm(this.machine, { mm: this.mm, vmid: this.vmid });
    this.cpu = this.vm.createVcpu();
    this.hardware = new Hardware(this.vm);
    this.model = new VmModel(this.#host);
  }

  destroy(): void {
    this.lostBefore += this.model.lost;
    this.model.lost = 0;
    this.hardware.release();
    this.vm.destroy();
  }

  get lost(): number {
    return this.lostBefore + this.model.lost;
  }

  /** The slot a step means: that of the id, or another one if there is none. */
  slot(id: number) {
    const ids = [...this.model.slots.keys()].sort();
    return this.model.slots.get(id) ?? this.model.slots.get(ids[id % ids.length] ?? id);
  }

  /** First guest address and hva of a slot; some place where no slot is. */
  placeOf(id: number): { base: bigint; hva: bigint } {
    return this.slot(id) ?? { base: GUEST + 8n * BLOCK, hva: HVA };
  }

  run(s: Step): void {
    const { model, vm } = this;
    switch (s.do) {
      case 'region':
        this.setRegion(s.region);
        break;
      case 'logging':
      case 'move':
      case 'delete': {
        const slot = this.slot(s.slot);
        const flags = slot?.flags ?? 0;
        this.setRegion({
          slot: slot?.id ?? s.slot,
          flags: s.do === 'logging' ? flags ^ LOG : flags,
          guestPhysAddr: s.do === 'move' ? alignedFor(slot?.hva, s.base) : (slot?.base ?? GUEST),
          memorySize: s.do === 'delete' ? 0n : (slot?.size ?? BLOCK),
          userspaceAddr: slot?.hva ?? HVA,
        });
        break;
      }
      case 'access':
        for (const kind of s.kinds) this.access(kind, this.placeOf(s.slot).base + s.page * PAGE, s.isv);
        break;
      case 'invalidate': {
        const start = this.placeOf(s.slot).hva + s.page * PAGE;
        const end = start + s.pages * PAGE;
        vm.invalidateHva(start, end);
        model.invalidate(start, end);
        break;
      }
      case 'discard':
        this.discard(this.placeOf(s.slot).hva + s.page * PAGE);
        break;
      case 'merge':
        this.merge(this.placeOf(s.slot).hva + s.page * PAGE);
        break;
      case 'age': {
        const start = this.placeOf(s.slot).hva + s.page * PAGE;
        const end = start + s.pages * PAGE;
        expect(vm.ageHva(start, end)).toBe(BigInt(model.age(start, end)));
        break;
      }
      case 'log':
        this.readLog(this.slot(s.slot)?.id ?? s.slot);
        break;
      case 'destroy':
        this.destroy();
        this.create();
        break;
    }
  }

  setRegion(region: MemoryRegion): void {
    const { ret } = setMemoryRegion(this.vm, region);
    expect(ret).toBe(this.model.setRegion(region));
  }

  /** The guest's access: the MMU answers as the model predicts, and a fault is handled as the model handles it. */
  access(kind: AccessKind, ipa: bigint, isv: boolean): void {
    const seen = this.hardware.translate(ipa, ACCESS[kind]);
    this.answers.add('pa' in seen ? 'hit' : `${Fsc[seen.type]} level ${seen.level}`);
    expect(seen).toEqual(this.model.translate(ipa, ACCESS[kind]));
    if ('pa' in seen) return;
    const withIsv = isv && kind !== 'fetch';
    const result = abort(this.cpu, kind, ipa, {
      ...seen,
      ...(withIsv && { isv: { size: 4 as const, register: 1 } }),
    });
    const expected = this.model.fault(ipa, ACCESS[kind], seen.type, withIsv);
    expect(outcome(result)).toEqual([expected.ret, expected.disposition]);
  }

  /** The host takes memory away: a page, or the huge page around it. */
  discard(hva: bigint): void {
    const area = this.#host.areaAt(hva);
    if (area === undefined || area.kind === 'pfnmap') return;
    const { start, size } = this.#host.unitAt(area, hva);
    this.mm.clearPtes(start, start + size);
    this.vm.invalidateHva(start, start + size);
    this.#host.forget(start, start + size);
    this.model.invalidate(start, start + size);
  }

  /** The host merges a page of anonymous memory with an equal one: read-only, at a new place. */
  merge(hva: bigint): void {
    if (this.#host.areaAt(hva)?.kind !== 'anonymous' || !this.#host.pages.has(hva)) return;
    const pa = 0x5000_0000n;
    this.mm.setPte(hva, pa, HOST_PTE_PRESENT);
    this.vm.changeHva(hva, pa);
    this.#host.pages.set(hva, { writable: false });
    this.model.change(hva, pa);
  }

  readLog(id: number): void {
    const slot = this.model.slots.get(id);
    if (slot?.bitmap === undefined) {
      expect(() => this.vm.getDirtyLog(id)).toThrowError(expect.objectContaining({ code: 'ENOENT' }));
      return;
    }
    const log = this.vm.getDirtyLog(id);
    const pages = [...log].flatMap((byte, i) =>
      [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte >> bit) & 1).map((bit) => BigInt(i * 8 + bit)),
    );
    expect(pages).toEqual(this.model.getDirtyLog(id));
  }

  /** Compares the tables with the model and returns what they hold. */
  check() {
    const report = checkTables(this.vm);
    expect(report.leaves.map(describeLeaf)).toEqual([...this.model.leaves()].map(expectedLeaf));
    expect(report.pages.size).toBe(this.model.tablePages());
    expect(cachedPages(this.cpu)).toBe(this.model.cached);
    this.checkLogging(report.leaves);
    return report;
  }

  /** A page the guest may write in a slot that logs is a page whose bit is set. */
  checkLogging(leaves: readonly RawLeaf[]): void {
    for (const { ipa, desc, level } of leaves) {
      const slot = this.model.slotAt(ipa);
      if (level !== 3 || (desc & 0x80n) === 0n || slot?.bitmap === undefined || slot.invalid) continue;
      const page = (ipa - slot.base) >> 12n;
      const at = this.vm.slots.get(slot.id).dirtyBitmap + Number(page >> 3n);
      expect((this.machine.view.u8(at) >> Number(page & 7n)) & 1).toBe(1);
    }
  }

  /** The MMU's answer for both ends of every leaf, and for the pages beside it. */
  checkHardware(): void {
    for (const { ipa, level } of this.model.leaves()) {
      const last = ipa + (level === 2 ? BLOCK : PAGE) - PAGE;
      for (const at of [ipa, last, ipa - PAGE, last + PAGE]) {
        for (const access of [Access.READ, Access.WRITE, Access.EXECUTE]) {
          expect(this.hardware.translate(at, access)).toEqual(this.model.translate(at, access));
        }
      }
    }
  }
}

function expectedLeaf({ ipa, leaf, level }: { ipa: bigint; leaf: Leaf; level: number }): string {
  const { pa, writable, executable, young } = leaf;
  return `${ipa.toString(16)} L${level} ${pa.toString(16)}${writable ? ' w' : ''}${executable ? ' x' : ''}${young ? ' a' : ''}`;
}

function describeLeaf({ ipa, desc, level }: RawLeaf): string {
  const pa = desc & PA_MASK;
  const executable = (desc >> 53n) & 2n ? '' : ' x';
  return `${ipa.toString(16)} L${level} ${pa.toString(16)}${desc & 0x80n ? ' w' : ''}${executable}${desc & 0x400n ? ' a' : ''}`;
}

describe('a history of two user VMs', () => {
  it(
    'leaves the tables, the MMU, the bitmaps and the page accounts as the model has them',
    () => {
      fc.assert(
        fc.property(history, (steps) => {
          const machine = createHost({ ramBytes: 512n << 20n, tablePages: 512, arenaBytes: 1 << 20 });
          const pairs = [new Pair(machine, 1), new Pair(machine, 2)];
          const caches = () => pairs.map((pair) => pair.cpu.offset + VCPU_CACHE);
          const reports = pairs.map((pair) => pair.check());
          for (const s of steps) {
            pairs[s.vm]!.run(s);
            reports[s.vm] = pairs[s.vm]!.check();
            const stray = strayPages(machine, reports, caches());
            expect(stray.size).toBe(pairs[0]!.lost + pairs[1]!.lost);
          }
          for (const pair of pairs) pair.check();
          for (const pair of pairs) pair.checkHardware();
          for (const pair of pairs) pair.destroy();
          expect(freePages(machine).size).toBe(machine.tablePages - pairs[0]!.lost - pairs[1]!.lost);
        }),
        { numRuns: RUNS },
      );
    },
    PATIENCE,
  );

  it('meets what it is meant to meet', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(history, (steps) => {
        const machine = createHost({ ramBytes: 512n << 20n, tablePages: 512, arenaBytes: 1 << 20 });
        const pair = new Pair(machine, 1);
        for (const s of steps) {
          pair.run(s);
          if (pair.model.lost > 0) seen.add('lost table');
          for (const event of [...pair.model.seen, ...pair.answers]) seen.add(event);
          for (const slot of pair.model.slots.values()) if (slot.invalid) seen.add('invalid slot');
          for (const { leaf } of pair.model.leaves()) if (!leaf.executable) seen.add('device');
        }
      }),
      { numRuns: 100, seed: 7 },
    );
    for (const event of [
      'ACCESS_FLAG level 2',
      'ACCESS_FLAG level 3',
      'PERMISSION level 2',
      'PERMISSION level 3',
      'TRANSLATION level 0',
      'TRANSLATION level 1',
      'TRANSLATION level 2',
      'TRANSLATION level 3',
      'change mapped',
      'copy on write',
      'device',
      'dissolved block',
      'hit',
      'invalid slot',
      'lost table',
    ]) {
      expect([...seen]).toContain(event);
    }
  });
});
