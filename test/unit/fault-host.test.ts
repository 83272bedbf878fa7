// How the host's memory management and the fault path work together: copy-on-write, huge pages, logging on blocks.
import { describe, expect, it } from 'vitest';
import { Fsc } from '../../src/abi/arm.js';
import { Event } from '../../src/abi/event.js';
import { Disposition, HOST_PTE_PRESENT, HOST_PTE_WRITE, KVM_MEM_READONLY } from '../../src/abi/kvm.js';
import { VCPU_CACHE } from '../../src/abi/layout.js';
import { setMemoryRegion } from '../../src/kvm/index.js';
import { checkTables, strayPages } from '../model/check-tables.js';
import {
  abort,
  BLOCK,
  cachedPages,
  GUEST,
  HVA,
  lab,
  mappingOf,
  memoryLab,
  PAGE,
  region,
} from '../model/lab.js';

const PERMISSION = { type: Fsc.PERMISSION };
const PA = 0xffff_ffff_f000n;

describe('copy-on-write of anonymous memory', () => {
  it('takes two faults: the first is told to retry, the second maps the copy writable', () => {
    const { cpu, vm, mm } = memoryLab('anonymous');
    abort(cpu, 'read', GUEST);
    const zero = mappingOf(vm, GUEST)?.pa;
    expect(abort(cpu, 'write', GUEST, PERMISSION)).toMatchObject({ ret: 1, disposition: Disposition.RETRY });
    const copy = mm.pte(HVA) & PA;
    expect(copy).not.toBe(zero);
    expect(abort(cpu, 'write', GUEST).disposition).toBe(Disposition.MAPPED_PAGE);
    expect(mappingOf(vm, GUEST)).toEqual({ level: 3, pa: copy, attributes: 0x7ffn });
  });

  it('leaves the copy mapped read-only after the retry if the level-3 table lives on', () => {
    const { cpu, vm, mm } = memoryLab('anonymous');
    abort(cpu, 'read', GUEST);
    abort(cpu, 'read', GUEST + PAGE);
    abort(cpu, 'write', GUEST, PERMISSION);
    expect(mappingOf(vm, GUEST)).toEqual({ level: 3, pa: mm.pte(HVA) & PA, attributes: 0x77fn });
    expect(abort(cpu, 'write', GUEST, PERMISSION).disposition).toBe(Disposition.MAPPED_PAGE);
    expect(mappingOf(vm, GUEST)?.attributes).toBe(0x7ffn);
  });

  it('gives each page a copy of its own', () => {
    const { cpu, vm } = memoryLab('anonymous');
    for (const page of [0n, 1n]) abort(cpu, 'read', GUEST + page * PAGE);
    for (const page of [0n, 1n, 0n, 1n]) abort(cpu, 'write', GUEST + page * PAGE, PERMISSION);
    const [a, b] = [mappingOf(vm, GUEST), mappingOf(vm, GUEST + PAGE)];
    expect([a?.attributes, b?.attributes]).toEqual([0x7ffn, 0x7ffn]);
    expect(a?.pa).not.toBe(b?.pa);
  });

  it('reaches every slot that shows the page', () => {
    const { cpu, vm, mm } = memoryLab('anonymous');
    setMemoryRegion(vm, region({ slot: 1, guestPhysAddr: 0n }));
    for (const ipa of [GUEST, 0n, GUEST + PAGE, PAGE]) abort(cpu, 'read', ipa);
    const zero = mappingOf(vm, 0n)?.pa;
    abort(cpu, 'write', GUEST, PERMISSION);
    const copy = mm.pte(HVA) & PA;
    expect([mappingOf(vm, GUEST)?.pa, mappingOf(vm, 0n)?.pa]).toEqual([copy, copy]);
    expect(mappingOf(vm, PAGE)?.pa).toBe(zero);
  });

  it('does not happen for the write that is the first access', () => {
    const { cpu, machine } = memoryLab('anonymous');
    machine.resetCounts();
    expect(abort(cpu, 'write', GUEST).disposition).toBe(Disposition.MAPPED_PAGE);
    expect(machine.eventCount(Event.NOTIFIER_CALL)).toBe(0);
  });
});

