// The one-to-one map of an internal VM as RFC 04/11 posted it, with what it costs and what it loses.
import { describe, expect, it } from 'vitest';
import { Event } from '../../src/abi/event.js';
import { EEXIST, EFAULT, EINVAL, ENOMEM } from '../../src/abi/kvm.js';
import { CACHE_SIZEOF } from '../../src/abi/layout.js';
import { Site } from '../../src/abi/site.js';
import type { Machine } from '../../src/core/machine.js';
import {
  BASE_VARIANT,
  createHost,
  type HostOptions,
  RFC_VARIANT,
  setMemoryRegion,
  Vm,
} from '../../src/kvm/index.js';
import { checkTables, strayPages } from '../model/check-tables.js';
import { BLOCK, GUEST, MIB, mappingOf, PAGE, region, SMALL_HOST } from '../model/lab.js';

const WRITABLE = 0x7ffn;

function internal(host: HostOptions = {}): { machine: Machine; vm: Vm } {
  const machine = createHost({ ...SMALL_HOST, ...host });
  return { machine, vm: new Vm(machine, { variant: RFC_VARIANT }) };
}

function slot(vm: Vm, fields: Parameters<typeof region>[0]): number {
  return setMemoryRegion(vm, region({ slot: 512, ...fields })).ret;
}

describe('a slot of an internal VM', () => {
  it('is mapped at creation, PA equal to IPA, writable normal memory, page by page', () => {
    const { vm } = internal();
    expect(slot(vm, { memorySize: 2n * BLOCK })).toBe(0);
    const { leaves } = checkTables(vm);
    expect(leaves).toHaveLength(1024);
    for (const [i, leaf] of leaves.entries()) {
      const ipa = GUEST + BigInt(i) * PAGE;
      expect(leaf).toEqual({ ipa, desc: ipa | WRITABLE, level: 3 });
    }
  });

  it('takes no notice of its userspace address', () => {
    const { vm } = internal();
    expect(slot(vm, { userspaceAddr: 0xdead_beef_0000_0001n })).toBe(0);
    expect(mappingOf(vm, GUEST)?.pa).toBe(GUEST);
  });

  it('may start and end anywhere', () => {
    const { vm } = internal();
    const from = GUEST + BLOCK - 3n * PAGE;
    expect(slot(vm, { guestPhysAddr: from, memorySize: 6n * PAGE })).toBe(0);
    expect(checkTables(vm).leaves.map((leaf) => leaf.ipa)).toEqual(
      Array.from({ length: 6 }, (_, i) => from + BigInt(i) * PAGE),
    );
  });

  it('is mapped as normal memory even where the host has devices', () => {
    const { vm } = internal();
    slot(vm, { guestPhysAddr: 0x900_0000n, memorySize: PAGE });
    expect(mappingOf(vm, 0x900_0000n)).toEqual({ level: 3, pa: 0x900_0000n, attributes: WRITABLE });
  });

  it('is mapped alike by the functional and the accounted core', () => {
    const leaves = [false, true].map((accounted) => {
      const { vm } = internal({ accounted });
      slot(vm, { guestPhysAddr: GUEST + 5n * PAGE, memorySize: 3n * BLOCK });
      return checkTables(vm).leaves;
    });
    expect(leaves[0]).toEqual(leaves[1]);
  });

  it('above the IPA space is refused before a page is allocated', () => {
    const { vm, machine } = internal();
    expect(slot(vm, { guestPhysAddr: (1n << 40n) - BLOCK })).toBe(-EFAULT);
    expect(machine.freeTablePages).toBe(machine.tablePages);
  });

  it('is refused without the hunk that maps it', () => {
    const { machine } = internal();
    const vm = new Vm(machine, { variant: BASE_VARIANT });
    expect(setMemoryRegion(vm, region()).ret).toBe(-EFAULT);
    expect(slot(vm, {})).toBe(-EINVAL);
    expect(vm.slots.used).toEqual([]);
  });

  it('may not overlap a slot that user space has', () => {
    const { vm } = internal();
    expect(setMemoryRegion(vm, region({ slot: 0 })).ret).toBe(0);
    expect(slot(vm, { guestPhysAddr: GUEST + PAGE })).toBe(-EEXIST);
  });
});

