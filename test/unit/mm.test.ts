import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EFAULT } from '../../src/abi/kvm.js';
import { AddressSpace, createHost } from '../../src/kvm/index.js';
import { abort, BLOCK, GUEST, HVA, lab, mappingOf, memoryLab, PAGE, SMALL_HOST } from '../model/lab.js';

const RUNS = 60;
const invalid = expect.objectContaining({ code: 'EINVAL' });

function newSpace(): AddressSpace {
  return new AddressSpace(createHost(SMALL_HOST));
}

describe('an address space', () => {
  it('lists its areas by ascending address, whatever the order they came in', () => {
    const mm = newSpace();
    for (const page of [5n, 1n, 9n, 3n]) mm.map({ hva: page * PAGE, size: PAGE, kind: 'anonymous' });
    expect(mm.areas.map((area) => area.hva / PAGE)).toEqual([1n, 3n, 5n, 9n]);
  });

  it('knows nothing of the pages of an area that was there before', () => {
    const mm = newSpace();
    const area = mm.map({ hva: HVA, size: 4n * PAGE, kind: 'anonymous' });
    mm.setPte(HVA + PAGE, 0x4000_0000n, 1);
    mm.unmap(area);
    const again = mm.map({ hva: HVA, size: 8n * PAGE, kind: 'anonymous' });
    expect(again.ptes).toBe(area.ptes);
    for (let page = 0n; page < 8n; page++) expect(mm.pte(HVA + page * PAGE)).toBe(0n);
  });

  it('refuses an overlap by one page with EEXIST and takes a neighbour', () => {
    const mm = newSpace();
    mm.map({ hva: HVA, size: 4n * PAGE, kind: 'anonymous' });
    const at = (hva: bigint) => () => mm.map({ hva, size: 2n * PAGE, kind: 'anonymous' });
    const exists = expect.objectContaining({ code: 'EEXIST' });
    expect(at(HVA + 3n * PAGE)).toThrowError(exists);
    expect(at(HVA - PAGE)).toThrowError(exists);
    expect(at(HVA + PAGE)).toThrowError(exists);
    at(HVA - 2n * PAGE)();
    at(HVA + 4n * PAGE)();
    expect(mm.areas).toHaveLength(3);
  });

  it.each([
    ['an hva that is not page aligned', { hva: HVA + 8n }],
    ['a size that is no multiple of a page', { size: 100n }],
    ['no size at all', { size: 0n }],
    ['a negative hva', { hva: -PAGE }],
    ['an end above user space', { hva: (1n << 48n) - PAGE, size: 2n * PAGE }],
    ['device memory without an address', { kind: 'pfnmap' as const }],
    ['device memory at an address that is not page aligned', { kind: 'pfnmap' as const, pa: 0x900_0800n }],
    ['device memory above 48 bits', { kind: 'pfnmap' as const, pa: 1n << 48n }],
    ['device memory below 0', { kind: 'pfnmap' as const, pa: -PAGE }],
    ['an hva that is no bigint', { hva: 1.5 as unknown as bigint }],
    ['a kind nobody knows', { kind: 'bogus' as 'thp' }],
    ['huge pages of 2^60 bytes', { kind: 'hugetlb' as const, hugeShift: 60 }],
    ['huge pages smaller than 64 KiB', { kind: 'hugetlb' as const, hugeShift: 13 }],
  ])('refuses %s', (_, fields) => {
    const mm = newSpace();
    const make = () => mm.map({ hva: HVA, size: PAGE, kind: 'anonymous', ...fields });
    expect(make).toThrowError(invalid);
    expect(mm.areas).toEqual([]);
  });

  it('finds the area of an address, and none in a gap', () => {
    const mm = newSpace();
    const area = mm.map({ hva: HVA, size: 2n * PAGE, kind: 'anonymous' });
    expect(mm.find(HVA)).toBe(area);
    expect(mm.find(HVA + 2n * PAGE - 1n)).toBe(area);
    expect(mm.find(HVA + 2n * PAGE)).toBeUndefined();
    expect(mm.find(HVA - 1n)).toBeUndefined();
  });

  it('has no host page table where it has no area, nor for device memory', () => {
    const mm = newSpace();
    mm.map({ hva: HVA, size: PAGE, kind: 'pfnmap', pa: 0n });
    expect(() => mm.pte(HVA)).toThrowError(invalid);
    expect(() => mm.pte(HVA + PAGE)).toThrowError(invalid);
    expect(() => mm.setPte(0n, 0n, 0)).toThrowError(invalid);
  });

  it('forgets host pages in a range, clipped to the areas', () => {
    const mm = newSpace();
    mm.map({ hva: HVA, size: 4n * PAGE, kind: 'anonymous' });
    mm.map({ hva: HVA + 4n * PAGE, size: 4n * PAGE, kind: 'anonymous' });
    for (let i = 0n; i < 8n; i++) mm.setPte(HVA + i * PAGE, 0x5000_0000n, 3);
    mm.clearPtes(HVA + 2n * PAGE, HVA + 6n * PAGE);
    const present = Array.from({ length: 8 }, (_, i) => mm.pte(HVA + BigInt(i) * PAGE) !== 0n);
    expect(present).toEqual([true, true, false, false, false, false, true, true]);
    mm.clearPtes(0n, 1n << 48n);
    expect(mm.pte(HVA)).toBe(0n);
  });

  it('starts an area with no page present, also where an old one was', () => {
    const mm = newSpace();
    const area = mm.map({ hva: HVA, size: PAGE, kind: 'anonymous' });
    mm.setPte(HVA, 0x5000_0000n, 3);
    mm.unmap(area);
    expect(mm.find(HVA)).toBeUndefined();
    mm.map({ hva: HVA, size: PAGE, kind: 'anonymous' });
    expect(mm.pte(HVA)).toBe(0n);
  });

  it('removes an area once', () => {
    const mm = newSpace();
    const area = mm.map({ hva: HVA, size: PAGE, kind: 'anonymous' });
    mm.unmap(area);
    expect(() => mm.unmap(area)).toThrowError(invalid);
  });
});