describe('transparent huge pages', () => {
  it('that were only read are mapped as one read-only block of the huge zero page', () => {
    const { cpu, vm } = lab({
      areas: [{ hva: HVA, size: 2n * BLOCK, kind: 'thp' }],
      slots: [{ memorySize: 2n * BLOCK }],
    });
    abort(cpu, 'read', GUEST + 3n * PAGE);
    abort(cpu, 'fetch', GUEST + BLOCK);
    expect(mappingOf(vm, GUEST)).toMatchObject({ level: 2, attributes: 0x77dn });
    expect(mappingOf(vm, GUEST + BLOCK)).toEqual(mappingOf(vm, GUEST));
  });

  it('are copied as a whole by the first write: retry, then a writable block', () => {
    const { cpu, vm, mm } = memoryLab('thp');
    abort(cpu, 'read', GUEST);
    const zero = mappingOf(vm, GUEST)?.pa;
    expect(abort(cpu, 'write', GUEST + PAGE, PERMISSION).disposition).toBe(Disposition.RETRY);
    expect(mappingOf(vm, GUEST)).toBeUndefined();
    expect(abort(cpu, 'write', GUEST + PAGE).disposition).toBe(Disposition.MAPPED_BLOCK);
    expect(mappingOf(vm, GUEST)).toEqual({ level: 2, pa: mm.pte(HVA) & PA, attributes: 0x7fdn });
    expect(mm.pte(HVA) & PA).not.toBe(zero);
  });

  it('are only used where the area holds all of one', () => {
    const { cpu, vm } = lab({
      areas: [{ hva: HVA, size: BLOCK + PAGE, kind: 'thp' }],
      slots: [{ memorySize: 2n * BLOCK }],
    });
    expect(abort(cpu, 'write', GUEST + BLOCK).disposition).toBe(Disposition.MAPPED_PAGE);
    expect(abort(cpu, 'write', GUEST).disposition).toBe(Disposition.MAPPED_BLOCK);
    expect(mappingOf(vm, GUEST + BLOCK)?.level).toBe(3);
  });

  it('show through as pages in a slot that is misaligned, all from the same huge page', () => {
    const { cpu, vm, mm } = lab({
      areas: [{ hva: HVA, size: 2n * BLOCK, kind: 'thp' }],
      slots: [{ userspaceAddr: HVA + PAGE }],
    });
    abort(cpu, 'write', GUEST);
    abort(cpu, 'write', GUEST + PAGE);
    const head = mm.pte(HVA) & PA;
    expect(mappingOf(vm, GUEST)).toMatchObject({ level: 3, pa: head + PAGE });
    expect(mappingOf(vm, GUEST + PAGE)).toMatchObject({ level: 3, pa: head + 2n * PAGE });
  });

  it('reach beyond a slot that covers part of one, as v4.13 maps them', () => {
    const { cpu, vm } = memoryLab('thp');
    setMemoryRegion(vm, region({ memorySize: 0n }));
    setMemoryRegion(vm, region({ memorySize: 4n * PAGE }));
    abort(cpu, 'write', GUEST);
    expect(mappingOf(vm, GUEST + 4n * PAGE)).toMatchObject({ level: 2, attributes: 0x7fdn });
    setMemoryRegion(vm, region({ memorySize: 0n }));
    expect(mappingOf(vm, GUEST + 4n * PAGE)).toBeUndefined();
  });

  it('whose first page alone was given back are filled page by page: the rest stays where it is', () => {
    const { cpu, vm, mm } = lab({
      areas: [{ hva: HVA, size: 2n * BLOCK, kind: 'thp' }],
      slots: [{ userspaceAddr: HVA + PAGE }],
    });
    abort(cpu, 'write', GUEST);
    abort(cpu, 'write', GUEST + PAGE);
    const kept = mappingOf(vm, GUEST + PAGE);
    mm.clearPtes(HVA + PAGE, HVA + 2n * PAGE);
    vm.invalidateHva(HVA + PAGE, HVA + 2n * PAGE);
    abort(cpu, 'write', GUEST);
    expect(mappingOf(vm, GUEST)?.pa).toBe(mm.pte(HVA + PAGE) & PA);
    expect(mappingOf(vm, GUEST + PAGE)).toEqual(kept);
    expect(mm.pte(HVA + 2n * PAGE) & PA).toBe(kept?.pa);
  });
});

