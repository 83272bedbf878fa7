import * as L from '../../abi/layout.js';
import type { Machine } from '../../core/machine.js';
import type { AddressSpaceState, AreaState, HostPageState } from '../machine-state.js';

/** An mm_struct in emulated memory. */
export interface PlacedMm {
  offset: number;
  /** Offsets of the areas, by their index. */
  areas: readonly number[];
}

const SEQUENCE = 2;
const PTE_BYTES = 8;

/** Writes the areas, their tree and the host page; the tree has any shape, not only the balanced one of AddressSpace. */
export function placeMm(machine: Machine, state: AddressSpaceState | undefined): PlacedMm {
  const offset = machine.arena.allocate(L.MM_SIZEOF);
  const areas = (state?.areas ?? []).map(() => machine.arena.allocate(L.AREA_SIZEOF));
  const pointer = (index: number | undefined): number => (index === undefined ? 0 : (areas[index] ?? 0));
  machine.view.setU32(offset + L.MM_ROOT, pointer(state?.root));
  machine.view.setU32(offset + L.MM_SEQNUM, SEQUENCE);
  for (const [i, area] of (state?.areas ?? []).entries()) {
    writeArea(machine, pointer(i), area, pointer(area.left), pointer(area.right));
  }
  if (state?.page !== undefined) placePage(machine, state, areas, state.page);
  return { offset, areas };
}

function writeArea({ view }: Machine, at: number, area: AreaState, left: number, right: number): void {
  view.fill(at, L.AREA_SIZEOF);
  view.setU64(at + L.AREA_START, area.start);
  view.setU64(at + L.AREA_END, area.end);
  view.setU32(at + L.AREA_LEFT, left);
  view.setU32(at + L.AREA_RIGHT, right);
  view.setU32(at + L.AREA_FLAGS, area.flags);
  view.setU64(at + L.AREA_PFN_BASE, area.pa ?? 0n);
}

/** The host's page table of the area that holds the page, with the one entry. */
function placePage(
  machine: Machine,
  state: AddressSpaceState,
  areas: readonly number[],
  page: HostPageState,
): void {
  const index = state.areas.findIndex(({ start, end }) => page.hva >= start && page.hva < end);
  const area = state.areas[index];
  if (area === undefined) return;
  const bytes = Number((area.end - area.start) >> 12n) * PTE_BYTES;
  const table = machine.arena.allocate(bytes);
  machine.view.fill(table, bytes);
  machine.view.setU32((areas[index] ?? 0) + L.AREA_PTES, table);
  const entry = table + Number((page.hva - area.start) >> 12n) * PTE_BYTES;
  machine.view.setU64(entry, page.pa | BigInt(page.flags));
}

/** Fills the task's cache of areas. */
export function cacheAreas(
  machine: Machine,
  vcpu: number,
  mm: PlacedMm,
  state: AddressSpaceState | undefined,
): void {
  for (const [i, index] of (state?.cached ?? []).entries()) {
    machine.view.setU32(vcpu + L.VCPU_VMACACHE + i * 4, index === undefined ? 0 : (mm.areas[index] ?? 0));
  }
  machine.view.setU32(vcpu + L.VCPU_VMACACHE_SEQ, state?.stale ? SEQUENCE - 1 : SEQUENCE);
}
