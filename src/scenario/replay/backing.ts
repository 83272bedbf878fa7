import type { AreaSpec } from '../../kvm/index.js';
import type { CapturedSlot } from '../../trace/index.js';

/** Huge page sizes a v4.13 host with 4 KiB pages has: 2 MiB and 1 GiB, as log2 of bytes. */
const BLOCK_SHIFT = 21;
const HUGE_SHIFTS = [BLOCK_SHIFT, 30];

/** How the memory behind a slot is emulated. */
export interface EmulatedBacking {
  kind: AreaSpec['kind'];
  hugeShift: number;
  writable: boolean;
  /** A file and not anonymous memory: never the zero page. */
  file: boolean;
  /** The file's own pages are mapped, not copies. */
  shared: boolean;
}

/** What v4.13 has in the place of a captured backing. */
export function emulatedBacking({ backingKind, hugeShift, backing }: CapturedSlot): EmulatedBacking {
  const huge = backingKind === 'hugetlb' && hugeShift !== null && hugeShift >= BLOCK_SHIFT;
  return {
    kind: huge ? 'hugetlb' : backingKind === 'thp' ? 'thp' : 'anonymous',
    hugeShift: hugeShift !== null && HUGE_SHIFTS.includes(hugeShift) ? hugeShift : BLOCK_SHIFT,
    writable: !/\bPROT_READ\b/.test(backing) || /\bPROT_WRITE\b/.test(backing),
    file: backingKind === 'file',
    shared: /\bMAP_SHARED\b/.test(backing),
  };
}

/** Why the backing is not emulated as captured; undefined if it is. */
export function backingDifference({ backingKind, hugeShift }: CapturedSlot): string | undefined {
  if (backingKind !== 'hugetlb' || hugeShift === null || HUGE_SHIFTS.includes(hugeShift)) return undefined;
  const taken = hugeShift < BLOCK_SHIFT ? '4 KiB pages' : '2 MiB huge pages';
  const size = hugeShift < 20 ? `${2 ** (hugeShift - 10)} KiB` : `${2 ** (hugeShift - 20)} MiB`;
  return `slot backed by ${size} huge pages: a v4.13 host has 2 MiB and 1 GiB ones only, ${taken} stand for them`;
}