describe('hugetlbfs memory', () => {
  it('is never the zero page: a read maps a writable block', () => {
    const { cpu, vm } = memoryLab('hugetlb');
    abort(cpu, 'read', GUEST + 7n * PAGE);
    expect(mappingOf(vm, GUEST)).toMatchObject({ level: 2, attributes: 0x7fdn });
  });

  it('of an area without write permission is a read-only block', () => {
    const { cpu, vm, mm } = memoryLab('hugetlb');
    mm.protect(mm.areas[0]!, false);
    expect(abort(cpu, 'read', GUEST).ret).toBe(1);
    expect(mappingOf(vm, GUEST)).toMatchObject({ level: 2, attributes: 0x77dn });
    expect(abort(cpu, 'write', GUEST, PERMISSION).ret).toBe(-14);
  });

  it('in a read-only slot is a read-only block', () => {
    const { cpu, vm } = memoryLab('hugetlb', KVM_MEM_READONLY);
    abort(cpu, 'read', GUEST);
    expect(mappingOf(vm, GUEST)).toMatchObject({ level: 2, attributes: 0x77dn });
  });

  it('of 1 GiB pages is mapped by 2 MiB blocks of one contiguous page', () => {
    const { cpu, vm, mm } = lab({
      host: { ramBytes: 4n << 30n, arenaBytes: 8 << 20 },
      areas: [{ hva: HVA & ~((1n << 30n) - 1n), size: 1n << 30n, kind: 'hugetlb', hugeShift: 30 }],
      slots: [{ userspaceAddr: HVA & ~((1n << 30n) - 1n), memorySize: 2n * BLOCK }],
    });
    abort(cpu, 'write', GUEST);
    abort(cpu, 'write', GUEST + BLOCK);
    const pa = mm.pte(HVA & ~((1n << 30n) - 1n)) & PA;
    expect(pa % (1n << 30n)).toBe(0n);
    expect(mappingOf(vm, GUEST)).toMatchObject({ level: 2, pa });
    expect(mappingOf(vm, GUEST + BLOCK)).toMatchObject({ level: 2, pa: pa + BLOCK });
  });

  it('whose slot does not start at a huge page fails: the rounded address is in no slot', () => {
    const { cpu } = lab({
      areas: [{ hva: HVA, size: 2n * BLOCK, kind: 'hugetlb' }],
      slots: [{ guestPhysAddr: GUEST + PAGE, userspaceAddr: HVA + PAGE, memorySize: BLOCK }],
    });
    expect(abort(cpu, 'write', GUEST + PAGE).ret).toBe(-14);
    expect(abort(cpu, 'write', GUEST + BLOCK).ret).toBe(1);
  });
});

