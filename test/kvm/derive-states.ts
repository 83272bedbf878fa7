import fc from 'fast-check';
import {
  Ec,
  ESR_CM_LSB,
  ESR_EC_LSB,
  ESR_IL_LSB,
  ESR_ISV_LSB,
  ESR_S1PTW_LSB,
  ESR_SAS_LSB,
  ESR_SF_LSB,
  ESR_SRT_LSB,
  ESR_SSE_LSB,
  ESR_WNR_LSB,
  PSTATE_EL1H,
  PSTATE_EL1T,
} from '../../src/abi/arm.js';
import { ALLOC_NEVER_REFUSES } from '../../src/abi/event.js';
import {
  AREA_HUGETLB,
  AREA_PFNMAP,
  AREA_WRITE,
  HOST_PTE_ERROR,
  HOST_PTE_LATE_POISON,
  HOST_PTE_POISON,
  HOST_PTE_PRESENT,
  HOST_PTE_WRITE,
  KVM_MEM_READONLY,
  KVM_MEMSLOT_INVALID,
} from '../../src/abi/kvm.js';
import type {
  AddressSpaceState,
  AreaState,
  GuestState,
  MachineState,
  MemoryState,
  SlotsState,
  TablesState,
} from '../../src/scenario/machine-state.js';

// Random machines about to fault, laid out as a host lays them out: many slots, a balanced tree of areas that the
// cache points into, regions with pages anywhere in them. Nothing here is what the derivation would build.

const PAGE = 4096n;
const WRITES = BigInt((1 << ESR_WNR_LSB) | (1 << ESR_S1PTW_LSB));
const flag = fc.boolean();
const seldom = fc.integer({ min: 0, max: 7 }).map((n) => n === 0);
const below = (n: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: n - 1 });

const FAULT_STATUS = [0x04, 0x07, 0x07, 0x07, 0x0b, 0x0e, 0x0f, 0x10, 0x15, 0x1c, 0x21, 0x00];

const guest = fc
  .record({
    fetch: seldom,
    fsc: fc.constantFrom(...FAULT_STATUS),
    bits: fc.uniqueArray(fc.constantFrom(ESR_ISV_LSB, ESR_SSE_LSB, ESR_SF_LSB, ESR_WNR_LSB)),
    unusual: fc.constantFrom(undefined, undefined, undefined, ESR_CM_LSB, ESR_S1PTW_LSB),
    sas: below(4),
    srt: fc.constantFrom(0, 30, 31),
    pstate: fc.constantFrom(PSTATE_EL1H, PSTATE_EL1T, 0, 0x10),
  })
  .map(({ fetch, fsc, bits, unusual, sas, srt, pstate }): Omit<GuestState, 'ipa'> => {
    const ec = fetch ? Ec.IABT_LOW : Ec.DABT_LOW;
    const set = [...bits, ...(unusual === undefined ? [] : [unusual])].reduce(
      (v, lsb) => v | (1 << lsb),
      fsc,
    );
    const fields = (sas << ESR_SAS_LSB) | (srt << ESR_SRT_LSB) | (1 << ESR_IL_LSB);
    return { esr: (BigInt(ec) << BigInt(ESR_EC_LSB)) | BigInt(set | fields), pstate };
  });

/** Slots of 64 pages, 256 apart, and which of them the fault is in or beside. */
const slots = fc
  .record({
    n: fc.integer({ min: 1, max: 20 }),
    pick: below(20),
    page: fc.oneof(below(64), below(64), below(64), fc.constant(200)),
    lru: below(20),
    misaligned: seldom,
    flags: fc.constantFrom(0, 0, 0, KVM_MEM_READONLY, KVM_MEMSLOT_INVALID),
    hasBitmap: seldom,
  })
  .map(({ n, pick, page, lru, misaligned, flags, hasBitmap }): { slots: SlotsState; ipa: bigint } => {
    const used = Array.from({ length: n }, (_, i) => {
      const baseGfn = 0x80000n + 512n * BigInt(n - i);
      const hva = (1n << 40n) + baseGfn * PAGE + (misaligned ? 64n * PAGE : 0n);
      return { baseGfn, npages: 64n, hva, flags, hasBitmap };
    });
    const target = used[pick % n] as (typeof used)[number];
    return { slots: { used, lru: lru % n }, ipa: (target.baseGfn + BigInt(page)) * PAGE };
  });

