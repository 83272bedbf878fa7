// "I think you should consider using a predicate so that it's clear that this is for in-kernel VMs and not just some
// random situation where mm can be NULL."
import { describe, expect, it } from 'vitest';
import { Disposition, EFAULT } from '../../src/abi/kvm.js';
import { Site } from '../../src/abi/site.js';
import {
  AddressSpace,
  createHost,
  PREDICATE_VARIANT,
  RFC_VARIANT,
  setMemoryRegion,
  stage2UnmapVm,
  type Variant,
  Vm,
  type VmKind,
} from '../../src/kvm/index.js';
import { internalLab, privateSlot, SET_ASIDE } from '../model/internal-lab.js';
import { abort, BLOCK, HVA, logLines, mappingOf, outcome, PAGE, region, SMALL_HOST } from '../model/lab.js';

/** A VM of a kind, with or without an mm, whatever fits. */
function vmOf(kind: VmKind, hasMm: boolean, variant: Variant): Vm {
  const machine = createHost(SMALL_HOST);
  const mm = new AddressSpace(machine);
  mm.map({ hva: HVA, size: BLOCK, kind: 'anonymous' });
  return new Vm(machine, { kind, variant, ...(hasMm && { mm }) });
}

describe('the test for an internal VM', () => {
  it.each<[string, VmKind, boolean, boolean, boolean]>([
    ['an ordinary VM', 'ordinary', true, false, false],
    ['an internal VM', 'internal', false, true, true],
    ['an ordinary VM that has lost its mm', 'ordinary', false, true, false],
    ['an internal VM that a process with an mm created', 'internal', true, false, true],
  ])('takes %s for what it is by its flag; by its mm where that agrees', (_, kind, hasMm, byMm, byFlag) => {
    expect(vmOf(kind, hasMm, RFC_VARIANT).isInternal).toBe(byMm);
    expect(vmOf(kind, hasMm, PREDICATE_VARIANT).isInternal).toBe(byFlag);
  });

  it('is by default what it was: no mm, internal', () => {
    const machine = createHost(SMALL_HOST);
    expect(new Vm(machine).kind).toBe('internal');
    expect(new Vm(machine, { mm: new AddressSpace(machine) }).kind).toBe('ordinary');
  });

  it('knows two kinds', () => {
    const kind = 'guest' as VmKind;
    expect(() => new Vm(createHost(SMALL_HOST), { kind })).toThrowError(
      /kind: found "guest", expected one of ordinary, internal/,
    );
  });
});

describe('an ordinary VM without an mm', () => {
  it('gets host memory one to one as posted, which no one asked for', () => {
    const vm = vmOf('ordinary', false, RFC_VARIANT);
    expect(setMemoryRegion(vm, region()).ret).toBe(0);
    expect(mappingOf(vm, region().guestPhysAddr)?.pa).toBe(region().guestPhysAddr);
  });

  it('is not mistaken with the predicate: its slot is refused, and nothing is mapped', () => {
    const vm = vmOf('ordinary', false, PREDICATE_VARIANT);
    expect(setMemoryRegion(vm, region()).ret).toBe(-EFAULT);
    expect([...vm.tables.leaves()]).toEqual([]);
  });
});

describe('an internal VM with an mm', () => {
  it('is served as an ordinary one as posted: no map, and faults on the memory of the process', () => {
    const vm = vmOf('internal', true, RFC_VARIANT);
    setMemoryRegion(vm, region());
    expect([...vm.tables.leaves()]).toEqual([]);
    expect(outcome(abort(vm.createVcpu(), 'write', region().guestPhysAddr))).toEqual([
      1,
      Disposition.MAPPED_PAGE,
    ]);
  });

  it('is an internal one with the predicate, in every place of the patch', () => {
    const vm = vmOf('internal', true, PREDICATE_VARIANT);
    const { machine } = vm;
    setMemoryRegion(vm, region());
    expect([...vm.tables.leaves()]).toHaveLength(512);
    expect(outcome(abort(vm.createVcpu(), 'write', region().guestPhysAddr))).toEqual([
      1,
      Disposition.INJECT_VABT,
    ]);
    expect(logLines(machine)).toEqual({ INTERNAL_VM_FAULT: 1 });
    stage2UnmapVm(vm);
    expect([...vm.tables.leaves()]).toEqual([]);
    const sites = { U2: true, R1: true, R2: false, R3: false, R5: true, R7: false };
    for (const [name, condition] of Object.entries(sites))
      expect([name, machine.siteCounts(Site[name as keyof typeof Site])]).toEqual([
        name,
        condition ? [0, 1] : [1, 0],
      ]);
  });
});

describe('private slots', () => {
  it.each([512, 767])('%i is there for the kernel', (slot) => {
    const { vm } = internalLab();
    expect(privateSlot(vm, { slot }).ret).toBe(0);
    expect(mappingOf(vm, SET_ASIDE + BLOCK - PAGE)?.pa).toBe(SET_ASIDE + BLOCK - PAGE);
  });

  it('768 is none', () => {
    expect(privateSlot(internalLab().vm, { slot: 768 }).reason).toBe(
      'slot 768: one address space with 768 slots',
    );
  });
});
