// The software side of the tables by itself: what map, unmap and attribute changes write.
import { describe, expect, it } from 'vitest';
import { Event } from '../../src/abi/event.js';
import { ENOMEM } from '../../src/abi/kvm.js';
import { createHost, type Geometry, type HostOptions, Vm } from '../../src/kvm/index.js';
import { checkTables, entryAt, freePages } from '../model/check-tables.js';
import { Access, Hardware } from '../model/hardware.js';
import { BLOCK, GUEST, MIB, PAGE, SMALL_HOST } from '../model/lab.js';

const RW = 0x7ffn;
const GIB = 1n << 30n;
const PA = 0x10_0000_0000n;

function newVm(geometry?: Geometry, host: HostOptions = {}): Vm {
  const pageShift = geometry?.granuleShift ?? 12;
  const machine = createHost({ ...SMALL_HOST, pageShift, ...host });
  return new Vm(machine, geometry ? { geometry } : {});
}

const shape = (vm: Vm) =>
  checkTables(vm).leaves.map((leaf) => [leaf.ipa, leaf.desc & 0xffff_ffff_f000n, leaf.level]);

describe('map', () => {
  it('takes pages where only pages fit', () => {
    const vm = newVm();
    expect(vm.tables.map(GUEST + PAGE, 2n * PAGE, PA + PAGE, RW)).toBe(0);
    expect(shape(vm)).toEqual([
      [GUEST + PAGE, PA + PAGE, 3],
      [GUEST + 2n * PAGE, PA + 2n * PAGE, 3],
    ]);
    expect(entryAt(vm, GUEST + PAGE).desc).toBe((PA + PAGE) | 0x7ffn);
  });

  it('takes the largest entries that alignment allows: pages, 2 MiB, 1 GiB and back', () => {
    const vm = newVm();
    const from = GIB - BLOCK - PAGE;
    expect(vm.tables.map(from, GIB + 2n * BLOCK + 2n * PAGE, PA + from, RW)).toBe(0);
    expect(shape(vm)).toEqual([
      [from, PA + from, 3],
      [GIB - BLOCK, PA + GIB - BLOCK, 2],
      [GIB, PA + GIB, 1],
      [2n * GIB, PA + 2n * GIB, 2],
      [2n * GIB + BLOCK, PA + 2n * GIB + BLOCK, 3],
    ]);
  });

  it('clears the table bit of a block and keeps its other attributes', () => {
    const vm = newVm();
    vm.tables.map(0n, BLOCK, PA, 0x77fn | (2n << 53n));
    expect(entryAt(vm, 0n).desc).toBe(PA | 0x77dn | (2n << 53n));
  });

  it('takes pages for the whole of a range whose addresses are not congruent', () => {
    const vm = newVm();
    expect(vm.tables.map(GUEST, BLOCK, PA + PAGE, RW)).toBe(0);
    const { leaves } = checkTables(vm);
    expect(leaves).toHaveLength(512);
    expect(leaves.every((leaf) => leaf.level === 3)).toBe(true);
  });

  it('maps any size by pages, however many tables that takes', () => {
    const vm = newVm(undefined, { tablePages: 512 });
    expect(vm.tables.map(GUEST + PAGE, 200n * MIB, PA, RW)).toBe(0);
    const { leaves, pages } = checkTables(vm);
    expect(leaves).toHaveLength(200 * 256);
    expect(leaves.at(-1)).toEqual({ ipa: GUEST + 200n * MIB, desc: (PA + 200n * MIB - PAGE) | RW, level: 3 });
    expect(pages.size).toBe(1 + 101);
  });

  it('never runs out of cached table pages, however often it is called', () => {
    const vm = newVm();
    for (let i = 0n; i < 60n; i++) {
      const at = i * 4n * BLOCK + BLOCK - PAGE;
      expect(vm.tables.map(at, BLOCK + 2n * PAGE, PA + at, RW)).toBe(0);
    }
    expect(checkTables(vm).leaves).toHaveLength(180);
  });

  it.each([
    [{ granuleShift: 14, ipaBits: 40 }, 32n * MIB],
    [{ granuleShift: 16, ipaBits: 40 }, 512n * MIB],
    [{ granuleShift: 16, ipaBits: 48 }, 512n * MIB],
    [{ granuleShift: 12, ipaBits: 48 }, 2n * MIB],
  ] as [Geometry, bigint][])('uses the block of the granule: %o', (geometry, block) => {
    const vm = newVm(geometry, { tablePages: 64 });
    const page = 1n << BigInt(geometry.granuleShift);
    expect(vm.tables.map(block - page, block + 2n * page, PA + block - page, RW)).toBe(0);
    expect(shape(vm)).toEqual([
      [block - page, PA + block - page, 3],
      [block, PA + block, 2],
      [2n * block, PA + 2n * block, 3],
    ]);
  });

  it('finds no block at level 1 with granules of 16 and 64 KiB', () => {
    for (const geometry of [
      { granuleShift: 14, ipaBits: 48 },
      { granuleShift: 16, ipaBits: 48 },
    ] as Geometry[]) {
      const vm = newVm(geometry, { tablePages: 64 });
      vm.tables.map(0n, 1n << 36n, 0n, RW);
      expect(checkTables(vm).leaves.every((leaf) => leaf.level === 2)).toBe(true);
    }
  });

  it('replaces what differs by break-before-make and leaves what is the same', () => {
    const vm = newVm();
    vm.tables.map(GUEST, 4n * PAGE, PA, RW);
    vm.machine.resetCounts();
    vm.tables.map(GUEST, 4n * PAGE, PA, RW);
    expect(vm.machine.eventCount(Event.DESC_WRITE)).toBe(0);
    vm.tables.map(GUEST, 2n * PAGE, PA, 0x77fn);
    expect(vm.machine.eventCount(Event.BREAK_BEFORE_MAKE)).toBe(2);
    expect(vm.machine.eventCount(Event.TLBI_IPA)).toBe(2);
    checkTables(vm);
  });

  it('puts a block in the place of a table and gives the table’s pages back', () => {
    const vm = newVm();
    vm.tables.map(GUEST, PAGE, PA + PAGE, RW);
    const pages = checkTables(vm).pages.size;
    const free = vm.machine.freeTablePages;
    expect(vm.tables.map(GUEST, BLOCK, PA, RW)).toBe(0);
    expect(checkTables(vm).pages.size).toBe(pages - 1);
    expect(vm.machine.freeTablePages).toBe(free + 1);
    expect(vm.tables.map(GUEST, GIB, 0n, RW)).toBe(0);
    expect(checkTables(vm).pages.size).toBe(0);
    expect(vm.machine.freeTablePages).toBe(free + 2);
  });

  it('puts a table in the place of a block, where only what is asked for is mapped', () => {
    const vm = newVm();
    vm.tables.map(GUEST, BLOCK, PA, RW);
    expect(vm.tables.map(GUEST + PAGE, PAGE, 0n, RW)).toBe(0);
    expect(shape(vm)).toEqual([[GUEST + PAGE, 0n, 3]]);
  });

  it('reaches the last page of the IPA space', () => {
    for (const geometry of [
      { granuleShift: 12, ipaBits: 40 },
      { granuleShift: 14, ipaBits: 36 },
      { granuleShift: 16, ipaBits: 32 },
    ] as Geometry[]) {
      const vm = newVm(geometry, { tablePages: 64 });
      const page = 1n << BigInt(geometry.granuleShift);
      const last = (1n << BigInt(geometry.ipaBits)) - page;
      expect(vm.tables.map(last, page, PA, RW)).toBe(0);
      const hardware = new Hardware(vm);
      expect(hardware.translate(last + page - 8n, Access.WRITE)).toEqual({ pa: PA + page - 8n });
      expect(hardware.translate(0n, Access.READ)).toMatchObject({ type: 4 });
    }
  });

  it('fails with ENOMEM when no table page is left, and what it mapped can be unmapped', () => {
    const vm = newVm(undefined, { tablePages: 8 });
    expect(vm.tables.map(GUEST, 64n * MIB, PA + PAGE, RW)).toBe(-ENOMEM);
    checkTables(vm);
    vm.tables.unmap(GUEST, 64n * MIB);
    expect(checkTables(vm).pages.size).toBe(0);
    vm.destroy();
    expect(freePages(vm.machine).size).toBe(8);
  });
});

