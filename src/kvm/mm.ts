import { AREA_HUGETLB, AREA_PFNMAP, AREA_THP, AREA_WRITE, PAGE_SHIFT } from '../abi/kvm.js';
import * as L from '../abi/layout.js';
import { checkU64 } from '../core/check.js';
import { hex, Stage2Error } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import { Registry } from '../core/registry.js';

/** What backs a range of host virtual addresses. */
export interface AreaSpec {
  /** First hva, 4 KiB aligned, below 2^48. */
  hva: bigint;
  /** Bytes, a multiple of 4 KiB. */
  size: bigint;
  /** Pages of 4 KiB, transparent huge pages, hugetlbfs, or memory without struct page (VM_PFNMAP). */
  kind: 'anonymous' | 'thp' | 'hugetlb' | 'pfnmap';
  /** VM_WRITE. Default true. */
  writable?: boolean;
  /** hugetlb: log2 of the page size. Default 21. */
  hugeShift?: number;
  /** pfnmap: PA of the first byte. */
  pa?: bigint;
}

/** An area of a process: what it was mapped as, defaults filled in, and where its records are. */
export interface Area extends Required<Omit<AreaSpec, 'pa'>> {
  /** Of a pfnmap the PA of the first byte; of no use otherwise. */
  pa: bigint;
  /** First hva behind it. */
  end: bigint;
  /** Offset of the area's record. */
  offset: number;
  /** Offset of its host page-table entries, 0 for pfnmap. */
  ptes: number;
}

export const addressSpaces = new Registry<AddressSpace>();
const HVA_LIMIT = 1n << 48n;
const PA_LIMIT = 1n << 48n;
const KIND_FLAGS = { anonymous: 0, thp: AREA_THP, hugetlb: AREA_HUGETLB, pfnmap: AREA_PFNMAP } as const;

/** The mm of a user process: its areas as a search tree in emulated memory, and the host's page table. */
export class AddressSpace {
  /** The machine its records are in. */
  readonly machine: Machine;
  /** Offset of the mm record. */
  readonly offset: number;
  readonly #areas: Area[] = [];

  /** Throws ENOMEM if the machine's arena is full. */
  constructor(machine: Machine) {
    this.machine = machine;
    this.offset = machine.arena.allocate(L.MM_SIZEOF);
    machine.view.fill(this.offset, L.MM_SIZEOF);
    machine.view.setU32(this.offset + L.MM_SEQNUM, 1);
    addressSpaces.add(this);
  }

  /** The areas by ascending address. */
  get areas(): readonly Area[] {
    return this.#areas;
  }

  /** Adds an area; nothing in it is mapped yet. Throws EINVAL for a bad range, EEXIST for an overlap. */
  map(spec: AreaSpec): Area {
    checkArea(spec);
    const end = spec.hva + spec.size;
    const clash = this.#areas.find((a) => spec.hva < a.end && end > a.hva);
    if (clash !== undefined) {
      throw new Stage2Error(
        'EEXIST',
        `area ${hex(spec.hva)}+${hex(spec.size)} overlaps the area at ${hex(clash.hva)}`,
      );
    }
    const area = this.#add(spec);
    this.#rebuild();
    return area;
  }

  /** As `map` of one after another, ascending, into an address space without areas. Throws EINVAL for another order. */
  mapAll(specs: readonly AreaSpec[]): void {
    let end = 0n;
    for (const spec of specs) {
      checkArea(spec);
      if (spec.hva < end)
        throw new Stage2Error('EINVAL', `area ${hex(spec.hva)}: expected one from ${hex(end)} up`);
      end = this.#add(spec).end;
    }
    if (specs.length > 0) this.#rebuild();
  }

