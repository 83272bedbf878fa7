import { ENTRY_SIZEOF, TLB_TAGS } from '../abi/tlb.js';
import { CORE_DTLB, CORE_IPA_CACHE, CORE_ITLB, CORE_STLB, CORE_WALK_CACHE } from '../abi/uarch.js';
import type { TableGeometry } from './geometry.js';

/** Where a core has its tables of translations. */
export const TLB_FIELDS = {
  itlb: CORE_ITLB,
  dtlb: CORE_DTLB,
  stlb: CORE_STLB,
  walkCache: CORE_WALK_CACHE,
  ipaCache: CORE_IPA_CACHE,
} as const;

export type TlbName = keyof typeof TLB_FIELDS;
export const TLB_NAMES = Object.keys(TLB_FIELDS) as readonly TlbName[];

/** Ways are compared four at a time. */
const GROUP = 4;
/** A tag and two links. */
const SLOT_BYTES = 8 + ENTRY_SIZEOF;
const HEAD_BYTES = 2;
const ALIGN = 16;

/** Bytes of one table (initTlb of assembly/uarch/tlb_table.ts). */
export function tlbBytes({ entries, ways }: TableGeometry): number {
  const sets = entries / ways;
  const slots = sets * Math.ceil(ways / GROUP) * GROUP;
  return TLB_TAGS + Math.ceil((sets * HEAD_BYTES) / ALIGN) * ALIGN + slots * SLOT_BYTES;
}