describe('misuse', () => {
  const invalid = expect.objectContaining({ code: 'EINVAL' });
  const END = 1n << 40n;

  it('of a range outside the IPA space is an error and writes nothing', () => {
    const vm = newVm();
    const other = new Vm(vm.machine, { vmid: 2 });
    expect(() => vm.tables.map(END, PAGE, PA, RW)).toThrowError(invalid);
    expect(() => vm.tables.map(END - PAGE, 2n * PAGE, PA, RW)).toThrowError(invalid);
    expect(() => vm.tables.map(-PAGE, PAGE, PA, RW)).toThrowError(invalid);
    expect(() => vm.tables.map(0n, -PAGE, PA, RW)).toThrowError(invalid);
    expect(() => vm.tables.unmap(END, PAGE)).toThrowError(invalid);
    expect(() => vm.tables.writeProtect(END, PAGE)).toThrowError(invalid);
    expect(() => vm.tables.flush(0n, END + PAGE)).toThrowError(invalid);
    expect(checkTables(vm).leaves).toEqual([]);
    expect(checkTables(other).leaves).toEqual([]);
  });

  it('of addresses that are no multiples of the granule is an error', () => {
    const vm = newVm({ granuleShift: 16, ipaBits: 40 }, { tablePages: 16 });
    expect(() => vm.tables.map(PAGE, 0x1_0000n, PA, RW)).toThrowError(invalid);
    expect(() => vm.tables.map(0n, PAGE, PA, RW)).toThrowError(invalid);
    expect(() => vm.tables.map(0n, 0x1_0000n, PA + PAGE, RW)).toThrowError(invalid);
    expect(checkTables(vm).leaves).toEqual([]);
  });

  it('of an output above 48 bits is an error', () => {
    const vm = newVm();
    expect(() => vm.tables.map(0n, PAGE, 1n << 48n, RW)).toThrowError(invalid);
    expect(() => vm.tables.map(0n, BLOCK, (1n << 48n) - PAGE, RW)).toThrowError(invalid);
    expect(() => vm.tables.map(0n, PAGE, -PAGE, RW)).toThrowError(invalid);
  });
});

