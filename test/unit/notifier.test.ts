// What the host's memory management does to a VM: unmap, change, age.
import { describe, expect, it } from 'vitest';
import { Fsc } from '../../src/abi/arm.js';
import { Event } from '../../src/abi/event.js';
import { Disposition } from '../../src/abi/kvm.js';
import { VM_NOTIFIER_COUNT, VM_NOTIFIER_SEQ, VM_PGD } from '../../src/abi/layout.js';
import { AddressSpace, setMemoryRegion, Vm } from '../../src/kvm/index.js';
import { checkTables } from '../model/check-tables.js';
import { abort, BLOCK, GUEST, HVA, type Lab, lab, mappingOf, memoryLab, PAGE, region } from '../model/lab.js';

/** Anonymous memory with its first `n` pages mapped writable. */
function mapped(n: bigint): Lab {
  const l = memoryLab('anonymous');
  for (let i = 0n; i < n; i++) abort(l.cpu, 'write', GUEST + i * PAGE);
  l.machine.resetCounts();
  return l;
}

const ipas = (vm: Vm) => checkTables(vm).leaves.map((leaf) => (leaf.ipa - GUEST) / PAGE);
const sequence = (vm: Vm) => vm.machine.view.u32(vm.offset + VM_NOTIFIER_SEQ);
const inProgress = (vm: Vm) => vm.machine.view.u32(vm.offset + VM_NOTIFIER_COUNT);