describe('a block and a page in one place', () => {
  it('a block that comes back over the pages of a logged slot loses their table, as v4.13 does', () => {
    const { cpu, vm, machine } = memoryLab('thp', 1);
    abort(cpu, 'write', GUEST);
    abort(cpu, 'write', GUEST + PAGE);
    setMemoryRegion(vm, region());
    vm.tables.writeProtect(GUEST, BLOCK);
    expect(strayPages(machine, [checkTables(vm)], [cpu.offset + VCPU_CACHE]).size).toBe(0);
    machine.resetCounts();
    expect(abort(cpu, 'write', GUEST, PERMISSION).disposition).toBe(Disposition.MAPPED_BLOCK);
    expect(mappingOf(vm, GUEST)).toMatchObject({ level: 2, attributes: 0x7fdn });
    expect(machine.eventCount(Event.TABLE_LOST_UNDER_BLOCK)).toBe(1);
    expect(strayPages(machine, [checkTables(vm)], [cpu.offset + VCPU_CACHE]).size).toBe(1);
  });

  it('a page written under a block goes into the memory of the block, as v4.13 does, and the block stays', () => {
    const { cpu, vm, machine } = memoryLab('thp');
    abort(cpu, 'write', GUEST);
    const block = mappingOf(vm, GUEST);
    machine.resetCounts();
    vm.changeHva(HVA, 0x5555_5000n);
    expect(mappingOf(vm, GUEST)).toEqual(block);
    expect(machine.eventCount(Event.BLOCK_TAKEN_AS_TABLE)).toBe(1);
    checkTables(vm);
  });

  it('a second fault on a block replaces it by break-before-make', () => {
    const { cpu, vm, machine } = memoryLab('thp');
    abort(cpu, 'write', GUEST);
    machine.resetCounts();
    abort(cpu, 'write', GUEST + PAGE);
    expect(machine.eventCount(Event.BREAK_BEFORE_MAKE)).toBe(1);
    expect(mappingOf(vm, GUEST)?.attributes).toBe(0x7fdn);
    checkTables(vm);
  });
});

describe('the page cache of a vcpu', () => {
  it('takes 40 pages for its first fault and none until fewer than two are left', () => {
    const size = 40n * BLOCK;
    const { cpu, machine } = lab({
      areas: [{ hva: HVA, size, kind: 'anonymous' }],
      slots: [{ memorySize: size }],
    });
    const history = Array.from({ length: 40 }, (_, i) => {
      const before = machine.freeTablePages;
      abort(cpu, 'write', GUEST + BigInt(i) * BLOCK);
      return [before - machine.freeTablePages, cachedPages(cpu)];
    });
    expect(history[0]).toEqual([40, 38]);
    expect(history.slice(1, 38)).toEqual(Array.from({ length: 37 }, (_, i) => [0, 37 - i]));
    expect(history[38]).toEqual([39, 39]);
  });

  it('keeps what it got when the allocator gives out, and works with it', () => {
    const { cpu, machine, vm } = memoryLab('anonymous');
    machine.setAllocationBudget(5);
    expect(abort(cpu, 'write', GUEST).ret).toBe(-12);
    expect(cachedPages(cpu)).toBe(5);
    expect(abort(cpu, 'write', GUEST).ret).toBe(1);
    expect(cachedPages(cpu)).toBe(3);
    expect(mappingOf(vm, GUEST)).toBeDefined();
  });

  it('fails again while it has fewer than two', () => {
    const { cpu, machine } = memoryLab('anonymous');
    machine.setAllocationBudget(1);
    expect(abort(cpu, 'write', GUEST).ret).toBe(-12);
    expect(abort(cpu, 'write', GUEST).ret).toBe(-12);
    expect(cachedPages(cpu)).toBe(1);
    machine.setAllocationBudget('unlimited');
    expect(abort(cpu, 'write', GUEST).ret).toBe(1);
    expect(cachedPages(cpu)).toBe(38);
  });

  it('is not touched by faults that map nothing', () => {
    const { cpu } = memoryLab('anonymous');
    abort(cpu, 'read', 0n);
    abort(cpu, 'fetch', 0n);
    abort(cpu, 'read', GUEST, { type: Fsc.ACCESS_FLAG });
    expect(cachedPages(cpu)).toBe(0);
  });
});

describe('the host page table', () => {
  it('decides which page is mapped', () => {
    const { cpu, vm, mm } = memoryLab('anonymous');
    mm.setPte(HVA, 0x1234_5000n, HOST_PTE_PRESENT | HOST_PTE_WRITE);
    abort(cpu, 'write', GUEST);
    expect(mappingOf(vm, GUEST)?.pa).toBe(0x1234_5000n);
  });

  it('shows a page twice in a VM that has two slots on it', () => {
    const { cpu, vm } = memoryLab('anonymous');
    setMemoryRegion(vm, region({ slot: 1, guestPhysAddr: 0n }));
    abort(cpu, 'write', GUEST);
    abort(cpu, 'read', 0n);
    expect(mappingOf(vm, 0n)).toEqual(mappingOf(vm, GUEST));
  });
});