describe('unmap', () => {
  it('of nothing does nothing', () => {
    const vm = newVm();
    vm.tables.unmap(0n, 1n << 40n);
    expect(vm.machine.eventCount(Event.DESC_WRITE)).toBe(0);
  });

  it('keeps a table while an entry in it lives, and frees it with the last', () => {
    const vm = newVm();
    vm.tables.map(GUEST, 3n * PAGE, PA, RW);
    vm.tables.unmap(GUEST, 2n * PAGE);
    expect(checkTables(vm).pages.size).toBe(2);
    vm.tables.unmap(GUEST + 2n * PAGE, PAGE);
    expect(checkTables(vm).pages.size).toBe(0);
  });

  it('of part of a block takes the whole block', () => {
    const vm = newVm();
    vm.tables.map(0n, GIB, 0n, RW);
    vm.tables.unmap(5n * PAGE, PAGE);
    expect(shape(vm)).toEqual([]);
  });

  it('frees tables at every level of a four-level walk', () => {
    const vm = newVm({ granuleShift: 12, ipaBits: 48 });
    vm.tables.map(0n, PAGE, PA, RW);
    vm.tables.map((1n << 47n) + GIB, PAGE, PA, RW);
    expect(checkTables(vm).pages.size).toBe(6);
    vm.tables.unmap(0n, PAGE);
    expect(checkTables(vm).pages.size).toBe(3);
    vm.tables.unmap(0n, 1n << 48n);
    expect(checkTables(vm).pages.size).toBe(0);
  });
});