/** The page of the host: what its entry holds, where it is, and what its struct page says. */
const hostPage = fc.record({
  pte: fc.constantFrom(
    HOST_PTE_PRESENT,
    HOST_PTE_PRESENT | HOST_PTE_WRITE,
    HOST_PTE_PRESENT | HOST_PTE_WRITE,
    HOST_PTE_PRESENT | HOST_PTE_WRITE,
    HOST_PTE_POISON,
    HOST_PTE_LATE_POISON,
    HOST_PTE_ERROR,
  ),
  pfnmap: seldom,
  hugetlb: seldom,
  regions: fc.integer({ min: 1, max: 9 }),
  pick: below(9),
  pageInBlock: fc.oneof(fc.constant(0), below(512)),
  flags: below(512),
  headFlags: below(512),
});
type HostPageChoice = typeof hostPage extends fc.Arbitrary<infer T> ? T : never;

const tasks = fc.record({
  areas: fc.integer({ min: 0, max: 7 }),
  pick: below(7),
  hole: seldom,
  cached: fc.array(fc.option(below(7), { nil: undefined }), { minLength: 4, maxLength: 4 }),
  stale: seldom,
  none: seldom,
});
type TaskChoice = typeof tasks extends fc.Arbitrary<infer T> ? T : never;

/** Areas of 1 GiB, every other one a hole, so placed that the hva is in or beside one of them. */
function areasOf(choice: TaskChoice, hva: bigint, page: HostPageChoice, pa: bigint): AreaState[] {
  const size = 1n << 23n;
  const own = hva & ~(size - 1n);
  return Array.from({ length: choice.areas }, (_, i): AreaState => {
    const start = own + BigInt(2 * (i - (choice.pick % choice.areas)) + (choice.hole ? 1 : 0)) * size;
    const flags = AREA_WRITE | (page.hugetlb ? AREA_HUGETLB : 0) | (page.pfnmap ? AREA_PFNMAP : 0);
    const holds = hva >= start && hva < start + size;
    if (!holds) return { start, end: start + size, flags: AREA_WRITE };
    return { start, end: start + size, flags, pa: pa - (hva - start) };
  });
}

function linkBalanced(areas: AreaState[], low: number, high: number): number | undefined {
  if (low >= high) return undefined;
  const middle = (low + high) >> 1;
  const left = linkBalanced(areas, low, middle);
  const right = linkBalanced(areas, middle + 1, high);
  Object.assign(
    areas[middle] as AreaState,
    left === undefined ? {} : { left },
    right === undefined ? {} : { right },
  );
  return middle;
}

function addressSpace(
  choice: TaskChoice,
  at: { hva: bigint; faultHva: bigint; pteFlags: number },
  page: HostPageChoice,
  pa: bigint,
): AddressSpaceState | undefined {
  if (choice.none) return undefined;
  const areas = areasOf(choice, at.faultHva, page, pa + (at.faultHva - at.hva));
  const root = linkBalanced(areas, 0, areas.length);
  return {
    areas,
    ...(root === undefined ? {} : { root }),
    cached: choice.cached.map((i) => (i === undefined || i >= areas.length ? undefined : i)),
    stale: choice.stale,
    ...(page.pfnmap ? {} : { page: { hva: at.hva, pa, flags: page.pte | at.pteFlags } }),
  };
}

