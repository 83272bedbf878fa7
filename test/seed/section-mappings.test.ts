// "Since you're likely to allocate some large contiguous chunks here, can you have a look at using section mappings?"
import { describe, expect, it } from 'vitest';
import { Access, Event } from '../../src/abi/event.js';
import { createHost, type Geometry, Vm } from '../../src/kvm/index.js';
import { checkTables } from '../model/check-tables.js';
import { Hardware } from '../model/hardware.js';
import { internalLab, privateSlot, SET_ASIDE } from '../model/internal-lab.js';
import { BLOCK, MIB, mappingOf, PAGE, SMALL_HOST } from '../model/lab.js';

const GIB = 1n << 30n;
const CONTIGUOUS = 1n << 52n;

/** How many leaves there are of each level. */
function levels(vm: Vm): Record<number, number> {
  const found: Record<number, number> = {};
  for (const { level } of checkTables(vm).leaves) found[level] = (found[level] ?? 0) + 1;
  return found;
}

function mapped(geometry: Geometry, ipa: bigint, size: bigint, contiguous = false): Vm {
  const machine = createHost({ ...SMALL_HOST, pageShift: geometry.granuleShift, tablePages: 64 });
  const vm = new Vm(machine, { geometry, internal: { idmap: 'blocks', contiguous } });
  expect(privateSlot(vm, { guestPhysAddr: ipa, memorySize: size }).ret).toBe(0);
  return vm;
}

describe('the map in blocks', () => {
  it('of 16 MiB is eight entries and one table, where pages take 4096 and nine', () => {
    const counts = (['asPosted', 'blocks'] as const).map((idmap) => {
      const { vm, machine } = internalLab({ idmap });
      privateSlot(vm, { memorySize: 16n * MIB });
      const leaves = checkTables(vm).leaves.length;
      return [leaves, checkTables(vm).pages.size, machine.eventCount(Event.DC_CIVAC_LINE)];
    });
    const lines = 16 << 14;
    expect(counts).toEqual([
      [4096, 9, lines],
      [8, 1, lines],
    ]);
  });

  it('has pages at its edges alone', () => {
    const { vm } = internalLab({ idmap: 'blocks' });
    privateSlot(vm, { guestPhysAddr: SET_ASIDE + BLOCK - 3n * PAGE, memorySize: 2n * BLOCK + 8n * PAGE });
    expect(levels(vm)).toEqual({ 2: 2, 3: 8 });
  });

  it.each<[string, Geometry, bigint, bigint, Record<number, number>]>([
    [
      '4K: 1 GiB, 2 MiB and pages',
      { granuleShift: 12, ipaBits: 40 },
      GIB - BLOCK - PAGE,
      2n * GIB + 2n * BLOCK + PAGE,
      { 1: 2, 2: 2, 3: 1 },
    ],
    [
      '4K from level 0: the same',
      { granuleShift: 12, ipaBits: 48 },
      GIB - BLOCK,
      GIB + BLOCK,
      { 1: 1, 2: 1 },
    ],
    [
      '4K from level 2: no 1 GiB, as there is no such level',
      { granuleShift: 12, ipaBits: 33, startLevel: 2 },
      GIB,
      GIB,
      { 2: 512 },
    ],
    [
      '4K with LPA2: 512 GiB',
      { granuleShift: 12, ipaBits: 44, layout: 'lpa2' },
      512n * GIB,
      513n * GIB,
      { 0: 1, 1: 1 },
    ],
    [
      '16K: 32 MiB and pages, no block of level 1',
      { granuleShift: 14, ipaBits: 40 },
      64n * GIB - (1n << 14n),
      64n * GIB + (1n << 14n),
      { 2: 2048, 3: 1 },
    ],
    [
      '16K with LPA2: 64 GiB',
      { granuleShift: 14, ipaBits: 48, layout: 'lpa2' },
      64n * GIB,
      64n * GIB + 32n * MIB,
      { 1: 1, 2: 1 },
    ],
    [
      '64K: 512 MiB and pages',
      { granuleShift: 16, ipaBits: 42 },
      GIB,
      GIB + 3n * (1n << 16n),
      { 2: 2, 3: 3 },
    ],
  ])('takes the largest blocks of %s', (_, geometry, ipa, size, expected) => {
    expect(levels(mapped(geometry, ipa, size))).toEqual(expected);
  });

  it('may be the root table alone: 1 GiB blocks below no other table', () => {
    const vm = mapped({ granuleShift: 12, ipaBits: 40 }, 4n * GIB, 256n * GIB);
    expect(checkTables(vm).pages.size).toBe(0);
    expect(levels(vm)).toEqual({ 1: 256 });
  });
});

