// An internal VM as posted and its model, side by side: its slots, and the pages that are mapped one to one.
import fc from 'fast-check';
import {
  Disposition,
  EEXIST,
  EINVAL,
  ENOMEM,
  ENOSYS,
  KVM_MEM_LOG_DIRTY_PAGES as LOG,
} from '../../../src/abi/kvm.js';
import type { Machine } from '../../../src/core/machine.js';
import { type MemoryRegion, RFC_VARIANT, setMemoryRegion, type Vcpu, Vm } from '../../../src/kvm/index.js';
import { abort, BLOCK, outcome, PAGE } from '../lab.js';
import { expectLines, expectSame } from './check.js';

const GUEST = 0x4000_0000n;
const FIRST_PRIVATE = 512;
/** A page as the idmap writes it, and write-protected. */
const WRITABLE = 0x7ffn;
const READABLE = 0x77fn;

export type InternalAction =
  | { do: 'prep'; slot: number; base: bigint; size: bigint; flags: number }
  | { do: 'delete'; slot: number }
  | { do: 'access'; ipa: bigint }
  | { do: 'log'; slot: number }
  | { do: 'destroy' };

const of = <T extends string>(name: T) => fc.constant(name);
const slot = fc.integer({ min: FIRST_PRIVATE, max: FIRST_PRIVATE + 2 });
const base = fc.constantFrom(GUEST, GUEST + 3n * PAGE, GUEST + BLOCK, GUEST + 2n * BLOCK, 2n * GUEST);
const size = fc.constantFrom(PAGE, 8n * PAGE, 8n * PAGE, 600n * PAGE, BLOCK);

export const internalAction: fc.Arbitrary<InternalAction> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: of('prep'), slot, base, size, flags: fc.constantFrom(0, 0, LOG) }),
  },
  { weight: 3, arbitrary: fc.record({ do: of('delete'), slot }) },
  { weight: 3, arbitrary: fc.record({ do: of('access'), ipa: base }) },
  { weight: 1, arbitrary: fc.record({ do: of('log'), slot }) },
  { weight: 1, arbitrary: fc.record({ do: of('destroy') }) },
);

interface Slot {
  base: bigint;
  size: bigint;
  flags: number;
  invalid: boolean;
}

export class InternalPair {
  vm!: Vm;
  readonly #machine: Machine;
  #cpu!: Vcpu;
  #slots = new Map<number, Slot>();
  /** Descriptors by IPA, of pages of 4 KiB. */
  #pages = new Map<bigint, bigint>();

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#create();
  }

  #create(): void {
    this.vm = new Vm(this.#machine, { variant: RFC_VARIANT, vmid: 3 });
    this.#cpu = this.vm.createVcpu();
    this.#slots.clear();
    this.#pages.clear();
  }

  run(s: InternalAction): void {
    switch (s.do) {
      case 'prep':
        this.#prep(s.slot, { base: s.base, size: s.size, flags: s.flags, invalid: false });
        break;
      case 'delete':
        this.#prep(s.slot, { base: GUEST, size: 0n, flags: 0, invalid: false });
        break;
      case 'access':
        this.#access(s.ipa);
        break;
      case 'log':
        this.#log(s.slot);
        break;
      case 'destroy':
        this.vm.destroy();
        this.#create();
    }
  }

  #prep(id: number, slot: Slot): void {
    const region: MemoryRegion = {
      slot: id,
      flags: slot.flags,
      guestPhysAddr: slot.base,
      memorySize: slot.size,
      userspaceAddr: 0n,
    };
    const { ret } = setMemoryRegion(this.vm, region);
    const expected = this.#expected(id, slot);
    const mayRefuse = expected === 'prepared' && ret === -ENOMEM;
    if (!mayRefuse) expectSame('result of the slot', ret, expected === 'prepared' ? 0 : expected);
    if (expected === 'prepared') this.#prepare(id, slot, ret);
  }

  /** What the call must return, or that it maps the slot, which the allocator alone can refuse. Deletes and unmaps. */
  #expected(id: number, slot: Slot): number | 'prepared' {
    const old = this.#slots.get(id);
    if (slot.size === 0n) {
      if (old === undefined) return -EINVAL;
      this.#unmap(old);
      this.#slots.delete(id);
      return 0;
    }
    if (old !== undefined && old.size !== slot.size) return -EINVAL;
    if (old !== undefined && old.base === slot.base) {
      return old.flags === slot.flags && !old.invalid ? 0 : 'prepared';
    }
    for (const [other, s] of this.#slots) {
      if (other !== id && slot.base < s.base + s.size && s.base < slot.base + slot.size) return -EEXIST;
    }
    if (old !== undefined) {
      old.invalid = true;
      this.#unmap(old);
    }
    return 'prepared';
  }

  /** internal_vm_prep_mem: every page from the first on, as far as there were pages for tables. */
  #prepare(id: number, slot: Slot, ret: number): void {
    const end = ret === 0 ? slot.base + slot.size : this.#reached(slot);
    for (let ipa = slot.base; ipa < end; ipa += PAGE) this.#pages.set(ipa, ipa | WRITABLE);
    if (ret !== 0) return;
    this.#slots.set(id, slot);
    if (slot.flags & LOG) {
      for (let ipa = slot.base; ipa < end; ipa += PAGE) this.#pages.set(ipa, ipa | READABLE);
    }
  }

  /** Where a map that was refused ended: after the last page that is not as it was. */
  #reached(slot: Slot): bigint {
    let end = slot.base;
    for (const { ipa, desc } of this.vm.tables.leaves()) {
      const isInside = ipa >= slot.base && ipa < slot.base + slot.size;
      if (isInside && this.#pages.get(ipa) !== desc) end = ipa + PAGE;
    }
    return end;
  }

  #unmap({ base, size }: Slot): void {
    for (let ipa = base; ipa < base + size; ipa += PAGE) this.#pages.delete(ipa);
  }

  /** Any abort on memory is answered by an SError; elsewhere by a device access that nobody takes. */
  #access(ipa: bigint): void {
    const slot = [...this.#slots.values()].find((s) => ipa >= s.base && ipa < s.base + s.size);
    const result = outcome(abort(this.#cpu, 'write', ipa));
    const inside = slot !== undefined && !slot.invalid;
    expectSame(
      'outcome of the fault',
      result,
      inside ? [1, Disposition.INJECT_VABT] : [-ENOSYS, Disposition.ERROR],
    );
  }

  #log(id: number): void {
    const slot = this.#slots.get(id);
    if (slot === undefined || !(slot.flags & LOG)) return;
    expectSame(
      'dirty log',
      this.vm.getDirtyLog(id).some((byte) => byte !== 0),
      false,
    );
  }

  compare(): void {
    const found = [...this.vm.tables.leaves()].map(({ ipa, desc, level }) => `${ipa} ${level} ${desc}`);
    const expected = [...this.#pages].sort(([a], [b]) => (a < b ? -1 : 1));
    expectLines(
      'leaf',
      found,
      expected.map(([ipa, desc]) => `${ipa} 3 ${desc}`),
    );
  }

  destroy(): void {
    this.vm.destroy();
  }
}
