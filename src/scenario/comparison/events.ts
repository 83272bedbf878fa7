import type { EventCounts } from './price-samples.js';
import type { GroupEvents, GroupPair } from './types.js';

/** How often an event happened in the base, and how much more often in the variant. */
export interface EventTotal {
  event: string;
  base: number;
  added: number;
}

export function addEvents(counts: Iterable<EventCounts>): EventCounts {
  const sums = new Map<string, bigint>();
  for (const events of counts) {
    for (const [event, n] of events) sums.set(event, (sums.get(event) ?? 0n) + n);
  }
  return sums;
}

/** The events of a group at all placements together. */
export function allPlacements({ base, variant }: GroupPair): { base: EventCounts; added: EventCounts } {
  const before = together(base);
  const minus = new Map([...before].map(([event, n]) => [event, -n]));
  return { base: before, added: addEvents([together(variant), minus]) };
}

function together({ fixed, placed }: GroupEvents): EventCounts {
  const times = BigInt(placed.length);
  return addEvents([new Map([...fixed].map(([event, n]) => [event, n * times])), ...placed]);
}

/** Of all groups at all placements, by the names of the events; those that never happened are left out. */
export function eventTotals(groups: readonly GroupPair[]): EventTotal[] {
  const sums = groups.map(allPlacements);
  const base = addEvents(sums.map((sum) => sum.base));
  const added = addEvents(sums.map((sum) => sum.added));
  return [...new Set([...base.keys(), ...added.keys()])]
    .map((event) => ({ event, base: Number(base.get(event) ?? 0n), added: Number(added.get(event) ?? 0n) }))
    .filter((row) => row.base !== 0 || row.added !== 0)
    .sort((a, b) => (a.event < b.event ? -1 : 1));
}