describe('the contiguous hint', () => {
  it.each<[string, Geometry, number, bigint, number]>([
    ['16 pages of 4K', { granuleShift: 12, ipaBits: 40 }, 3, PAGE, 16],
    ['16 blocks of 2 MiB', { granuleShift: 12, ipaBits: 40 }, 2, BLOCK, 16],
    ['16 blocks of 1 GiB', { granuleShift: 12, ipaBits: 40 }, 1, GIB, 16],
    ['128 pages of 16K', { granuleShift: 14, ipaBits: 40 }, 3, 1n << 14n, 128],
    ['32 blocks of 32 MiB', { granuleShift: 14, ipaBits: 40 }, 2, 32n * MIB, 32],
    ['32 pages of 64K', { granuleShift: 16, ipaBits: 42 }, 3, 1n << 16n, 32],
    ['32 blocks of 512 MiB', { granuleShift: 16, ipaBits: 42 }, 2, 512n * MIB, 32],
  ])('is set in %s, aligned and whole, and in no part of them', (_, geometry, level, unit, n) => {
    const set = unit * BigInt(n);
    // One entry before a set, the set, and one entry less than another.
    const ipa = 2n * set - unit;
    const vm = mapped(geometry, ipa, 2n * set, true);
    const at = checkTables(vm).leaves.filter((leaf) => leaf.level === level);
    const hinted = at.filter(({ desc }) => (desc & CONTIGUOUS) !== 0n);
    expect(hinted.map((leaf) => leaf.ipa)).toEqual(
      Array.from({ length: n }, (_, i) => 2n * set + BigInt(i) * unit),
    );
    const hardware = new Hardware(vm);
    for (const leaf of at)
      expect(hardware.translate(leaf.ipa + 8n, Access.WRITE)).toEqual({ pa: leaf.ipa + 8n });
    hardware.release();
  });

  it('is not set without being asked for', () => {
    const { vm } = internalLab({ idmap: 'blocks' });
    privateSlot(vm, { memorySize: 64n * MIB });
    for (const { desc } of checkTables(vm).leaves) expect(desc & CONTIGUOUS).toBe(0n);
  });
});

describe('a slot in blocks', () => {
  it('is deleted whole, and its tables come back', () => {
    const { vm, machine } = internalLab({ idmap: 'blocks' });
    privateSlot(vm, { guestPhysAddr: SET_ASIDE + PAGE, memorySize: 8n * BLOCK });
    expect(privateSlot(vm, { memorySize: 0n }).ret).toBe(0);
    expect(checkTables(vm)).toEqual({ leaves: [], pages: new Set() });
    expect(machine.freeTablePages).toBe(machine.tablePages);
  });

  it('leaves a neighbour in the same 2 MiB alone', () => {
    const { vm } = internalLab({ idmap: 'blocks' });
    privateSlot(vm, { memorySize: BLOCK / 2n });
    privateSlot(vm, { slot: 513, guestPhysAddr: SET_ASIDE + BLOCK / 2n, memorySize: 2n * BLOCK });
    expect(privateSlot(vm, { memorySize: 0n }).ret).toBe(0);
    expect(mappingOf(vm, SET_ASIDE)).toBeUndefined();
    expect(mappingOf(vm, SET_ASIDE + BLOCK / 2n)?.level).toBe(3);
    expect(mappingOf(vm, SET_ASIDE + BLOCK)?.level).toBe(2);
  });
});
