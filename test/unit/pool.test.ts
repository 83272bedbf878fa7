import { describe, expect, it } from 'vitest';
import { ENOMEM } from '../../src/abi/kvm.js';
import { CACHE_SIZEOF } from '../../src/abi/layout.js';
import { Machine } from '../../src/core/machine.js';
import { Vm } from '../../src/kvm/vm.js';
import { cachePages, freePages } from '../model/check-tables.js';

const POOL = 1n << 36n;

function machine(pages = 64, pageShift: 12 | 14 | 16 = 12): Machine {
  return new Machine({ tablePool: { pa: POOL, pages, pageShift }, accounted: true });
}

const allocate = (m: Machine) => BigInt.asUintN(64, m.core.tableAlloc());

function newCache(m: Machine): number {
  const at = m.arena.allocate(CACHE_SIZEOF);
  m.view.fill(at, CACHE_SIZEOF);
  return at;
}

describe('the pool of table pages', () => {
  it('hands out every page once, the lowest first, and then none', () => {
    const m = machine(8);
    const pages = Array.from({ length: 8 }, () => allocate(m));
    expect(pages).toEqual(Array.from({ length: 8 }, (_, i) => POOL + BigInt(i) * 4096n));
    expect(allocate(m)).toBe(0n);
    expect(m.freeTablePages).toBe(0);
  });

  it('hands out pages of 16 and 64 KiB where it is made of them', () => {
    for (const shift of [14, 16] as const) {
      const m = machine(4, shift);
      expect([allocate(m), allocate(m)]).toEqual([POOL, POOL + (1n << BigInt(shift))]);
    }
  });

  it('hands out pages that are zero, whatever was in them', () => {
    const m = machine(1);
    const pa = allocate(m);
    for (let at = 0n; at < 4096n; at += 8n) m.writeRam(pa + at, ~at & 0xffff_ffffn);
    m.core.tableFree(pa);
    expect(allocate(m)).toBe(pa);
    expect(m.view.bytes(m.ramOffset(pa)!, 4096).every((byte) => byte === 0)).toBe(true);
  });

  it('counts one for the allocation and nothing for a page that is free', () => {
    const m = machine();
    const pa = allocate(m);
    expect(m.core.tableRefs(pa)).toBe(1);
    expect(m.core.tableRefs(pa + 4096n)).toBe(0);
    m.core.tableFree(pa);
    expect(m.core.tableRefs(pa)).toBe(0);
  });

  it('takes back only what is its own', () => {
    const m = machine();
    allocate(m);
    for (const pa of [0n, POOL - 4096n, POOL + 64n * 4096n, 1n << 63n]) m.core.tableFree(pa);
    expect(m.freeTablePages).toBe(63);
    expect(m.core.tableRefs(POOL + 64n * 4096n)).toBe(0);
  });

  it('takes a page back once', () => {
    const m = machine();
    const pa = allocate(m);
    m.core.tableFree(pa);
    m.core.tableFree(pa);
    m.core.tableFree(pa + 4096n);
    expect(freePages(m).size).toBe(64);
  });

  it('is not cooked by tables that lead to a page that is free: it is not freed twice', () => {
    const m = new Machine({ tablePool: { pa: POOL, pages: 8 } });
    const vm = new Vm(m);
    // The last page of the pool, as a table of level 2 that links itself.
    const free = POOL + 7n * 4096n;
    m.writeRam(vm.tables.pgd, free | 3n);
    m.writeRam(free, free | 3n);
    for (let round = 0; round < 4; round++) {
      m.writeRam(vm.tables.pgd, free | 3n);
      m.writeRam(free, free | 3n);
      expect(vm.tables.map(0x1000n, 0x2000n, 0x8000_0000n, 0x7ffn)).toBe(0);
      vm.tables.unmap(0x1000n, 0x1000n);
      expect(m.core.tableRefs(free)).toBe(0);
    }
    expect(freePages(m).size).toBe(m.freeTablePages);
    expect(m.freeTablePages).toBeLessThanOrEqual(8);
  });

  it('keeps a page that has more entries than references until it is freed', () => {
    const m = new Machine({ tablePool: { pa: POOL, pages: 8 } });
    const vm = new Vm(m);
    expect(vm.tables.map(0n, 0x1000n, 0x8000_0000n, 0x7ffn)).toBe(0);
    // The table of level 3; its other entries were put there by somebody else.
    const tableBelow = (pa: bigint) => m.view.u64(m.ramOffset(pa) ?? -1) & ~0xfffn;
    const table = tableBelow(tableBelow(vm.tables.pgd));
    for (let i = 1n; i < 8n; i++) m.writeRam(table + 8n * i, 0x9000_07ffn);
    vm.tables.unmap(0n, 0x8000n);
    expect(m.core.tableRefs(table)).toBe(0);
    expect(freePages(m).size).toBe(m.freeTablePages);
  });

  it('refuses when its budget is spent, and goes on when that is lifted', () => {
    const m = machine();
    m.setAllocationBudget(2);
    expect([allocate(m), allocate(m), allocate(m)]).toEqual([POOL, POOL + 4096n, 0n]);
    m.setAllocationBudget('unlimited');
    expect(allocate(m)).toBe(POOL + 2n * 4096n);
  });
});

describe('a page cache', () => {
  it('that holds enough is left alone', () => {
    const m = machine();
    const cache = newCache(m);
    expect(m.core.cacheTopup(cache, 0)).toBe(0);
    expect(cachePages(m, [cache])).toEqual([]);
  });

  it('that holds too few is filled to 40', () => {
    const m = machine();
    const cache = newCache(m);
    expect(m.core.cacheTopup(cache, 1)).toBe(0);
    expect(new Set(cachePages(m, [cache])).size).toBe(40);
    expect(m.freeTablePages).toBe(24);
    expect(m.core.cacheTopup(cache, 40)).toBe(0);
    expect(m.freeTablePages).toBe(24);
  });

  it('keeps what it got when the pool runs dry', () => {
    const m = machine(10);
    const cache = newCache(m);
    expect(m.core.cacheTopup(cache, 2)).toBe(-ENOMEM);
    expect(cachePages(m, [cache])).toHaveLength(10);
    expect(m.core.cacheTopup(cache, 2)).toBe(0);
    expect(m.core.cacheTopup(cache, 11)).toBe(-ENOMEM);
  });

  it('gives everything back when it is freed', () => {
    const m = machine();
    const cache = newCache(m);
    m.core.cacheTopup(cache, 2);
    m.core.cacheFree(cache);
    expect(freePages(m).size).toBe(64);
    m.core.cacheFree(cache);
    expect(freePages(m).size).toBe(64);
  });
});
