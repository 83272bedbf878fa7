import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BASE_VARIANT, RFC_VARIANT, setMemoryRegion, type Vm } from '../../src/kvm/index.js';
import { SlotTable } from '../../src/kvm/slot_table.js';
import { abort, BLOCK, GUEST, HVA, lab, memoryLab, PAGE, region } from '../model/lab.js';

const RUNS = 60;
const SLOT = 40;

/** The table of a VM as its bytes say, read with the kernel's layout. */
function readTable(vm: Vm) {
  const { view } = vm.machine;
  const n = vm.slots.capacity;
  const at = view.u32(vm.offset + 48);
  const indexes = at + 8 + n * SLOT;
  return {
    generation: view.u64(at),
    slot: (i: number) => ({
      baseGfn: view.u64(at + 8 + i * SLOT),
      npages: view.u64(at + 8 + i * SLOT + 8),
      bitmap: view.u64(at + 8 + i * SLOT + 16),
      hva: view.u64(at + 8 + i * SLOT + 24),
      flags: view.u32(at + 8 + i * SLOT + 32),
      id: view.u32(at + 8 + i * SLOT + 36),
    }),
    indexOf: (id: number) => view.u16(indexes + id * 2),
    lru: view.u32(indexes + n * 2),
    used: view.u32(indexes + n * 2 + 4),
  };
}

describe('the slot table in memory', () => {
  it('has the size of struct kvm_memslots: 21,520 bytes, and 32,272 with private slots', () => {
    expect(SlotTable.bytes(512)).toBe(21_520);
    expect(SlotTable.bytes(768)).toBe(32_272);
    expect(lab({ variant: BASE_VARIANT }).vm.slots.capacity).toBe(512);
    expect(lab({ variant: RFC_VARIANT }).vm.slots.capacity).toBe(768);
  });

  it('is where struct kvm points to, 48 bytes in', () => {
    const { vm, machine } = lab();
    expect(machine.view.u64(vm.offset + 48)).toBe(BigInt(vm.slots.offset));
  });

  it.each([
    [BASE_VARIANT.id, BASE_VARIANT, 511],
    [RFC_VARIANT.id, RFC_VARIANT, 767],
  ])('has its slots by descending base, then lru and used, under %s', (_, variant, last) => {
    const { vm } = lab({ variant });
    const add = (slot: number, guestPhysAddr: bigint) => setMemoryRegion(vm, region({ slot, guestPhysAddr }));
    add(5, GUEST);
    add(last, GUEST + 4n * BLOCK);
    add(0, 0n);
    const table = readTable(vm);
    expect([0, 1, 2].map((i) => table.slot(i).id)).toEqual([last, 5, 0]);
    expect([last, 5, 0].map(table.indexOf)).toEqual([0, 1, 2]);
    expect(table.used).toBe(3);
    expect(table.slot(1)).toEqual({
      baseGfn: GUEST >> 12n,
      npages: 512n,
      bitmap: 0n,
      hva: HVA,
      flags: 0,
      id: 5,
    });
    expect(table.slot(3).npages).toBe(0n);
  });

  it('moves a slot to its new place and closes the gap that a deleted one leaves', () => {
    const { vm } = lab({
      slots: [{}, { slot: 1, guestPhysAddr: 0n }, { slot: 2, guestPhysAddr: 2n * GUEST }],
    });
    setMemoryRegion(vm, region({ slot: 1, guestPhysAddr: 3n * GUEST }));
    expect([0, 1, 2].map((i) => readTable(vm).slot(i).id)).toEqual([1, 2, 0]);
    setMemoryRegion(vm, region({ slot: 2, memorySize: 0n }));
    const table = readTable(vm);
    expect([table.slot(0).id, table.slot(1).id, table.slot(2).npages]).toEqual([1, 0, 0n]);
    expect([table.indexOf(1), table.indexOf(0), table.used]).toEqual([0, 1, 2]);
  });

  it('has a new generation after each publication, two for a move', () => {
    const { vm } = lab();
    const first = readTable(vm).generation;
    setMemoryRegion(vm, region());
    expect(readTable(vm).generation).toBe(first + 1n);
    setMemoryRegion(vm, region({ guestPhysAddr: 0n }));
    expect(readTable(vm).generation).toBe(first + 3n);
  });

  it('remembers the slot found last, and a miss does not change that', () => {
    const { vm, cpu } = memoryLab('anonymous');
    setMemoryRegion(vm, region({ slot: 1, guestPhysAddr: 0n }));
    abort(cpu, 'read', 0n);
    expect(readTable(vm).lru).toBe(1);
    abort(cpu, 'fetch', 2n * GUEST);
    expect(readTable(vm).lru).toBe(1);
    abort(cpu, 'read', GUEST);
    expect(readTable(vm).lru).toBe(0);
  });

  it('is not misled by a hint that points past the slots in use', () => {
    const { vm, cpu } = memoryLab('anonymous');
    setMemoryRegion(vm, region({ slot: 1, guestPhysAddr: 0n }));
    abort(cpu, 'read', 0n);
    setMemoryRegion(vm, region({ slot: 1, memorySize: 0n }));
    expect(abort(cpu, 'fetch', 0n).disposition).toBe(abort(cpu, 'fetch', 2n * GUEST).disposition);
    expect(abort(cpu, 'read', GUEST).ret).toBe(1);
  });

  it('holds all the slots there are', () => {
    const { vm } = lab({ variant: BASE_VARIANT });
    for (let i = 0; i < 512; i++) {
      const guestPhysAddr = BigInt((i * 37) % 512) * 2n * PAGE;
      const { ret } = setMemoryRegion(vm, region({ slot: i, guestPhysAddr, memorySize: PAGE }));
      expect(ret).toBe(0);
    }
    const table = readTable(vm);
    const bases = Array.from({ length: 512 }, (_, i) => table.slot(i).baseGfn);
    expect(bases).toEqual(Array.from({ length: 512 }, (_, i) => BigInt(511 - i) * 2n));
    expect(table.used).toBe(512);
  });
});

describe('the search', () => {
  const slotList = fc.uniqueArray(
    fc.record({ gap: fc.integer({ min: 0, max: 3 }), pages: fc.integer({ min: 1, max: 4 }) }),
    {
      minLength: 0,
      maxLength: 20,
      comparator: () => false,
    },
  );

  it('finds what a look at every slot finds, whatever was found before', () => {
    fc.assert(
      fc.property(slotList, fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 40 }), (list, gfns) => {
        const { vm, cpu } = lab({ areas: [{ hva: HVA, size: BLOCK, kind: 'anonymous' }] });
        const slots: { id: number; from: number; to: number }[] = [];
        let next = 0;
        for (const [id, { gap, pages }] of list.entries()) {
          const from = next + gap;
          next = from + pages;
          slots.push({ id, from, to: next });
        }
        // Created from the inside out, so that the order of creation is not that of the addresses.
        for (const slot of [...slots].sort((a, b) => ((a.id * 7) % 20) - ((b.id * 7) % 20))) {
          setMemoryRegion(
            vm,
            region({
              slot: slot.id,
              guestPhysAddr: BigInt(slot.from) * PAGE,
              memorySize: BigInt(slot.to - slot.from) * PAGE,
            }),
          );
        }
        for (const gfn of gfns) {
          const expected = slots.find((s) => gfn >= s.from && gfn < s.to);
          const { ret } = abort(cpu, 'write', BigInt(gfn) * PAGE);
          expect(ret).toBe(expected === undefined ? -38 : 1);
          const table = readTable(vm);
          if (expected) expect(table.slot(table.lru).id).toBe(expected.id);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
