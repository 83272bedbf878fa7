import { describe, expect, it } from 'vitest';
import { PG_HEAD, PG_MAPCOUNT_NEG, PG_RESERVED, PG_TAIL } from '../../src/abi/kvm.js';
import { HEADER_HOST_NEXT, HEADER_HUGE_ZERO_PAGE, HEADER_OFFSET } from '../../src/abi/layout.js';
import { AddressSpace, createHost } from '../../src/kvm/index.js';
import { HOST_RAM_BYTES, HostPages } from '../../src/scenario/replay/host-pages.js';

const HVA = 0xffff80000000n;
const BLOCK = 2n << 20n;

function host(kind: 'anonymous' | 'thp' | 'hugetlb') {
  const machine = createHost({ ramBytes: HOST_RAM_BYTES, tablePages: 16, arenaBytes: 1 << 20 });
  const mm = new AddressSpace(machine);
  mm.map({ hva: HVA, size: 2n * BLOCK, kind });
  return { machine, mm, pages: new HostPages(machine, mm) };
}

const paOf = (pte: bigint | undefined): bigint => (pte ?? 0n) & ~0xfffn;

describe('the host pages of a replay', () => {
  it('keep captured pages apart from those the emulated host hands out', () => {
    const { pages } = host('anonymous');
    expect(HostPages.frame(0x1015cd123n)).toBe((1n << 35n) | 0x1015cd000n);
    expect(HostPages.frame((1n << 47n) | 0x5000n)).toBe((1n << 35n) | 0x5000n);
    expect(pages.fresh()).toBeLessThan(1n << 35n);
  });

  it('start over when the host runs out', () => {
    const { machine, pages } = host('anonymous');
    const first = pages.fresh();
    machine.view.setU64(HEADER_OFFSET + HEADER_HOST_NEXT, (1n << 35n) - 4096n);
    machine.view.setU64(HEADER_OFFSET + HEADER_HUGE_ZERO_PAGE, 1n);
    expect(pages.fresh()).toBe(first);
    expect(machine.view.u64(HEADER_OFFSET + HEADER_HUGE_ZERO_PAGE)).toBe(0n);
  });

  it('show a huge page by its head and tails, and a part of a larger one by tails', () => {
    const { machine, pages } = host('hugetlb');
    pages.answerBlock(HVA + 0x3000n, 0x100200000n + 0x3000n, BLOCK, true);
    pages.answerBlock(HVA + BLOCK, 0x140200000n, 1n << 30n, true);
    const flags = (hva: bigint) => machine.pageFlags(paOf(pages.pte(hva)));
    expect([flags(HVA), flags(HVA + 0x1000n)]).toEqual([
      PG_HEAD | PG_MAPCOUNT_NEG,
      PG_TAIL | PG_MAPCOUNT_NEG,
    ]);
    expect(flags(HVA + BLOCK)).toBe(PG_TAIL | PG_MAPCOUNT_NEG);
    expect(paOf(pages.pte(HVA + 0x5000n))).toBe(HostPages.frame(0x100205000n));
  });

  it('are mapped one by one once a huge page is split', () => {
    const { machine, pages } = host('thp');
    pages.answerBlock(HVA, 0x100200000n, BLOCK, true);
    pages.provideSmallPage(HVA + 0x7000n, true);
    expect(paOf(pages.pte(HVA + 0x7000n))).toBe(HostPages.frame(0x100207000n));
    expect(machine.pageFlags(HostPages.frame(0x100200000n))).toBe(PG_HEAD);
  });

  it('become small zero pages where the huge zero page was split', () => {
    const { machine, pages } = host('thp');
    pages.answerBlock(HVA, 0x100200000n, BLOCK, false);
    machine.view.setU64(HEADER_OFFSET + HEADER_HUGE_ZERO_PAGE, HostPages.frame(0x100200000n));
    pages.splitBlock(HVA + 0x1000n);
    const zero = paOf(pages.pte(HVA));
    expect(machine.pageFlags(zero)).toBe(PG_RESERVED);
    expect(paOf(pages.pte(HVA + 0x9000n))).toBe(zero);
    expect(machine.pageFlags(HostPages.frame(0x100200000n))).toBe(PG_HEAD | PG_MAPCOUNT_NEG);
  });

  it('are left alone outside the areas', () => {
    const { pages } = host('anonymous');
    for (const act of [
      () => pages.setPage(0x1000n, 0x2000n, true),
      () => pages.makeWritable(0x1000n),
      () => pages.splitBlock(0x1000n),
      () => pages.provideFilePage(0x1000n, true),
      () => pages.providePrivateHugePage(0x1000n),
      () => pages.answerBlock(0x1000n, 0x2000n, BLOCK, true),
    ]) {
      expect(act).not.toThrow();
    }
    expect(pages.pte(0x1000n)).toBeUndefined();
  });
});
