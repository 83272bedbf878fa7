import { ENTRY_SIZEOF, RING_LINKS, TLB_FIRST_SET } from '../abi/tlb.js';
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

/** Tags that are compared at once. */
const GROUP = 8;
const TAG_BYTES = 2;
const LINK_BYTES = 4;

const aligned = (bytes: number, to: number) => Math.ceil(bytes / to) * to;

/** Bytes of one table (initTlb of assembly/uarch/tlb_setup.ts). */
export function tlbBytes({ entries, ways }: TableGeometry): number {
  const order = aligned(ways, GROUP) * TAG_BYTES + RING_LINKS + ways * LINK_BYTES;
  return TLB_FIRST_SET + (entries / ways) * aligned(aligned(order, 8) + ways * ENTRY_SIZEOF, 16);
}
