/** Where cycles go. */
export const PARTS = ['issue', 'fetch', 'data', 'walk', 'branch', 'system', 'opaque'] as const;
export type PartOfFault = (typeof PARTS)[number];

/** Beginnings of the names of events by part; what has none of them is a system operation. */
const BEGINNINGS: readonly (readonly [string, PartOfFault])[] = [
  ['issue', 'issue'],
  ['FETCH_', 'fetch'],
  ['LOAD_', 'data'],
  ['STORE_', 'data'],
  ['DTLB_', 'walk'],
  ['ITLB_', 'walk'],
  ['WALK', 'walk'],
  ['IPA_CACHE_', 'walk'],
  ['TAKEN_', 'branch'],
  ['MISPREDICT_', 'branch'],
  ['opaque:', 'opaque'],
];

/**
 * The part that an event belongs to: issue of the instructions, fetch and data beyond the first caches, walks and TLB
 * misses, branches, functions that were not compiled (opaque), and system operations with the world switch.
 */
export function partOf(event: string): PartOfFault {
  return BEGINNINGS.find(([beginning]) => event.startsWith(beginning))?.[1] ?? 'system';
}