describe('the local page cache', () => {
  it('of a 16 MiB map takes 40 pages, of which 9 are linked and 31 lost', () => {
    const { vm, machine } = internal();
    slot(vm, { memorySize: 16n * MIB });
    expect(machine.tablePages - machine.freeTablePages).toBe(40);
    const report = checkTables(vm);
    expect(report.pages.size).toBe(9);
    expect(strayPages(machine, [report], []).size).toBe(31);
    expect(machine.eventCount(Event.PAGES_TOPPED_UP)).toBe(40);
    expect(machine.eventCount(Event.TABLE_FREE)).toBe(0);
  });

  it('stays lost when the VM is destroyed: only the linked tables come back', () => {
    const { vm, machine } = internal();
    slot(vm, { memorySize: 16n * MIB });
    vm.destroy();
    expect(machine.tablePages - machine.freeTablePages).toBe(31);
  });

  it('is lost once more for each slot', () => {
    const { vm, machine } = internal();
    slot(vm, { memorySize: PAGE });
    slot(vm, { slot: 513, memorySize: PAGE, guestPhysAddr: GUEST + PAGE });
    expect(strayPages(machine, [checkTables(vm)], []).size).toBe(38 + 40);
  });

  it('is filled again only when fewer than two pages are left', () => {
    const { vm, machine } = internal();
    slot(vm, { memorySize: 38n * BLOCK });
    expect(machine.eventCount(Event.PAGES_TOPPED_UP)).toBe(40 + 39);
    const { pages } = checkTables(vm);
    expect(pages.size).toBe(39);
  });

  it('is freed when the map fails, so nothing but the linked tables is taken', () => {
    const { vm, machine } = internal();
    machine.setAllocationBudget(40);
    expect(slot(vm, { memorySize: 64n * BLOCK })).toBe(-ENOMEM);
    const report = checkTables(vm);
    expect(strayPages(machine, [report], []).size).toBe(0);
    expect(machine.tablePages - machine.freeTablePages).toBe(report.pages.size);
  });
});

describe('a map that fails in the middle', () => {
  function failed() {
    const lab = internal();
    lab.machine.setAllocationBudget(40);
    expect(slot(lab.vm, { memorySize: 64n * BLOCK })).toBe(-ENOMEM);
    lab.machine.setAllocationBudget('unlimited');
    return lab;
  }

  it('leaves what was mapped so far, though the slot does not exist', () => {
    const { vm } = failed();
    expect(vm.slots.used).toEqual([]);
    expect(checkTables(vm).leaves.length).toBeGreaterThan(512);
    expect(mappingOf(vm, GUEST)?.pa).toBe(GUEST);
    expect(mappingOf(vm, GUEST + 63n * BLOCK)).toBeUndefined();
  });

  it('can be tried again: what is there is replaced, the rest is added', () => {
    const { vm, machine } = failed();
    const before = checkTables(vm).leaves.length;
    machine.resetCounts();
    expect(slot(vm, { memorySize: 64n * BLOCK })).toBe(0);
    expect(checkTables(vm).leaves).toHaveLength(64 * 512);
    expect(machine.eventCount(Event.BREAK_BEFORE_MAKE)).toBe(before);
  });

  it('before the first page leaves nothing', () => {
    const { vm, machine } = internal();
    machine.setAllocationBudget(1);
    expect(slot(vm, {})).toBe(-ENOMEM);
    expect(checkTables(vm).leaves).toEqual([]);
    expect(machine.freeTablePages).toBe(machine.tablePages);
  });
});