/** Regions of 4 MiB, 4 MiB apart; an even pick is a page in one of them, an odd one a page beside it. */
function memoryOf(page: HostPageChoice): { memory: MemoryState; pa: bigint } {
  const size = 1n << 22n;
  const regions = Array.from({ length: page.regions }, (_, i) => ({
    pa: (1n << 33n) + BigInt(2 * i) * size,
    size,
  }));
  const block = (1n << 33n) + BigInt(page.pick % (2 * page.regions)) * size;
  const pa = block + BigInt(page.pageInBlock) * PAGE;
  return {
    memory: {
      regions,
      pages: new Map([
        [block, page.headFlags],
        [pa, page.flags],
      ]),
    },
    pa,
  };
}

const tables = fc
  .record({
    level1: seldom.map((none) => !none),
    level2: fc.constantFrom('none', 'table', 'table', 'table', 'block', 'invalid block', 'invalid table'),
    level3: fc.constantFrom('none', 'none', 'page', 'invalid'),
  })
  .map(({ level1, level2, level3 }) => (pa: bigint): TablesState => {
    const block = pa & ~0x1f_ffffn;
    const words = {
      none: 0n,
      table: 3n,
      'invalid table': 2n,
      block: block | 0x77dn,
      'invalid block': block | 0x77cn,
    };
    const leaf = { none: 0n, page: pa | 0x77fn, invalid: pa | 0x77cn };
    return { level1, level2: words[level2 as keyof typeof words], level3: leaf[level3] };
  });

const cache = fc.record({
  pages: fc.oneof(fc.constant(40), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 2 })),
  budget: fc.oneof(fc.constant(ALLOC_NEVER_REFUSES), fc.constant(ALLOC_NEVER_REFUSES), below(45)),
});

const host = fc.record({
  atEl2: seldom,
  icache: fc.constantFrom(0, 0, 0, 1, 2, 3),
  capsReady: seldom,
  cacheDic: flag,
  cacheDicBit: seldom,
  internalKey: flag,
  seaClaimed: flag,
});

const vm = fc.record({
  hasMm: seldom.map((none) => !none),
  internalFlag: seldom,
  invalidations: seldom.map(Number),
  race: seldom,
});

const bus = fc.record({ devices: below(9), pick: below(9), beside: flag });

/** A machine about to take a stage-2 abort. */
export const machineStates: fc.Arbitrary<MachineState> = fc
  .record({ guest, host, vm, slots, tasks, hostPage, tables, cache, bus })
  .map((choice): MachineState => {
    const { used, lru } = choice.slots.slots;
    const ipa = choice.slots.ipa;
    const gfn = ipa / PAGE;
    const slot = used.find(({ baseGfn, npages }) => gfn >= baseGfn && gfn < baseGfn + npages);
    const faultHva = slot === undefined ? 1n << 40n : slot.hva + (gfn - slot.baseGfn) * PAGE;
    const hugetlb = choice.hostPage.hugetlb && !(slot?.hasBitmap && !(slot.flags & KVM_MEM_READONLY));
    const hva = hugetlb ? faultHva - (gfn % 512n) * PAGE : faultHva;
    // A write finds the page writable: breaking copy-on-write is get_user_pages' own work, and no recording shows it.
    const write = (choice.guest.esr & WRITES) !== 0n;
    const pteFlags = write && choice.hostPage.pte & HOST_PTE_PRESENT ? HOST_PTE_WRITE : 0;
    const { memory, pa } = memoryOf(choice.hostPage);
    const { devices, pick, beside } = choice.bus;
    return {
      guest: { ...choice.guest, ipa },
      host: choice.host,
      vm: choice.vm,
      slots: { used, lru },
      mm: addressSpace(choice.tasks, { hva, faultHva, pteFlags }, choice.hostPage, pa),
      memory,
      tables: choice.tables(pa),
      cache: choice.cache,
      bus: Array.from({ length: devices }, (_, i) => ({
        addr: ipa + BigInt(i - (pick % Math.max(devices, 1))) * 0x100n + (beside ? 0x80n : 0n),
        len: 0x20n,
      })),
    };
  });
