// An internal VM of some policy and its model, side by side: its slots, and the pages that are mapped one to one.
import fc from 'fast-check';
import {
  Disposition,
  ENOMEM,
  ENOSYS,
  KVM_MEM_READONLY,
  KVM_MEM_LOG_DIRTY_PAGES as LOG,
} from '../../../src/abi/kvm.js';
import type { Machine } from '../../../src/core/machine.js';
import { RFC_VARIANT, setMemoryRegion, type Vcpu, Vm } from '../../../src/kvm/index.js';
import type { RawLeaf } from '../check-tables.js';
import { abort, BLOCK, outcome, PAGE } from '../lab.js';
import { expectLines, expectSame } from './check.js';
import { InternalModel, type MapPolicy, RAM, SET_ASIDE, type Slot } from './internal-model.js';

const FIRST_PRIVATE = 512;
const PAGE_BIT = 2n;

export type InternalAction =
  | { do: 'prep'; slot: number; base: bigint; size: bigint; flags: number }
  | { do: 'move'; slot: number; base: bigint }
  | { do: 'flags'; slot: number; flags: number }
  | { do: 'delete'; slot: number }
  | { do: 'access'; ipa: bigint }
  | { do: 'log'; slot: number }
  | { do: 'destroy'; policy: MapPolicy };

const of = <T extends string>(name: T) => fc.constant(name);
const slot = fc.integer({ min: FIRST_PRIVATE, max: FIRST_PRIVATE + 2 });
/** In the kernel's own memory, in what it has set aside and across its end, and in device registers. */
const base = fc.constantFrom(
  RAM.pa,
  RAM.pa + 3n * PAGE,
  RAM.pa + 2n * BLOCK,
  SET_ASIDE.pa,
  SET_ASIDE.pa,
  SET_ASIDE.pa + BLOCK - 8n * PAGE,
  SET_ASIDE.pa + 2n * BLOCK,
  SET_ASIDE.pa + SET_ASIDE.size - BLOCK,
  RAM.pa / 2n,
  RAM.pa / 2n + 16n * PAGE,
);
const size = fc.constantFrom(PAGE, 8n * PAGE, 8n * PAGE, 600n * PAGE, BLOCK, 2n * BLOCK + 16n * PAGE);
const flags = fc.constantFrom(0, 0, 0, 0, LOG, KVM_MEM_READONLY);

export const mapPolicy: fc.Arbitrary<MapPolicy> = fc
  .record({
    idmap: fc.constantFrom('asPosted', 'upFront', 'blocks'),
    contiguous: fc.boolean(),
    region: fc.constantFrom('none', 'refuse', 'deviceAttributes'),
  })
  .map((policy) => ({ ...policy, contiguous: policy.contiguous && policy.idmap !== 'asPosted' }));

export const internalAction: fc.Arbitrary<InternalAction> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: of('prep'), slot, base, size, flags }) },
  { weight: 4, arbitrary: fc.record({ do: of('move'), slot, base }) },
  { weight: 1, arbitrary: fc.record({ do: of('flags'), slot, flags }) },
  { weight: 3, arbitrary: fc.record({ do: of('delete'), slot }) },
  { weight: 4, arbitrary: fc.record({ do: of('access'), ipa: base }) },
  { weight: 1, arbitrary: fc.record({ do: of('log'), slot }) },
  { weight: 2, arbitrary: fc.record({ do: of('destroy'), policy: mapPolicy }) },
);

export class InternalPair {
  vm!: Vm;
  readonly #machine: Machine;
  #policy!: MapPolicy;
  #cpu!: Vcpu;
  #model!: InternalModel;
  /** Pages lost when the VM of today was made. */
  #lost = 0;

  constructor(machine: Machine, policy: MapPolicy) {
    this.#machine = machine;
    this.#create(policy);
  }

