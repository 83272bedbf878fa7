import { type EventCounts, eventDifference, scaleEvents, sumEvents } from '../../cost/index.js';
import type { GroupEvents, GroupPair } from './types.js';

/** How often an event happened in the base, and how much more often in the variant. */
export interface EventTotal {
  /** As prices name it, such as `LOAD_L2` or `dsb`. */
  event: string;
  /** Times in the base. */
  base: number;
  /** Times in the variant less those in the base; may be negative. */
  added: number;
}

/** What the variant's faults of all groups have more than the base's, at all placements together. */
export function addedEvents(groups: readonly GroupPair[]): EventCounts {
  return eventDifference(
    sumEvents(groups.map(({ base }) => together(base))),
    sumEvents(groups.map(({ variant }) => together(variant))),
  );
}

function together({ fixed, placed }: GroupEvents): EventCounts {
  return sumEvents([scaleEvents(fixed, BigInt(placed.length)), ...placed]);
}

/** Of all groups at all placements, by the names of the events; those that never happened are left out. */
export function eventTotals(groups: readonly GroupPair[]): EventTotal[] {
  const base = sumEvents(groups.map((group) => together(group.base)));
  const added = addedEvents(groups);
  const events = [...new Set([...base.keys(), ...added.keys()])].sort();
  return events
    .map((event) => ({ event, base: Number(base.get(event) ?? 0n), added: Number(added.get(event) ?? 0n) }))
    .filter((row) => row.base !== 0 || row.added !== 0);
}