  #add(spec: AreaSpec): Area {
    const end = spec.hva + spec.size;
    const area: Area = { writable: true, hugeShift: 21, pa: 0n, ...spec, end, offset: 0, ptes: 0 };
    const { arena, view } = this.machine;
    const bytes = spec.kind === 'pfnmap' ? 0 : Number(spec.size >> BigInt(PAGE_SHIFT)) * 8;
    const mark = arena.mark();
    const { fresh } = arena;
    try {
      area.offset = arena.allocate(L.AREA_SIZEOF);
      area.ptes = bytes === 0 ? 0 : arena.allocate(bytes);
    } catch (error) {
      arena.rollback(mark);
      throw error;
    }
    view.fill(area.offset, L.AREA_SIZEOF);
    // What nothing has used is zero, and stays without pages of the real host until it is used.
    if (area.ptes < fresh) view.fill(area.ptes, Math.min(bytes, fresh - area.ptes));
    this.#writeArea(area);
    this.#areas.push(area);
    return area;
  }

  /**
   * Removes an area. Its pages are forgotten; telling the notifiers is the caller's part. Throws EINVAL for an area of
   * another address space.
   */
  unmap(area: Area): void {
    const index = this.#areas.indexOf(area);
    if (index < 0) throw new Stage2Error('EINVAL', `area ${hex(area.hva)} is not part of this address space`);
    this.#areas.splice(index, 1);
    this.machine.arena.release(area.offset);
    if (area.ptes !== 0) this.machine.arena.release(area.ptes);
    this.#rebuild();
  }

  /** The area that holds `hva`. */
  find(hva: bigint): Area | undefined {
    return this.#areas.find((a) => hva >= a.hva && hva < a.end);
  }

  /** Changes VM_WRITE of an area. */
  protect(area: Area, writable: boolean): void {
    area.writable = writable;
    this.#writeArea(area);
  }

  /** The host page-table entry of `hva`: PA and HOST_PTE_* flags. Throws EINVAL where there is none. */
  pte(hva: bigint): bigint {
    return this.machine.view.u64(this.#pteOffset(hva));
  }

  /** Sets the host page-table entry of `hva`. Throws EINVAL where there is none. */
  setPte(hva: bigint, pa: bigint, flags: number): void {
    this.machine.view.setU64(this.#pteOffset(hva), (pa & ~0xfffn) | BigInt(flags));
  }

  /** Forgets the host's pages in [start, end), clipped to the areas. */
  clearPtes(start: bigint, end: bigint): void {
    for (const area of this.#areas) {
      const low = start > area.hva ? start : area.hva;
      const high = end < area.end ? end : area.end;
      if (low >= high || area.ptes === 0) continue;
      const first = area.ptes + Number((low - area.hva) >> 12n) * 8;
      this.machine.view.fill(first, Number((high - low + 0xfffn) >> 12n) * 8);
    }
  }

  #pteOffset(hva: bigint): number {
    const area = this.find(hva);
    if (area === undefined || area.ptes === 0) {
      throw new Stage2Error(
        'EINVAL',
        `hva ${hex(hva)}: expected an address in an area with a host page table`,
      );
    }
    return area.ptes + Number((hva - area.hva) >> 12n) * 8;
  }

  #writeArea(area: Area): void {
    const { view } = this.machine;
    view.setU64(area.offset + L.AREA_START, area.hva);
    view.setU64(area.offset + L.AREA_END, area.end);
    view.setU32(area.offset + L.AREA_FLAGS, KIND_FLAGS[area.kind] | (area.writable ? AREA_WRITE : 0));
    view.setU32(area.offset + L.AREA_PTES, area.ptes);
    view.setU64(area.offset + L.AREA_PFN_BASE, area.pa);
    view.setU32(area.offset + L.AREA_HUGE_SHIFT, area.hugeShift);
  }

  /** Links the areas into a balanced tree; cached look-ups of older trees become stale. */
  #rebuild(): void {
    this.#areas.sort((a, b) => (a.hva < b.hva ? -1 : 1));
    const { view } = this.machine;
    const link = (low: number, high: number): number => {
      if (low >= high) return 0;
      const middle = (low + high) >> 1;
      const area = this.#areas[middle] as Area;
      view.setU32(area.offset + L.AREA_LEFT, link(low, middle));
      view.setU32(area.offset + L.AREA_RIGHT, link(middle + 1, high));
      return area.offset;
    };
    view.setU32(this.offset + L.MM_ROOT, link(0, this.#areas.length));
    view.setU32(this.offset + L.MM_SEQNUM, view.u32(this.offset + L.MM_SEQNUM) + 1);
  }
}

/** log2 of the page sizes a host may have: 64 KiB to 1 GiB. */
const HUGE_SHIFT_MIN = 16;
const HUGE_SHIFT_MAX = 30;

function checkArea(spec: AreaSpec): void {
  const { hva, size, kind, hugeShift = HUGE_SHIFT_MIN } = spec;
  checkU64('hva of an area', hva);
  checkU64('size of an area', size);
  if (!Object.hasOwn(KIND_FLAGS, kind)) {
    throw new Stage2Error(
      'EINVAL',
      `area ${hex(hva)}: kind ${String(kind)}, expected ${Object.keys(KIND_FLAGS).join(', ')}`,
    );
  }
  if (!Number.isInteger(hugeShift) || hugeShift < HUGE_SHIFT_MIN || hugeShift > HUGE_SHIFT_MAX) {
    throw new Stage2Error(
      'EINVAL',
      `area ${hex(hva)}: hugeShift ${hugeShift}, expected ${HUGE_SHIFT_MIN} to ${HUGE_SHIFT_MAX}`,
    );
  }
  if (hva < 0n || size <= 0n || hva + size > HVA_LIMIT || ((hva | size) & 0xfffn) !== 0n) {
    throw new Stage2Error('EINVAL', `area ${hex(hva)}+${hex(size)}: expected 4 KiB aligned bytes below 2^48`);
  }
  if (spec.kind === 'pfnmap' && spec.pa === undefined) {
    throw new Stage2Error('EINVAL', `area ${hex(hva)}: a pfnmap area needs the pa of its first byte`);
  }
  const pa = spec.pa ?? 0n;
  if (pa < 0n || pa + size > PA_LIMIT || (pa & 0xfffn) !== 0n) {
    throw new Stage2Error('EINVAL', `area ${hex(hva)}: pa ${hex(pa)} is not 4 KiB aligned below 2^48`);
  }
}
