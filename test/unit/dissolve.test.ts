// Dissolving blocks: the table that takes a block's place maps what the block mapped.
import { describe, expect, it } from 'vitest';
import { Event } from '../../src/abi/event.js';
import { ENOMEM } from '../../src/abi/kvm.js';
import { addressBits, type Geometry, Vm } from '../../src/kvm/index.js';
import { checkTables, entryAt, freePages } from '../model/check-tables.js';
import { machineFor } from '../model/geometries.js';
import { BLOCK, PAGE } from '../model/lab.js';
import { registerWalk } from '../model/table-check.js';

const RW = 0x7ffn;
const GIB = 1n << 30n;
const PA = 0x10_0000_0000n;
const V4_13: Geometry = { granuleShift: 12, ipaBits: 40 };

function newVm(geometry: Geometry = V4_13, pages = 64): Vm {
  return new Vm(machineFor(geometry, pages, true), { geometry });
}

describe('a dissolved block', () => {
  it('is a table of pages with the same output and attributes', () => {
    const vm = newVm();
    vm.tables.map(BLOCK, BLOCK, PA, 0x77fn | (2n << 53n) | (1n << 55n));
    expect(vm.tables.dissolve(BLOCK, BLOCK)).toBe(0);
    const { leaves, pages } = checkTables(vm);
    expect(leaves).toEqual(
      Array.from({ length: 512 }, (_, i) => ({
        ipa: BLOCK + BigInt(i) * PAGE,
        desc: (PA + BigInt(i) * PAGE) | 0x77fn | (2n << 53n) | (1n << 55n),
        level: 3,
      })),
    );
    expect(pages.size).toBe(2);
  });

  it('is broken once before it is made again', () => {
    const vm = newVm();
    vm.tables.map(0n, BLOCK, PA, RW);
    vm.machine.resetCounts();
    vm.tables.dissolve(0n, BLOCK);
    expect(vm.machine.eventCount(Event.BREAK_BEFORE_MAKE)).toBe(1);
    expect(vm.machine.eventCount(Event.TLBI_IPA)).toBe(1);
    expect(vm.machine.eventCount(Event.DESC_WRITE)).toBe(512 + 2);
  });

  it('is a table of blocks where that level is asked for', () => {
    const vm = newVm();
    vm.tables.map(GIB, GIB, PA, RW);
    expect(vm.tables.dissolve(GIB, GIB, 2)).toBe(0);
    const { leaves, pages } = checkTables(vm);
    expect(leaves).toHaveLength(512);
    expect(leaves.at(-1)).toEqual({ ipa: 2n * GIB - BLOCK, desc: (PA + GIB - BLOCK) | 0x7fdn, level: 2 });
    expect(pages.size).toBe(1);
  });

  it('is dissolved further only where the range goes', () => {
    const vm = newVm();
    vm.tables.map(GIB, 2n * GIB, PA, RW);
    expect(vm.tables.dissolve(GIB + 7n * BLOCK + PAGE, PAGE)).toBe(0);
    const levels = checkTables(vm).leaves.map((leaf) => leaf.level);
    expect([1, 2, 3].map((level) => levels.filter((l) => l === level).length)).toEqual([1, 511, 512]);
  });

  it('can be write-protected, replaced and unmapped page by page', () => {
    const vm = newVm();
    vm.tables.map(0n, BLOCK, PA, RW);
    vm.tables.dissolve(3n * PAGE, PAGE);
    expect(vm.tables.writeProtect(3n * PAGE, PAGE)).toBe(1n);
    expect(vm.tables.map(4n * PAGE, PAGE, 0n, RW)).toBe(0);
    vm.tables.unmap(5n * PAGE, PAGE);
    const walk = registerWalk(vm);
    expect(walk.translate(2n * PAGE, 'write')).toEqual({ pa: PA + 2n * PAGE });
    expect(walk.translate(3n * PAGE, 'write')).toEqual({ type: 0x0c, level: 3 });
    expect(walk.translate(4n * PAGE, 'write')).toEqual({ pa: 0n });
    expect(walk.translate(5n * PAGE, 'read')).toEqual({ type: 0x04, level: 3 });
    expect(checkTables(vm).leaves).toHaveLength(511);
    vm.destroy();
    expect(freePages(vm.machine).size).toBe(64);
  });

  it('does not pass the contiguous bit on', () => {
    const vm = newVm();
    vm.tables.map(0n, BLOCK, PA, RW | (1n << 52n));
    vm.tables.dissolve(0n, PAGE);
    expect(entryAt(vm, 0n).desc).toBe(PA | RW);
  });
});