  #create(policy: MapPolicy): void {
    this.#policy = policy;
    this.#model = new InternalModel(policy);
    this.vm = new Vm(this.#machine, { variant: RFC_VARIANT, vmid: 3, internal: policy });
    this.#cpu = this.vm.createVcpu();
  }

  run(s: InternalAction): void {
    switch (s.do) {
      case 'prep':
        this.#prep(s.slot, { base: s.base, size: s.size, flags: s.flags, invalid: false });
        break;
      case 'move':
        this.#change(s.slot, { base: s.base });
        break;
      case 'flags':
        this.#change(s.slot, { flags: s.flags });
        break;
      case 'delete':
        this.#prep(s.slot, { base: RAM.pa, size: 0n, flags: 0, invalid: false });
        break;
      case 'access':
        this.#access(s.ipa);
        break;
      case 'log':
        this.#log(s.slot);
        break;
      case 'destroy':
        this.vm.destroy();
        this.#create(s.policy);
    }
  }

  #change(id: number, fields: Partial<Slot>): void {
    const slot = this.#model.slots.get(id);
    if (slot !== undefined) this.#prep(id, { ...slot, invalid: false, ...fields });
  }

  #prep(id: number, slot: Slot): void {
    const expected = this.#model.expected(id, slot);
    const { ret } = setMemoryRegion(this.vm, {
      slot: id,
      flags: slot.flags,
      guestPhysAddr: slot.base,
      memorySize: slot.size,
      userspaceAddr: 0n,
    });
    const mayRefuse = expected === 'mapped' && ret === -ENOMEM;
    if (!mayRefuse) expectSame('result of the slot', ret, expected === 'mapped' ? 0 : expected);
    if (expected === 'mapped') this.#set(id, slot, ret);
    else if (slot.size === 0n) this.#model.delete(id);
  }

  #set(id: number, slot: Slot, ret: number): void {
    const pages = new Map(ret === 0 ? [] : [...this.vm.tables.leaves()].map(({ ipa, desc }) => [ipa, desc]));
    this.#model.set(id, slot, ret, (ipa, desc) => pages.get(ipa) === desc);
  }

  /** A write to memory is answered by an SError; elsewhere by a device access that nobody takes. */
  #access(ipa: bigint): void {
    expectSame(
      'outcome of the fault',
      outcome(abort(this.#cpu, 'write', ipa)),
      this.#model.isWritable(ipa) ? [1, Disposition.INJECT_VABT] : [-ENOSYS, Disposition.ERROR],
    );
  }

  #log(id: number): void {
    const slot = this.#model.slots.get(id);
    if (slot === undefined || !(slot.flags & LOG)) return;
    expectSame(
      'dirty log',
      this.vm.getDirtyLog(id).some((byte) => byte !== 0),
      false,
    );
  }

  /** Shown what internal_vm_prep_mem has lost by now: what is not mapped as posted loses nothing. */
  checkLost(lost: number): void {
    if (!this.#model.isPosted) expectSame('pages of the local cache lost', lost, this.#lost);
    this.#lost = lost;
  }

  compare(): void {
    const found = [...this.vm.tables.leaves()].flatMap((leaf) => this.#pagesOf(leaf));
    const expected = [...this.#model.pages].sort(([a], [b]) => (a < b ? -1 : 1));
    expectLines(
      'page',
      found,
      expected.map(([ipa, desc]) => `${ipa} ${desc}`),
    );
  }

  /** A leaf as the pages it maps, where the policy has such leaves. */
  #pagesOf({ ipa, desc, level }: RawLeaf): string[] {
    if (level === 3) return [`${ipa} ${desc}`];
    if (level < 2 || this.#policy.idmap !== 'blocks') return [`${ipa} ${desc}, of level ${level}`];
    return Array.from({ length: Number(BLOCK / PAGE) }, (_, i) => BigInt(i) * PAGE).map(
      (offset) => `${ipa + offset} ${(desc | PAGE_BIT) + offset}`,
    );
  }

  destroy(): void {
    this.vm.destroy();
  }
}
