// "You should be able to allocate all you need up front instead of doing it in sequences."
import { describe, expect, it } from 'vitest';
import { Event } from '../../src/abi/event.js';
import { EFAULT, EINVAL, ENOMEM } from '../../src/abi/kvm.js';
import type { InternalPolicy } from '../../src/kvm/index.js';
import { checkTables } from '../model/check-tables.js';
import { internalLab, lostPages, privateSlot, SET_ASIDE, stateOf } from '../model/internal-lab.js';
import { BLOCK, MIB, mappingOf, PAGE } from '../model/lab.js';

/** 64 pages, seven whole blocks and 64 pages more: nine level-3 tables without blocks, two with them, one of level 2. */
const UNEVEN = { guestPhysAddr: SET_ASIDE + BLOCK - 64n * PAGE, memorySize: 7n * BLOCK + 128n * PAGE };
const policies: [name: string, policy: Partial<InternalPolicy>, tables: number][] = [
  ['up front', { idmap: 'upFront' }, 10],
  ['up front, contiguous', { idmap: 'upFront', contiguous: true }, 10],
  ['in blocks', { idmap: 'blocks' }, 3],
  ['in blocks, contiguous', { idmap: 'blocks', contiguous: true }, 3],
];

describe.each(policies)('a map made %s', (_, policy, tables) => {
  it('takes the table pages that it was counted to need, and loses none', () => {
    const lab = internalLab(policy);
    expect(privateSlot(lab.vm, UNEVEN).ret).toBe(0);
    expect(lab.vm.idmap.tablePages).toBe(tables);
    expect(lab.machine.eventCount(Event.TABLE_ALLOC)).toBe(tables);
    expect(lab.machine.eventCount(Event.TABLE_FREE)).toBe(0);
    expect(lostPages(lab)).toBe(0);
    lab.vm.destroy();
    expect(lab.machine.freeTablePages).toBe(lab.machine.tablePages);
  });

  it('fails as a whole at every allocation, and works when it is tried again', () => {
    for (let budget = 0; budget < tables; budget++) {
      const lab = internalLab(policy);
      const before = stateOf(lab);
      lab.machine.setAllocationBudget(budget);
      expect(privateSlot(lab.vm, UNEVEN)).toEqual({
        ret: -ENOMEM,
        reason: `slot 512: no memory for its ${tables} stage-2 tables`,
      });
      expect(stateOf(lab)).toEqual(before);
      expect(lab.machine.eventCount(Event.DESC_WRITE)).toBe(0);
      lab.machine.setAllocationBudget(tables);
      expect(privateSlot(lab.vm, UNEVEN).ret).toBe(0);
    }
  });

  it('counts the tables that are there already', () => {
    const { vm } = internalLab(policy);
    privateSlot(vm, UNEVEN);
    const next = { slot: 513, guestPhysAddr: UNEVEN.guestPhysAddr + UNEVEN.memorySize, memorySize: PAGE };
    expect(privateSlot(vm, next).ret).toBe(0);
    expect(vm.idmap.tablePages).toBe(0);
    expect(mappingOf(vm, next.guestPhysAddr)?.pa).toBe(next.guestPhysAddr);
  });

  it('takes mmu_lock once', () => {
    const { vm, machine } = internalLab(policy);
    privateSlot(vm, UNEVEN);
    expect(machine.eventCount(Event.LOCK)).toBe(1);
  });

  it('is the same map as the one posted', () => {
    const { vm } = internalLab(policy);
    privateSlot(vm, UNEVEN);
    const posted = internalLab();
    privateSlot(posted.vm, UNEVEN);
    for (const { ipa, desc } of checkTables(posted.vm).leaves) {
      const found = mappingOf(vm, ipa);
      const within = ipa & (found?.level === 2 ? BLOCK - 1n : 0n);
      expect((found?.pa ?? 0n) + within).toBe(ipa);
      // Attributes but for the contiguous bit and that of a page.
      expect(BigInt.asUintN(52, found?.attributes ?? 0n) | 2n).toBe(desc & 0xfffn);
    }
    expect(mappingOf(vm, UNEVEN.guestPhysAddr - PAGE)).toBeUndefined();
    expect(mappingOf(vm, UNEVEN.guestPhysAddr + UNEVEN.memorySize)).toBeUndefined();
  });

  it('of a slot that moves fails as a whole too: the slot stays where it was', () => {
    const to = SET_ASIDE + 3n * BLOCK + 8n * PAGE;
    const needed = (() => {
      const { vm } = internalLab(policy);
      privateSlot(vm, UNEVEN);
      expect(privateSlot(vm, { ...UNEVEN, guestPhysAddr: to }).ret).toBe(0);
      return vm.idmap.tablePages;
    })();
    expect(needed).toBeGreaterThan(0);
    for (let budget = 0; budget <= needed; budget++) {
      const lab = internalLab(policy);
      privateSlot(lab.vm, UNEVEN);
      const before = stateOf(lab);
      lab.machine.setAllocationBudget(budget);
      const { ret } = privateSlot(lab.vm, { ...UNEVEN, guestPhysAddr: to });
      expect(ret).toBe(budget < needed ? -ENOMEM : 0);
      if (ret < 0) expect(stateOf(lab)).toEqual(before);
      else expect([...lab.vm.tables.leaves()][0]?.ipa).toBe(to);
      expect(lostPages(lab)).toBe(0);
    }
  });

  it('maps a read-only slot read-only, which the posted one does not', () => {
    const { vm } = internalLab(policy);
    privateSlot(vm, { ...UNEVEN, flags: 2 });
    for (const { desc } of checkTables(vm).leaves) expect(desc & 0xc0n).toBe(0x40n);
    const posted = internalLab();
    privateSlot(posted.vm, { ...UNEVEN, flags: 2 });
    for (const { desc } of checkTables(posted.vm).leaves) expect(desc & 0xc0n).toBe(0xc0n);
  });

  it('is not logged, so its flags cannot change and nothing is mapped twice', () => {
    const lab = internalLab(policy);
    expect(privateSlot(lab.vm, { flags: 1 }).ret).toBe(-EINVAL);
    privateSlot(lab.vm);
    const before = stateOf(lab);
    expect(privateSlot(lab.vm, { flags: 1 })).toEqual({
      ret: -EINVAL,
      reason: 'slot 512: the memory of an internal VM cannot be logged',
    });
    expect(stateOf(lab)).toEqual(before);
    expect(lab.machine.eventCount(Event.BREAK_BEFORE_MAKE)).toBe(0);
  });

  it('outside the IPA space is refused before anything happens, moves included', () => {
    const lab = internalLab(policy);
    privateSlot(lab.vm);
    const before = stateOf(lab);
    expect(privateSlot(lab.vm, { guestPhysAddr: (1n << 40n) - BLOCK }).ret).toBe(-EFAULT);
    expect(stateOf(lab)).toEqual(before);
  });
});

