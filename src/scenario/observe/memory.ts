import { AREA_HUGETLB, KVM_MEM_READONLY, KVM_MEMSLOT_INVALID } from '../../abi/kvm.js';
import type { AddressSpaceState, AreaState, MachineState, SlotState } from '../machine-state.js';
import type { Known } from './known.js';

const PAGE_SHIFT = 12n;
const BLOCK_PAGES = 512n;
const BLOCK_MASK = (BLOCK_PAGES << PAGE_SHIFT) - 1n;

/** The slot that holds the faulting gfn. */
export function slotOf({ slots, guest }: MachineState): SlotState | undefined {
  const gfn = guest.ipa >> PAGE_SHIFT;
  return slots.used.find(({ baseGfn, npages }) => gfn >= baseGfn && gfn < baseGfn + npages);
}

export function slotPredicates(slot: SlotState | undefined): Known {
  if (slot === undefined) return { slot_found: false, hva_is_error: true, slot_writable: false };
  const invalid = (slot.flags & KVM_MEMSLOT_INVALID) !== 0;
  const readonly = (slot.flags & KVM_MEM_READONLY) !== 0;
  return {
    slot_found: true,
    slot_invalid: invalid,
    hva_is_error: invalid,
    slot_readonly: readonly,
    slot_writable: !invalid && !readonly,
    slot_has_bitmap: slot.hasBitmap,
    slot_logging: slot.hasBitmap && !readonly,
    slot_misaligned: ((slot.hva ^ (slot.baseGfn << PAGE_SHIFT)) & BLOCK_MASK) !== 0n,
  };
}

/** hva of the page behind `ipa`; a hugetlbfs mapping begins at its block. */
export function hvaOf(slot: SlotState, ipa: bigint, hugetlb: boolean): bigint {
  const gfn = ipa >> PAGE_SHIFT;
  const first = hugetlb ? gfn - (gfn % BLOCK_PAGES) : gfn;
  return slot.hva + ((first - slot.baseGfn) << PAGE_SHIFT);
}

/** What find_vma gives for the fault. */
export function areaPredicates(
  mm: AddressSpaceState,
  ipa: bigint,
  slot: SlotState,
  { slot_logging }: Known,
): Known {
  const hva = hvaOf(slot, ipa, false);
  const area = findArea(mm, hva);
  if (area === undefined) return { vma_found: false, vma_starts_above: false };
  const hugetlb = (area.flags & AREA_HUGETLB) !== 0;
  const holds = area.start <= hva;
  if (!holds) return { vma_found: true, vma_starts_above: true };
  return {
    vma_found: true,
    vma_starts_above: false,
    vma_hugetlb: hugetlb,
    hugetlb: hugetlb && !slot_logging,
  };
}

/** The area that holds `hva`, from a valid cache or the tree, or the first one of the tree above it. */
export function findArea(mm: AddressSpaceState, hva: bigint): AreaState | undefined {
  const cached = mm.stale
    ? []
    : mm.cached.map((index) => (index === undefined ? undefined : mm.areas[index]));
  const hit = cached.find((area) => area !== undefined && area.start <= hva && hva < area.end);
  const ending = inTree(mm, mm.root).filter(({ end }) => end > hva);
  return hit ?? ending.sort((a, b) => (a.end < b.end ? -1 : 1))[0];
}

function inTree(mm: AddressSpaceState, index: number | undefined): AreaState[] {
  const area = index === undefined ? undefined : mm.areas[index];
  return area === undefined ? [] : [...inTree(mm, area.left), area, ...inTree(mm, area.right)];
}