describe('dissolving', () => {
  it('leaves pages, and what is not mapped, as they are', () => {
    const vm = newVm();
    vm.tables.map(0n, PAGE, PA, RW);
    vm.machine.resetCounts();
    expect(vm.tables.dissolve(0n, 1n << 40n)).toBe(0);
    expect(vm.machine.eventCount(Event.DESC_WRITE)).toBe(0);
    expect(vm.machine.eventCount(Event.TABLE_ALLOC)).toBe(0);
  });

  it('needs a range in the IPA space and a level of the tables', () => {
    const vm = newVm();
    const invalid = expect.objectContaining({ code: 'EINVAL' });
    expect(() => vm.tables.dissolve(1n << 40n, PAGE)).toThrowError(invalid);
    for (const level of [0, 4, 2.5]) expect(() => vm.tables.dissolve(0n, PAGE, level)).toThrowError(invalid);
  });

  it('ends with ENOMEM when the allocator refuses; every address translates as before, and it can go on', () => {
    const vm = newVm(V4_13, 600);
    vm.tables.map(0n, GIB, GIB, RW);
    const walk = registerWalk(vm);
    const expectSame = () => {
      for (let ipa = 0n; ipa < GIB; ipa += BLOCK / 4n)
        expect(walk.translate(ipa, 'write')).toEqual({ pa: GIB + ipa });
    };
    vm.machine.setAllocationBudget(8);
    expect(vm.tables.dissolve(0n, GIB)).toBe(-ENOMEM);
    expect(checkTables(vm).pages.size).toBe(8);
    expectSame();
    vm.machine.setAllocationBudget('unlimited');
    expect(vm.tables.dissolve(0n, GIB)).toBe(0);
    expect(checkTables(vm).leaves).toHaveLength(1 << 18);
    expectSame();
  });
});

describe.each([
  [{ granuleShift: 12, ipaBits: 52, startLevel: -1, layout: 'lpa2' }, 0, 39n],
  [{ granuleShift: 14, ipaBits: 52, startLevel: 0, layout: 'lpa2' }, 1, 36n],
  [{ granuleShift: 16, ipaBits: 52, startLevel: 1, layout: 'lpa' }, 1, 42n],
] as [Geometry, number, bigint][])('the largest block of %o', (geometry, level, shift) => {
  const size = 1n << shift;
  const pa = 5n * size + (9n << 48n);

  it('is one entry of its level, the shareability in the descriptor where the layout has it', () => {
    const vm = newVm(geometry);
    expect(vm.tables.map(3n * size, size, pa, RW)).toBe(0);
    expect(checkTables(vm).leaves).toMatchObject([{ ipa: 3n * size, level }]);
    expect(registerWalk(vm).translate(4n * size - 8n, 'write')).toEqual({ pa: pa + size - 8n });
    const { desc } = entryAt(vm, 3n * size);
    expect((desc >> 8n) & 3n).toBe(geometry.layout === 'lpa' ? 3n : pa >> 50n);
  });

  it('dissolves along the way to one page', () => {
    const vm = newVm(geometry);
    vm.tables.map(3n * size, size, pa, RW);
    const page = 1n << BigInt(geometry.granuleShift);
    const before = vm.machine.freeTablePages;
    expect(vm.tables.dissolve(4n * size - page, page)).toBe(0);
    expect(before - vm.machine.freeTablePages).toBeLessThanOrEqual(40);
    const entries = 1 << (geometry.granuleShift - 3);
    expect(checkTables(vm).leaves).toHaveLength((3 - level) * (entries - 1) + 1);
    const walk = registerWalk(vm);
    for (const at of [0n, size / 2n, size - 2n * page, size - 8n]) {
      expect(walk.translate(3n * size + at, 'read')).toEqual({ pa: pa + at });
    }
  });

  it('takes outputs and attributes of its layout alone', () => {
    const vm = newVm(geometry);
    const page = 1n << BigInt(geometry.granuleShift);
    const invalid = expect.objectContaining({ code: 'EINVAL' });
    const end = 1n << BigInt(addressBits(geometry));
    expect(vm.tables.map(0n, page, end - page, RW)).toBe(0);
    expect(() => vm.tables.map(0n, page, end, RW)).toThrowError(invalid);
    expect(() => vm.tables.map(0n, page, 0n, RW | 0x1000n)).toThrowError(invalid);
    expect(() => vm.tables.map(0n, page, 0n, RW & ~2n)).toThrowError(invalid);
    expect(() => vm.tables.changeAttributes(0n, page, 0x1000n, 0n)).toThrowError(invalid);
    expect(() => vm.tables.changeAttributes(0n, page, 0n, 1n)).toThrowError(invalid);
    const shareability = () => vm.tables.changeAttributes(0n, page, 0n, 0x300n);
    if (geometry.layout === 'lpa2') expect(shareability).toThrowError(invalid);
    else expect(shareability()).toBe(1n);
    expect(registerWalk(vm).translate(8n, 'write')).toEqual({ pa: end - page + 8n });
  });
});