describe('prepare and commit', () => {
  it('are apart: between them nothing is mapped, and what was set aside is no longer free', () => {
    const { vm, machine } = internalLab();
    expect(vm.idmap.prepare({ ipa: SET_ASIDE, size: 16n * MIB, blocks: false })).toBe(0);
    expect(checkTables(vm).leaves).toEqual([]);
    expect(machine.tablePages - machine.freeTablePages).toBe(9);
    vm.idmap.commit();
    expect(checkTables(vm).leaves).toHaveLength(4096);
  });

  it('come in this order: any other is misuse', () => {
    const { vm } = internalLab();
    expect(() => vm.idmap.commit()).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
    vm.idmap.prepare({ ipa: SET_ASIDE, size: PAGE, blocks: false });
    expect(() => vm.idmap.prepare({ ipa: SET_ASIDE, size: PAGE, blocks: false })).toThrowError(
      expect.objectContaining({ code: 'EBUSY' }),
    );
  });

  it('can be given up between them, by the VM that goes too: all pages come back', () => {
    const { vm, machine } = internalLab();
    const request = { ipa: SET_ASIDE, size: 16n * MIB, blocks: false };
    vm.idmap.prepare(request);
    vm.idmap.cancel();
    expect(machine.freeTablePages).toBe(machine.tablePages);
    expect(() => vm.idmap.commit()).toThrowError(/no map is prepared/);
    vm.idmap.prepare(request);
    vm.destroy();
    expect(machine.freeTablePages).toBe(machine.tablePages);
  });

  it.each([
    ['a range above the IPA space', 1n << 40n, PAGE],
    ['an address below 0', -PAGE, PAGE],
    ['half a page', SET_ASIDE, PAGE / 2n],
  ])('refuse %s', (_, ipa, size) => {
    const { vm } = internalLab();
    expect(() => vm.idmap.prepare({ ipa, size, blocks: true })).toThrowError(
      expect.objectContaining({ code: 'EINVAL' }),
    );
  });

  it('say so if the tables were changed in between', () => {
    const { vm } = internalLab();
    vm.tables.map(SET_ASIDE, PAGE, SET_ASIDE, 0x7ffn);
    vm.idmap.prepare({ ipa: SET_ASIDE, size: 2n * PAGE, blocks: false });
    vm.tables.unmap(SET_ASIDE, PAGE);
    expect(() => vm.idmap.commit()).toThrowError(/not those that the map was prepared for/);
  });
});
