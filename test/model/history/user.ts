// A user VM and its model, side by side.
import { Fsc } from '../../../src/abi/arm.js';
import { HOST_PTE_PRESENT } from '../../../src/abi/kvm.js';
import { Stage2Error } from '../../../src/core/error.js';
import type { Machine } from '../../../src/core/machine.js';
import { AddressSpace, type MemoryRegion, setMemoryRegion, type Vcpu, Vm } from '../../../src/kvm/index.js';
import { checkTables, type RawLeaf, type TableReport } from '../check-tables.js';
import { Access, Hardware } from '../hardware.js';
import { HostModel, type Leaf, VmModel } from '../kvm-model.js';
import { type AccessKind, abort, BLOCK, cachedPages, outcome, PAGE } from '../lab.js';
import { expectLines, expectSame } from './check.js';
import { AREAS, alignedFor, GUEST, HVA, type UserAction } from './steps.js';

const LOG = 1;
const PA_MASK = 0xffff_ffff_f000n;

const ACCESS: Record<AccessKind, Access> = { read: Access.READ, write: Access.WRITE, fetch: Access.EXECUTE };

/** A VM and its model, side by side. */
export class UserPair {
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

  /** The allocator of table pages gives `pages` more and then refuses. */
  limit(pages: number): void {
    this.machine.setAllocationBudget(pages);
    this.model.supply = pages;
  }

  /** The allocator never refuses. */
  unlimit(): void {
    this.machine.setAllocationBudget('unlimited');
    this.model.supply = Number.POSITIVE_INFINITY;
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

  run(s: UserAction): void {
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
        expectSame('young pages', vm.ageHva(start, end), BigInt(model.age(start, end)));
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
    expectSame('result of the slot', ret, this.model.setRegion(region));
  }

  /** The guest's access: the MMU answers as the model predicts, and a fault is handled as the model handles it. */
  access(kind: AccessKind, ipa: bigint, isv: boolean): void {
    const seen = this.hardware.translate(ipa, ACCESS[kind]);
    this.answers.add('pa' in seen ? 'hit' : `${Fsc[seen.type]} level ${seen.level}`);
    expectSame('translation', seen, this.model.translate(ipa, ACCESS[kind]));
    if ('pa' in seen) return;
    const withIsv = isv && kind !== 'fetch';
    const result = abort(this.cpu, kind, ipa, {
      ...seen,
      ...(withIsv && { isv: { size: 4 as const, register: 1 } }),
    });
    const expected = this.model.fault(ipa, ACCESS[kind], seen.type, withIsv);
    expectSame('outcome of the fault', outcome(result), [expected.ret, expected.disposition]);
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
      expectSame('refusal of the log', this.refusalOfLog(id), 'ENOENT');
      return;
    }
    const log = this.vm.getDirtyLog(id);
    const pages = [...log].flatMap((byte, i) =>
      [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte >> bit) & 1).map((bit) => BigInt(i * 8 + bit)),
    );
    expectSame('dirty log', pages, this.model.getDirtyLog(id));
  }

  refusalOfLog(id: number): string | undefined {
    try {
      this.vm.getDirtyLog(id);
      return undefined;
    } catch (error) {
      return error instanceof Stage2Error ? error.code : undefined;
    }
  }

  /** Compares the tables with the model and returns what they hold. */
  check(): TableReport {
    const report = checkTables(this.vm);
    this.compare(report.leaves);
    expectSame('table pages', report.pages.size, this.model.tablePages());
    this.checkLogging(report.leaves);
    return report;
  }

  /** Compares leaves, as they were read, and the vcpu's cache with the model. */
  compare(leaves: Iterable<RawLeaf> = this.vm.tables.leaves()): void {
    expectLines('leaf', [...leaves].map(describeLeaf), [...this.model.leaves()].map(expectedLeaf));
    expectSame('cached pages', cachedPages(this.cpu), this.model.cached);
  }

  /** A page the guest may write in a slot that logs is a page whose bit is set. */
  checkLogging(leaves: readonly RawLeaf[]): void {
    for (const { ipa, desc, level } of leaves) {
      const slot = this.model.slotAt(ipa);
      if (level !== 3 || (desc & 0x80n) === 0n || slot?.bitmap === undefined || slot.invalid) continue;
      const page = (ipa - slot.base) >> 12n;
      const at = this.vm.slots.get(slot.id).dirtyBitmap + Number(page >> 3n);
      expectSame('dirty bit of a writable page', (this.machine.view.u8(at) >> Number(page & 7n)) & 1, 1);
    }
  }

  /** The MMU's answer for both ends of every leaf, and for the pages beside it. */
  checkHardware(): void {
    for (const { ipa, level } of this.model.leaves()) {
      const last = ipa + (level === 2 ? BLOCK : PAGE) - PAGE;
      for (const at of [ipa, last, ipa - PAGE, last + PAGE]) {
        for (const access of [Access.READ, Access.WRITE, Access.EXECUTE]) {
          expectSame('translation', this.hardware.translate(at, access), this.model.translate(at, access));
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