describe('changes of a mapped slot', () => {
  it('of flags only map every page again, each by break-before-make and a hypercall', () => {
    const { vm, machine } = internal();
    slot(vm, {});
    const before = checkTables(vm).leaves;
    machine.resetCounts();
    expect(slot(vm, { flags: 1 })).toBe(0);
    expect(machine.eventCount(Event.BREAK_BEFORE_MAKE)).toBe(512);
    expect(machine.eventCount(Event.TLBI_IPA)).toBe(512);
    expect(machine.eventCount(Event.IDMAP_PAGE)).toBe(512);
    const { leaves } = checkTables(vm);
    expect(leaves.map((leaf) => leaf.desc | 0x80n)).toEqual(before.map((leaf) => leaf.desc));
    expect(leaves.every((leaf) => (leaf.desc & 0xc0n) === 0x40n)).toBe(true);
  });

  it('that move it unmap the old place and map the new one', () => {
    const { vm } = internal();
    slot(vm, {});
    expect(slot(vm, { guestPhysAddr: 2n * GUEST })).toBe(0);
    const { leaves } = checkTables(vm);
    expect(leaves).toHaveLength(512);
    expect(leaves[0]).toEqual({ ipa: 2n * GUEST, desc: (2n * GUEST) | WRITABLE, level: 3 });
  });

  it('that delete it unmap everything and free the linked tables', () => {
    const { vm, machine } = internal();
    slot(vm, { memorySize: 16n * MIB });
    expect(slot(vm, { memorySize: 0n })).toBe(0);
    expect(checkTables(vm).pages.size).toBe(0);
    expect(machine.tablePages - machine.freeTablePages).toBe(31);
  });

  it('that change nothing map nothing', () => {
    const { vm, machine } = internal();
    slot(vm, {});
    machine.resetCounts();
    expect(slot(vm, {})).toBe(0);
    expect(machine.eventCount(Event.DESC_WRITE)).toBe(0);
  });
});

describe('what the map counts', () => {
  it('is one lock and one page per page, and the cleaning of every line of the slot', () => {
    const { vm, machine } = internal();
    slot(vm, { memorySize: 3n * PAGE });
    expect(machine.eventCount(Event.IDMAP_PAGE)).toBe(3);
    expect(machine.eventCount(Event.LOCK)).toBe(3);
    expect(machine.eventCount(Event.DC_CIVAC_LINE)).toBe(3 * 64);
    expect(machine.eventCount(Event.HYPERCALL)).toBe(0);
  });

  it('is the same for a table met first and for the rest of it', () => {
    const counted = (pages: bigint) => {
      const { vm, machine } = internal();
      slot(vm, { memorySize: pages * PAGE });
      return [Event.DESC_READ, Event.DESC_WRITE, Event.LOCK].map((event) => machine.eventCount(event));
    };
    const [one, two, three] = [counted(1n), counted(2n), counted(3n)] as [number[], number[], number[]];
    expect(three.map((n, i) => n - two[i]!)).toEqual(two.map((n, i) => n - one[i]!));
  });

  it('is what the top-up and the page writer report when they are called for each page alone', () => {
    const pages = 3n * 512n + 7n;
    const [whole, single] = [internal(), internal()];
    slot(whole.vm, { guestPhysAddr: GUEST + 5n * PAGE, memorySize: pages * PAGE });
    const { vm, machine } = single;
    const cache = machine.arena.allocate(CACHE_SIZEOF);
    machine.view.fill(cache, CACHE_SIZEOF);
    for (let i = 0n; i < pages; i++) {
      const ipa = GUEST + (i + 5n) * PAGE;
      expect(machine.core.cacheTopup(cache, 2)).toBe(0);
      expect(machine.core.stage2SetPte(vm.offset, cache, ipa, ipa, WRITABLE, 0, 0)).toBe(0);
    }
    vm.tables.flush(GUEST + 5n * PAGE, pages * PAGE);
    const sites = [Site.C1, Site.C2, Site.C3, Site.G2, Site.P1, Site.P2, Site.P3, Site.P4, Site.P5, Site.P6];
    expect(sites.map((site) => whole.machine.siteCounts(site))).toEqual(
      sites.map((site) => machine.siteCounts(site)),
    );
    const events = [Event.DESC_READ, Event.DESC_WRITE, Event.TABLE_ALLOC, Event.PAGES_TOPPED_UP, Event.DSB];
    expect(events.map((event) => whole.machine.eventCount(event))).toEqual(
      events.map((event) => machine.eventCount(event)),
    );
    expect([...whole.vm.tables.leaves()]).toEqual([...vm.tables.leaves()]);
  });
});
