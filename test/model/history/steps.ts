// What happens to a user VM in a history, and where.
import fc from 'fast-check';
import type { AreaSpec, MemoryRegion } from '../../../src/kvm/index.js';
import { type AccessKind, BLOCK, PAGE } from '../lab.js';

export const HVA = 0xffff_0000_0000n;
export const GUEST = 0x4000_0000n;
const HUGETLB = HVA + 16n * BLOCK;

/** What the processes have mapped: every kind of memory, with holes between. */
export const AREAS: AreaSpec[] = [
  { hva: HVA, size: 2n * BLOCK, kind: 'anonymous' },
  { hva: HVA + 2n * BLOCK, size: 2n * BLOCK + 4n * PAGE, kind: 'thp' },
  { hva: HVA + 8n * BLOCK, size: 16n * PAGE, kind: 'pfnmap', pa: 0x900_0000n },
  { hva: HVA + 8n * BLOCK + 16n * PAGE, size: 64n * PAGE, kind: 'anonymous', writable: false },
  { hva: HUGETLB, size: 2n * BLOCK, kind: 'hugetlb' },
];

export type UserAction =
  | { do: 'region'; region: MemoryRegion }
  | { do: 'logging'; slot: number }
  | { do: 'move'; slot: number; base: bigint }
  | { do: 'delete'; slot: number }
  | { do: 'access'; kinds: AccessKind[]; slot: number; page: bigint; isv: boolean }
  | { do: 'invalidate'; slot: number; page: bigint; pages: bigint }
  | { do: 'discard'; slot: number; page: bigint }
  | { do: 'merge'; slot: number; page: bigint }
  | { do: 'age'; slot: number; page: bigint; pages: bigint }
  | { do: 'log'; slot: number }
  | { do: 'destroy' };

const slotId = fc.integer({ min: 0, max: 3 });
/** Guest addresses of slots: aligned to a block or off by some pages, in two gigabytes and at the end of the space. */
const base = fc.constantFrom(
  GUEST,
  GUEST + BLOCK,
  GUEST + 4n * BLOCK,
  GUEST + 4n * BLOCK + 8n * PAGE,
  GUEST + 6n * BLOCK + PAGE,
  2n * GUEST,
  (1n << 40n) - 2n * BLOCK,
);
const flags = fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3);
const pages = fc.bigInt(1n, 40n);
/** Pages of a slot: few enough to be met again, some beside borders of blocks, some past the slot's end. */
const page = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0n, 1n, 7n, 8n, 511n, 512n) },
  { weight: 1, arbitrary: fc.bigInt(0n, 1100n) },
);
/** Accesses to one page, one after the other. */
const kinds = fc.array(fc.constantFrom<AccessKind>('read', 'read', 'write', 'write', 'fetch'), {
  minLength: 1,
  maxLength: 4,
  size: 'max',
});

/** Where slots show memory from: the starts of the areas, and places inside them and across their ends. */
const hva = fc
  .constantFrom(0n, 8n, 512n, 1024n, 1024n, 1032n, 1280n, 1536n, 2049n, 4096n, 4112n)
  .map((n) => HVA + n * PAGE);
const size = fc.constantFrom(8n * PAGE, 256n * PAGE, BLOCK, 2n * BLOCK, 2n * BLOCK);
const slotRegion = fc.record({
  slot: slotId,
  flags,
  guestPhysAddr: base,
  memorySize: size,
  userspaceAddr: hva,
});
/** A slot on hugetlbfs memory is aligned to it: what v4.13 maps for another one means nothing. */
const hugetlbRegion = fc
  .record({ slot: slotId, flags, guestPhysAddr: base, memorySize: size })
  .map((r) => ({ ...r, guestPhysAddr: alignedFor(HUGETLB, r.guestPhysAddr), userspaceAddr: HUGETLB }));
export function alignedFor(hva: bigint | undefined, guest: bigint): bigint {
  return hva === HUGETLB ? guest & ~(BLOCK - 1n) : guest;
}
const region: fc.Arbitrary<MemoryRegion> = fc.oneof(slotRegion, slotRegion, slotRegion, hugetlbRegion);

const of = <T extends string>(name: T) => fc.constant(name);
export const userAction: fc.Arbitrary<UserAction> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: of('region'), region }) },
  { weight: 6, arbitrary: fc.record({ do: of('logging'), slot: slotId }) },
  { weight: 2, arbitrary: fc.record({ do: of('move'), slot: slotId, base }) },
  { weight: 2, arbitrary: fc.record({ do: of('delete'), slot: slotId }) },
  { weight: 50, arbitrary: fc.record({ do: of('access'), kinds, slot: slotId, page, isv: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: of('invalidate'), slot: slotId, page, pages }) },
  { weight: 4, arbitrary: fc.record({ do: of('discard'), slot: slotId, page }) },
  { weight: 4, arbitrary: fc.record({ do: of('merge'), slot: slotId, page }) },
  { weight: 6, arbitrary: fc.record({ do: of('age'), slot: slotId, page, pages }) },
  { weight: 6, arbitrary: fc.record({ do: of('log'), slot: slotId }) },
  { weight: 1, arbitrary: fc.record({ do: of('destroy') }) },
);
/** The first steps give the VMs memory of every kind to fault on. */
const memory = (slot: number, guestPhysAddr: bigint, userspaceAddr: bigint) =>
  fc
    .record({ slot: fc.constant(slot), flags, memorySize: size })
    .map((r): MemoryRegion => ({ ...r, guestPhysAddr, userspaceAddr }));
export const userMemory = fc
  .tuple(
    memory(0, GUEST + 4n * BLOCK, HVA + 2n * BLOCK),
    memory(1, GUEST, HVA),
    memory(2, 2n * GUEST, HUGETLB),
    slotRegion.map((r) => ({ ...r, slot: 3 })),
  )
  .chain((regions) => fc.shuffledSubarray(regions, { minLength: 3 }));
