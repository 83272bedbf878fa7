import type { RegionSpec } from '../core/physmap.js';
import type { EfiMap, EfiRegion } from '../trace/index.js';

/** Part of the IPA space that is one slot: a runtime region, rounded out to pages, and those that share pages with it. */
export interface EfiSlot extends RegionSpec {
  kind: EfiRegion['kind'];
  what: string;
}

/**
 * The slots that show the runtime regions of a map in pages of the granule. Regions that meet in a page become one
 * slot: UEFI has firmware place them so that 64 KiB pages can map them.
 */
export function efiSlots({ regions }: EfiMap, granuleShift: number): EfiSlot[] {
  const page = 1n << BigInt(granuleShift);
  const slots: EfiSlot[] = [];
  for (const { pa, size, kind, what, runtime } of regions) {
    if (!runtime) continue;
    const first = pa & -page;
    const end = (pa + size + page - 1n) & -page;
    const last = slots.at(-1);
    if (last !== undefined && first < last.pa + last.size) last.size = end - last.pa;
    else slots.push({ pa: first, size: end - first, kind, what });
  }
  return slots;
}