describe('attributes', () => {
  it('change in every leaf of the range and are counted where they differ', () => {
    const vm = newVm();
    vm.tables.map(GUEST, 4n * PAGE, PA, RW);
    expect(vm.tables.writeProtect(GUEST + PAGE, 2n * PAGE)).toBe(2n);
    expect(vm.tables.writeProtect(GUEST, 4n * PAGE)).toBe(2n);
    expect(checkTables(vm).leaves.map((leaf) => leaf.desc & 0xfffn)).toEqual([
      0x77fn,
      0x77fn,
      0x77fn,
      0x77fn,
    ]);
    expect(vm.tables.changeAttributes(GUEST, PAGE, 0x80n, 0n)).toBe(1n);
    expect(entryAt(vm, GUEST).desc & 0xfffn).toBe(0x7ffn);
  });

  it('of a block change as a whole, whichever part is named', () => {
    const vm = newVm();
    vm.tables.map(GUEST, BLOCK, PA, RW);
    expect(vm.tables.age(GUEST + 7n * PAGE, PAGE)).toBe(1n);
    expect(entryAt(vm, GUEST).desc).toBe(PA | 0x3fdn);
  });

  it('are never given to an empty entry', () => {
    const vm = newVm();
    vm.tables.map(GUEST, PAGE, PA, RW);
    expect(vm.tables.changeAttributes(GUEST, BLOCK, 0x400n, 0n)).toBe(0n);
    expect(vm.tables.changeAttributes(GUEST, BLOCK, 1n << 55n, 0n)).toBe(1n);
    expect(checkTables(vm).leaves).toHaveLength(1);
  });

  it('flush nothing by themselves', () => {
    const vm = newVm();
    vm.tables.map(GUEST, PAGE, PA, RW);
    vm.machine.resetCounts();
    vm.tables.writeProtect(GUEST, PAGE);
    expect(vm.machine.eventCount(Event.HYPERCALL)).toBe(0);
  });
});

describe('the list of leaves', () => {
  it('is what the tables hold, by ascending address, also when it is longer than one buffer', () => {
    const vm = newVm();
    vm.tables.map(GUEST - PAGE, BLOCK + 2n * PAGE, PA, RW);
    vm.tables.map(4n * GIB, 2n * GIB, 4n * GIB, RW);
    const { leaves } = checkTables(vm);
    expect(leaves.length).toBe(514 + 2);
    expect([...vm.tables.leaves()]).toEqual(leaves);
  });

  it('is right when a buffer ends with the last leaf of a table', () => {
    const vm = newVm();
    vm.tables.map(GUEST, BLOCK, PA + PAGE, RW);
    expect([...vm.tables.leaves()]).toEqual(checkTables(vm).leaves);
    vm.tables.map(GUEST + BLOCK, BLOCK, PA, RW);
    expect([...vm.tables.leaves()]).toEqual(checkTables(vm).leaves);
  });

  it('gives its buffer back when the reader stops early', () => {
    const vm = newVm(undefined, { arenaBytes: 128 << 10 });
    vm.tables.map(GUEST, BLOCK, PA + PAGE, RW);
    for (let i = 0; i < 50; i++) {
      for (const leaf of vm.tables.leaves()) {
        expect(leaf.ipa).toBe(GUEST);
        break;
      }
    }
  });
});

describe('flush', () => {
  it('cleans 64 lines for a page and 32,768 for a 2 MiB block with a barrier each, and nothing pfn_valid denies', () => {
    const vm = newVm();
    const [memory, device] = [0x4800_0000n, 0x900_0000n];
    vm.tables.map(GUEST, PAGE, memory, RW);
    vm.tables.map(GUEST + BLOCK, BLOCK, memory, RW);
    vm.tables.map(GUEST + PAGE, PAGE, device, 0x0040_0000_0000_07c7n);
    vm.tables.map(GUEST + 2n * PAGE, PAGE, device, RW);
    vm.machine.resetCounts();
    vm.tables.flush(GUEST, 2n * BLOCK);
    expect(vm.machine.eventCount(Event.DC_CIVAC_LINE)).toBe(64 + 32_768);
    expect(vm.machine.eventCount(Event.FLUSH_DCACHE_AREA)).toBe(2);
    expect(vm.machine.eventCount(Event.DSB)).toBe(2);
    expect(vm.machine.eventCount(Event.DESC_WRITE)).toBe(0);
  });
});
