// What RFC 04/11 as posted gets wrong, each thing shown, and beside it what the policies make of it.
import { describe, expect, it } from 'vitest';
import { Event } from '../../src/abi/event.js';
import { Disposition, EFAULT, EINVAL, ENOMEM } from '../../src/abi/kvm.js';
import { VCPU_HCR, VCPU_PC, VCPU_PSTATE } from '../../src/abi/layout.js';
import { AS_REVIEWED, type InternalPolicy, type Vcpu } from '../../src/kvm/index.js';
import { checkTables } from '../model/check-tables.js';
import { DEVICE, internalLab, lostPages, privateSlot, SET_ASIDE, stateOf } from '../model/internal-lab.js';
import { abort, BLOCK, logLines, MIB, mappingOf, outcome, PAGE } from '../model/lab.js';

const POLICIES: [name: string, policy: Partial<InternalPolicy>][] = [
  ['as posted', {}],
  ['as reviewed', AS_REVIEWED],
];
const posted = (name: string) => name === 'as posted';

describe.each(POLICIES)('an internal VM %s', (name, policy) => {
  it('loses the unused pages of its cache, or none', () => {
    const lab = internalLab(policy);
    privateSlot(lab.vm, { memorySize: 16n * MIB });
    expect(lostPages(lab)).toBe(posted(name) ? 31 : 0);
    lab.vm.destroy();
    expect(lab.machine.tablePages - lab.machine.freeTablePages).toBe(posted(name) ? 31 : 0);
  });

  it('leaves a partial map when it fails, or what was there before', () => {
    const lab = internalLab(policy);
    const before = stateOf(lab);
    lab.machine.setAllocationBudget(posted(name) ? 40 : 0);
    // 64 blocks and a page: as posted the cache is filled a second time.
    expect(privateSlot(lab.vm, { memorySize: 64n * BLOCK + PAGE }).ret).toBe(-ENOMEM);
    expect(lab.vm.slots.used).toEqual([]);
    if (posted(name)) expect(mappingOf(lab.vm, SET_ASIDE)?.pa).toBe(SET_ASIDE);
    else expect(stateOf(lab)).toEqual(before);
  });

  it('maps device registers as normal memory, or refuses them', () => {
    const { vm } = internalLab(policy);
    const { ret } = privateSlot(vm, { guestPhysAddr: DEVICE, memorySize: PAGE });
    expect(ret).toBe(posted(name) ? 0 : -EINVAL);
    expect(mappingOf(vm, DEVICE)?.attributes).toBe(posted(name) ? 0x7ffn : undefined);
  });

  it('lets MMIO reach a user space that is not there, or gives the guest an abort', () => {
    const { vm } = internalLab(policy);
    privateSlot(vm);
    const result = abort(vm.createVcpu(), 'read', DEVICE, { isv: { size: 4, register: 0 } });
    expect(outcome(result)).toEqual(posted(name) ? [0, Disposition.MMIO_USER] : [1, Disposition.INJECT_DABT]);
  });

  it('maps again from scratch when flags change, or refuses the change', () => {
    const { vm, machine } = internalLab(policy);
    privateSlot(vm);
    machine.resetCounts();
    expect(privateSlot(vm, { flags: 1 }).ret).toBe(posted(name) ? 0 : -EINVAL);
    expect(machine.eventCount(Event.BREAK_BEFORE_MAKE)).toBe(posted(name) ? 512 : 0);
    expect(machine.eventCount(Event.HYPERCALL)).toBe(posted(name) ? 512 + 1 : 0);
  });

  it('moves a slot by mapping it from scratch', () => {
    const { vm } = internalLab(policy);
    privateSlot(vm, { memorySize: 2n * BLOCK });
    const to = SET_ASIDE + BLOCK + PAGE;
    expect(privateSlot(vm, { guestPhysAddr: to, memorySize: 2n * BLOCK }).ret).toBe(0);
    const { leaves } = checkTables(vm);
    expect(leaves[0]?.ipa).toBe(to);
    expect(leaves).toHaveLength(posted(name) ? 1024 : 1 + 511 + 1);
    expect(mappingOf(vm, SET_ASIDE)).toBeUndefined();
    expect(mappingOf(vm, to + 2n * BLOCK - PAGE)?.pa).toBe(to + 2n * BLOCK - PAGE);
  });
});

describe('the virtual SError for an unexpected fault', () => {
  const MASKED = 0x1c5n;

  function guest(policy: Partial<InternalPolicy>, pstate: bigint): Vcpu {
    const { vm } = internalLab(policy);
    privateSlot(vm);
    vm.tables.unmap(SET_ASIDE, PAGE);
    const cpu = vm.createVcpu();
    cpu.set(VCPU_PSTATE, pstate);
    cpu.set(VCPU_PC, 0x8000n);
    return cpu;
  }
  const fault = (cpu: Vcpu) => outcome(abort(cpu, 'read', SET_ASIDE));

  it('is pended, and the guest goes on at the same instruction', () => {
    const cpu = guest({}, 5n);
    expect(fault(cpu)).toEqual([1, Disposition.INJECT_VABT]);
    expect(cpu.get(VCPU_HCR)).toBe(1n << 8n);
    expect(cpu.get(VCPU_PC)).toBe(0x8000n);
  });

  it('is never taken with SErrors masked: the same fault comes back for ever, which is reported', () => {
    const cpu = guest({}, MASKED);
    expect(fault(cpu)).toEqual([1, Disposition.INJECT_VABT]);
    for (let n = 1; n <= 3; n++) {
      expect(fault(cpu)).toEqual([1, Disposition.REFAULT_LOOP]);
      expect(cpu.refaults).toBe(n);
    }
    expect(logLines(cpu.machine)).toEqual({ INTERNAL_VM_FAULT: 4 });
  });

  it('ends KVM_RUN at the first fault that came back, if the policy says so', () => {
    const cpu = guest({ refault: 'fail' }, MASKED);
    expect(fault(cpu)).toEqual([1, Disposition.INJECT_VABT]);
    expect(fault(cpu)).toEqual([-EFAULT, Disposition.REFAULT_LOOP]);
  });

  it.each<[string, (cpu: Vcpu) => void]>([
    ['the guest unmasked SErrors', (cpu) => cpu.set(VCPU_PSTATE, 5n)],
    ['the SError was taken', (cpu) => cpu.set(VCPU_HCR, 0n)],
    ['the guest is elsewhere', (cpu) => cpu.set(VCPU_PC, 0x8004n)],
  ])('is no loop if %s', (_, change) => {
    const cpu = guest({ refault: 'fail' }, MASKED);
    fault(cpu);
    fault(cpu);
    change(cpu);
    expect(fault(cpu)).toEqual([1, Disposition.INJECT_VABT]);
    expect(cpu.refaults).toBe(0);
  });

  it('is no loop if the fault is at another page', () => {
    const cpu = guest({ refault: 'fail' }, MASKED);
    fault(cpu);
    expect(outcome(abort(cpu, 'read', SET_ASIDE + PAGE))).toEqual([1, Disposition.INJECT_VABT]);
  });

  it('is not waited for by another vcpu', () => {
    const cpu = guest({ refault: 'fail' }, MASKED);
    fault(cpu);
    const other = cpu.vm.createVcpu();
    other.set(VCPU_PSTATE, MASKED);
    other.set(VCPU_PC, 0x8000n);
    expect(fault(other)).toEqual([1, Disposition.INJECT_VABT]);
  });
});