describe('an invalidated range', () => {
  it('loses its mappings from the first byte to the last and no more', () => {
    const { vm } = mapped(6n);
    vm.invalidateHva(HVA + PAGE, HVA + 4n * PAGE);
    expect(ipas(vm)).toEqual([0n, 4n, 5n]);
  });

  it('is flushed entry by entry, and each page is cleaned to memory', () => {
    const { vm, machine } = mapped(6n);
    vm.invalidateHva(HVA, HVA + 3n * PAGE);
    expect(machine.eventCount(Event.TLBI_IPA)).toBe(3);
    expect(machine.eventCount(Event.TLBI_VMID)).toBe(0);
    expect(machine.eventCount(Event.DC_CIVAC_LINE)).toBe(3 * 64);
  });

  it('frees the tables that become empty, with a flush for each', () => {
    const { vm, machine, cpu } = mapped(1n);
    const before = machine.freeTablePages;
    vm.invalidateHva(HVA, HVA + PAGE);
    expect(machine.freeTablePages).toBe(before + 2);
    expect(machine.eventCount(Event.TLBI_IPA)).toBe(3);
    expect(abort(cpu, 'write', GUEST, { level: 1 }).ret).toBe(1);
  });

  it('takes a block it only touches as a whole', () => {
    const { vm, cpu, machine } = memoryLab('thp');
    abort(cpu, 'write', GUEST);
    machine.resetCounts();
    vm.invalidateHva(HVA + 5n * PAGE, HVA + 6n * PAGE);
    expect(mappingOf(vm, GUEST)).toBeUndefined();
    expect(machine.eventCount(Event.DC_CIVAC_LINE)).toBe(32_768);
  });

  it('does not clean device memory', () => {
    const { vm, machine } = lab({
      areas: [{ hva: HVA, size: PAGE, kind: 'pfnmap', pa: 0x900_0000n }],
      slots: [{ memorySize: PAGE }],
    });
    machine.resetCounts();
    vm.invalidateHva(HVA, HVA + PAGE);
    expect(mappingOf(vm, GUEST)).toBeUndefined();
    expect(machine.eventCount(Event.DC_CIVAC_LINE)).toBe(0);
  });

  it('is unmapped in every slot that shows it', () => {
    const { vm, cpu } = memoryLab('anonymous');
    setMemoryRegion(
      vm,
      region({ slot: 1, guestPhysAddr: 0n, userspaceAddr: HVA + PAGE, memorySize: 4n * PAGE }),
    );
    for (const ipa of [GUEST + PAGE, GUEST + 2n * PAGE, 0n, PAGE]) abort(cpu, 'write', ipa);
    vm.invalidateHva(HVA + PAGE, HVA + 2n * PAGE);
    expect(
      [GUEST + PAGE, GUEST + 2n * PAGE, 0n, PAGE].map((ipa) => mappingOf(vm, ipa) !== undefined),
    ).toEqual([false, true, false, true]);
  });

  it('outside every slot changes nothing but the sequence', () => {
    const { vm, machine } = mapped(2n);
    vm.invalidateHva(HVA - BLOCK, HVA);
    vm.invalidateHva(HVA + BLOCK, HVA + 2n * BLOCK);
    expect(ipas(vm)).toEqual([0n, 1n]);
    expect(sequence(vm)).toBe(2);
    expect(machine.eventCount(Event.DESC_READ)).toBe(0);
  });

  it('wider than the slot stops at its ends', () => {
    const { vm, cpu } = lab({
      areas: [{ hva: HVA, size: 2n * BLOCK, kind: 'anonymous' }],
      slots: [
        { memorySize: 2n * PAGE },
        { slot: 1, guestPhysAddr: GUEST + 2n * PAGE, userspaceAddr: HVA + BLOCK, memorySize: PAGE },
      ],
    });
    for (const i of [0n, 1n, 2n]) abort(cpu, 'write', GUEST + i * PAGE);
    vm.invalidateHva(HVA - PAGE, HVA + BLOCK);
    expect(ipas(vm)).toEqual([2n]);
  });

  it('holds faults off from its start to its end', () => {
    const { vm, cpu, machine } = mapped(2n);
    machine.core.notifierStart(vm.offset, HVA, HVA + PAGE);
    expect(inProgress(vm)).toBe(1);
    expect(abort(cpu, 'write', GUEST).disposition).toBe(Disposition.RETRY);
    machine.core.notifierStart(vm.offset, HVA + PAGE, HVA + 2n * PAGE);
    machine.core.notifierEnd(vm.offset);
    expect(abort(cpu, 'write', GUEST).disposition).toBe(Disposition.RETRY);
    machine.core.notifierEnd(vm.offset);
    expect([inProgress(vm), sequence(vm)]).toEqual([0, 2]);
    expect(abort(cpu, 'write', GUEST).disposition).toBe(Disposition.MAPPED_PAGE);
  });

  it('of one VM is no matter of another', () => {
    const { vm, machine } = mapped(1n);
    const mm = new AddressSpace(machine);
    mm.map({ hva: HVA, size: BLOCK, kind: 'anonymous' });
    const other = new Vm(machine, { mm, vmid: 2 });
    setMemoryRegion(other, region());
    abort(other.createVcpu(), 'write', GUEST);
    vm.invalidateHva(HVA, HVA + BLOCK);
    expect(mappingOf(vm, GUEST)).toBeUndefined();
    expect(mappingOf(other, GUEST)).toBeDefined();
    expect(sequence(other)).toBe(0);
  });

  it('finds nothing to do in a VM whose tables are gone', () => {
    const { vm, machine } = mapped(1n);
    machine.view.setU64(vm.offset + VM_PGD, 0n);
    vm.invalidateHva(HVA, HVA + PAGE);
    vm.changeHva(HVA, 0x5000_0000n);
    expect(vm.ageHva(HVA, HVA + PAGE)).toBe(0n);
    machine.view.setU64(vm.offset + VM_PGD, vm.tables.pgd);
    expect(mappingOf(vm, GUEST)?.attributes).toBe(0x7ffn);
  });
});

