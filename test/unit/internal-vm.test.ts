// What happens in the slots of an internal VM after they are mapped: access flags, permissions, unmap, flush.
import { describe, expect, it } from 'vitest';
import { Fsc } from '../../src/abi/arm.js';
import { Access, Event } from '../../src/abi/event.js';
import { Disposition, EFAULT } from '../../src/abi/kvm.js';
import { createHost, type InternalPolicy, stage2FlushVm, stage2UnmapVm, Vm } from '../../src/kvm/index.js';
import { checkTables } from '../model/check-tables.js';
import { Hardware } from '../model/hardware.js';
import { internalLab, lostPages, privateSlot, SET_ASIDE } from '../model/internal-lab.js';
import { abort, BLOCK, logLines, MIB, mappingOf, outcome, PAGE, SMALL_HOST } from '../model/lab.js';

const GIB = 1n << 30n;
const AF = 0x400n;

/** A VM with leaves of every level: a page below 4 GiB, 1 GiB, 2 MiB. */
function everyLevel() {
  const machine = createHost({ ...SMALL_HOST });
  const vm = new Vm(machine, { internal: { idmap: 'blocks' } });
  privateSlot(vm, { guestPhysAddr: 4n * GIB - PAGE, memorySize: PAGE + GIB + BLOCK });
  return { machine, vm, cpu: vm.createVcpu() };
}

describe('an access flag fault of an internal VM', () => {
  it.each([
    [3, 4n * GIB - PAGE],
    [1, 4n * GIB + 77n * BLOCK + 5n * PAGE],
    [2, 5n * GIB + 3n * PAGE],
  ])('is fixed up in a leaf of level %i', (level, ipa) => {
    const { vm, cpu, machine } = everyLevel();
    const before = checkTables(vm).leaves;
    vm.tables.age(ipa & ~(PAGE - 1n), PAGE);
    const hardware = new Hardware(vm);
    expect(hardware.translate(ipa, Access.READ)).toEqual({ type: 0x08, level });
    machine.resetCounts();
    expect(outcome(abort(cpu, 'read', ipa, { type: Fsc.ACCESS_FLAG, level }))).toEqual([
      1,
      Disposition.ACCESS_FLAG,
    ]);
    expect(checkTables(vm).leaves).toEqual(before);
    expect(machine.eventCount(Event.DESC_WRITE)).toBe(1);
    expect(machine.eventCount(Event.HYPERCALL)).toBe(0);
    expect(hardware.translate(ipa, Access.READ)).toEqual({ pa: ipa });
    hardware.release();
  });

  it('without an entry changes nothing, beside a block of level 1 too', () => {
    const { vm, cpu } = everyLevel();
    vm.tables.unmap(4n * GIB - PAGE, PAGE);
    const before = checkTables(vm).leaves;
    const result = abort(cpu, 'read', 4n * GIB - PAGE, { type: Fsc.ACCESS_FLAG });
    expect(outcome(result)).toEqual([1, Disposition.ACCESS_FLAG]);
    expect(checkTables(vm).leaves).toEqual(before);
    expect(before.every(({ desc }) => (desc & AF) !== 0n)).toBe(true);
  });
});

describe('a permission fault of an internal VM', () => {
  it.each(['read', 'fetch'] as const)('on a %s fails KVM_RUN before its kind is looked at', (kind) => {
    const { vm } = internalLab();
    privateSlot(vm);
    const cpu = vm.createVcpu();
    expect(outcome(abort(cpu, kind, SET_ASIDE, { type: Fsc.PERMISSION }))).toEqual([
      -EFAULT,
      Disposition.ERROR,
    ]);
    expect(logLines(cpu.machine)).toEqual({ UNEXPECTED_READ_PERMISSION: 1 });
  });

  it('on a write is unexpected: what was write-protected for the log stays so', () => {
    const { vm } = internalLab();
    privateSlot(vm, { flags: 1 });
    const cpu = vm.createVcpu();
    expect(outcome(abort(cpu, 'write', SET_ASIDE, { type: Fsc.PERMISSION }))).toEqual([
      1,
      Disposition.INJECT_VABT,
    ]);
    expect((mappingOf(vm, SET_ASIDE)?.attributes ?? 0n) & 0xc0n).toBe(0x40n);
  });
});

describe.each<[string, Partial<InternalPolicy>]>([
  ['as posted', {}],
  ['in blocks', { idmap: 'blocks', contiguous: true }],
  ['with device registers', { idmap: 'blocks', region: 'deviceAttributes' }],
])('the slots of an internal VM, mapped %s,', (_, policy) => {
  function twoSlots() {
    const lab = internalLab(policy);
    privateSlot(lab.vm, { memorySize: 4n * BLOCK });
    privateSlot(lab.vm, { slot: 513, guestPhysAddr: 0x900_0000n, memorySize: 3n * PAGE });
    return lab;
  }

  it('are unmapped without an mm, tables included', () => {
    const { vm, machine } = twoSlots();
    stage2UnmapVm(vm);
    expect(checkTables(vm)).toEqual({ leaves: [], pages: new Set() });
    expect(vm.slots.used).toHaveLength(2);
    machine.resetCounts();
    expect(outcome(abort(vm.createVcpu(), 'read', SET_ASIDE))).toEqual([1, Disposition.INJECT_VABT]);
  });

  it('are flushed without an mm; what pfn_valid does not know is not, however it is mapped', () => {
    const { vm, machine } = twoSlots();
    machine.resetCounts();
    stage2FlushVm(vm);
    expect(machine.eventCount(Event.DC_CIVAC_LINE)).toBe(Number((8n * MIB) >> 6n));
  });
});

describe('a policy', () => {
  it.each([
    [{ idmap: 'sections' }, 'internal.idmap: found "sections", expected asPosted, upFront, blocks'],
    [{ contiguous: true }, 'internal.contiguous true: expected idmap upFront or blocks with it'],
    [{ mmio: 'ignore' }, 'internal.mmio: found "ignore", expected asPosted, abort, handler'],
    [
      { size: 1 },
      'internal.size: found 1, expected one of idmap, contiguous, region, mmio, refault as its name',
    ],
  ])('%j is refused', (policy, message) => {
    expect(() => internalLab(policy as Partial<InternalPolicy>)).toThrowError(
      expect.objectContaining({ code: 'EINVAL', message }),
    );
  });

  it('of maps asks for slots in whole pages of the VM', () => {
    const { vm } = internalLab({}, { geometry: { granuleShift: 14, ipaBits: 40 }, host: { pageShift: 14 } });
    expect(privateSlot(vm, { guestPhysAddr: SET_ASIDE + PAGE, memorySize: 4n * PAGE }).reason).toBe(
      'slot 512 at 0x60001000+0x4000: expected multiples of the page size, 2^14',
    );
    expect(lostPages({ machine: vm.machine, vm })).toBe(0);
  });
});