describe('a fault', () => {
  it('does not find an area that was removed, though the vcpu had it cached', () => {
    const { cpu, mm, vm } = memoryLab('anonymous');
    expect(abort(cpu, 'write', GUEST).ret).toBe(1);
    mm.unmap(mm.areas[0]!);
    vm.invalidateHva(HVA, HVA + BLOCK);
    expect(abort(cpu, 'write', GUEST).ret).toBe(-EFAULT);
  });

  it('finds an area that was added between two faults', () => {
    const { cpu, mm } = lab({ slots: [{}] });
    expect(abort(cpu, 'write', GUEST).ret).toBe(-EFAULT);
    mm.map({ hva: HVA, size: BLOCK, kind: 'anonymous' });
    expect(abort(cpu, 'write', GUEST).ret).toBe(1);
  });

  it('sees protection change', () => {
    const { cpu, mm } = memoryLab('anonymous');
    mm.protect(mm.areas[0]!, false);
    expect(abort(cpu, 'write', GUEST).ret).toBe(-EFAULT);
    mm.protect(mm.areas[0]!, true);
    expect(abort(cpu, 'write', GUEST).ret).toBe(1);
  });

  it('finds the area of every address that has one, whatever was looked up before', () => {
    const layout = fc.array(
      fc.record({ gap: fc.integer({ min: 0, max: 2 }), pages: fc.integer({ min: 1, max: 3 }) }),
      {
        maxLength: 24,
      },
    );
    fc.assert(
      fc.property(layout, fc.array(fc.integer({ min: 0, max: 110 }), { maxLength: 40 }), (list, pages) => {
        const { cpu, mm, vm } = lab({ slots: [{}] });
        let next = 0;
        const ranges: [number, number][] = [];
        for (const { gap, pages: n } of list) {
          ranges.push([next + gap, next + gap + n]);
          next += gap + n;
        }
        for (const [from, to] of ranges.reverse()) {
          mm.map({ hva: HVA + BigInt(from) * PAGE, size: BigInt(to - from) * PAGE, kind: 'anonymous' });
        }
        for (const page of pages) {
          const expected = ranges.some(([from, to]) => page >= from && page < to);
          const ipa = GUEST + BigInt(page) * PAGE;
          expect(abort(cpu, 'write', ipa).ret).toBe(expected ? 1 : -EFAULT);
          expect(mappingOf(vm, ipa) !== undefined).toBe(expected);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