describe('a changed page', () => {
  it('is mapped at its new place, read-only, by break-before-make', () => {
    const { vm, machine } = mapped(1n);
    vm.changeHva(HVA, 0x5000_0000n);
    expect(mappingOf(vm, GUEST)).toEqual({ level: 3, pa: 0x5000_0000n, attributes: 0x77fn });
    expect(machine.eventCount(Event.BREAK_BEFORE_MAKE)).toBe(1);
    expect(sequence(vm)).toBe(1);
    checkTables(vm);
  });

  it('is mapped even if it was not, where there is a table for it', () => {
    const { vm } = mapped(1n);
    vm.changeHva(HVA + PAGE, 0x5000_0000n);
    expect(mappingOf(vm, GUEST + PAGE)?.attributes).toBe(0x77fn);
    checkTables(vm);
  });

  it('is left alone where a table is missing: there is no cache to take one from', () => {
    const { vm, machine } = memoryLab('anonymous');
    vm.changeHva(HVA, 0x5000_0000n);
    expect(mappingOf(vm, GUEST)).toBeUndefined();
    expect(machine.freeTablePages).toBe(machine.tablePages);
  });

  it('is changed in every slot that shows it', () => {
    const { vm, cpu } = mapped(1n);
    setMemoryRegion(vm, region({ slot: 1, guestPhysAddr: 0n }));
    abort(cpu, 'write', 0n);
    vm.changeHva(HVA, 0x5000_0000n);
    expect([mappingOf(vm, 0n)?.pa, mappingOf(vm, GUEST)?.pa]).toEqual([0x5000_0000n, 0x5000_0000n]);
  });

  it('is written again by the guest after a permission fault', () => {
    const { vm, cpu, mm } = mapped(1n);
    mm.setPte(HVA, 0x5000_0000n, 3);
    vm.changeHva(HVA, 0x5000_0000n);
    expect(abort(cpu, 'write', GUEST, { type: Fsc.PERMISSION }).disposition).toBe(Disposition.MAPPED_PAGE);
    expect(mappingOf(vm, GUEST)).toEqual({ level: 3, pa: 0x5000_0000n, attributes: 0x7ffn });
  });
});

describe('ageing', () => {
  it('clears the access flags of the range and says how many were set', () => {
    const { vm, machine } = mapped(4n);
    expect(vm.ageHva(HVA + PAGE, HVA + 3n * PAGE)).toBe(2n);
    const flags = checkTables(vm).leaves.map((leaf) => (leaf.desc >> 10n) & 1n);
    expect(flags).toEqual([1n, 0n, 0n, 1n]);
    expect(machine.eventCount(Event.TLBI_VMID)).toBe(1);
  });

  it('finds old pages old, and then flushes nothing', () => {
    const { vm, machine } = mapped(2n);
    vm.ageHva(HVA, HVA + BLOCK);
    machine.resetCounts();
    expect(vm.ageHva(HVA, HVA + BLOCK)).toBe(0n);
    expect(machine.eventCount(Event.TLBI_VMID)).toBe(0);
  });

  it('finds a page young again after an access flag fault', () => {
    const { vm, cpu } = mapped(2n);
    vm.ageHva(HVA, HVA + BLOCK);
    abort(cpu, 'read', GUEST + PAGE, { type: Fsc.ACCESS_FLAG });
    expect(vm.ageHva(HVA, HVA + BLOCK)).toBe(1n);
  });

  it('counts a block once', () => {
    const { vm, cpu } = memoryLab('thp');
    abort(cpu, 'write', GUEST);
    expect(vm.ageHva(HVA, HVA + BLOCK)).toBe(1n);
    expect(mappingOf(vm, GUEST)?.attributes).toBe(0x3fdn);
  });

  it('leaves permissions and addresses as they are', () => {
    const { vm } = mapped(1n);
    const before = mappingOf(vm, GUEST);
    vm.ageHva(HVA, HVA + PAGE);
    expect(mappingOf(vm, GUEST)).toEqual({ ...before, attributes: 0x3ffn });
  });
});

describe('an invalidated page', () => {
  it('loses its mapping and moves the sequence, with no invalidation left in progress', () => {
    const { vm } = mapped(3n);
    const before = sequence(vm);
    vm.invalidatePage(HVA + PAGE);
    expect(ipas(vm)).toEqual([0n, 2n]);
    expect(sequence(vm)).toBe(before + 1);
    expect(inProgress(vm)).toBe(0);
  });
});
