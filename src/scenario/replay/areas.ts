import type { AddressSpace, Area } from '../../kvm/index.js';
import type { CapturedSlot } from '../../trace/index.js';
import { emulatedBacking } from './backing.js';

/** Whether a slot shows memory of the area. */
export function overlaps(area: Area, slot: CapturedSlot): boolean {
  return area.hva < slot.hva + slot.size && slot.hva < area.end;
}

/** Puts host memory behind a new slot: areas that no other slot shows any more make room, and the gaps are filled. */
export function mapAreas(mm: AddressSpace, slot: CapturedSlot, others: readonly CapturedSlot[]): void {
  for (const area of mm.areas.filter((area) => overlaps(area, slot))) {
    if (!others.some((other) => overlaps(area, other))) mm.unmap(area);
  }
  const end = slot.hva + slot.size;
  let next = slot.hva;
  for (const area of mm.areas.filter((area) => overlaps(area, slot))) {
    mapGap(mm, slot, next, area.hva);
    next = area.end;
  }
  mapGap(mm, slot, next, end);
}

function mapGap(mm: AddressSpace, slot: CapturedSlot, hva: bigint, end: bigint): void {
  if (hva >= end) return;
  const { kind, hugeShift, writable } = emulatedBacking(slot);
  mm.map({ hva, size: end - hva, kind, hugeShift, writable });
}
