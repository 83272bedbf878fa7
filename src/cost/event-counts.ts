import { MicroEvent } from '../abi/uarch.js';
import { memberNames } from './names.js';

/** How often each event happened, by its name. A difference of two runs may hold negative counts. */
export type EventCounts = ReadonlyMap<string, bigint>;

/** Names of the events of the micro-architectural model, in the order of its counts. */
export const MICRO_EVENTS: readonly string[] = memberNames(MicroEvent).filter((name) => name !== 'COUNT');

/** Counts of the micro-architectural model, by {@link MicroEvent}, as events; those that are 0 are left out. */
export function microEvents(counts: readonly bigint[]): EventCounts {
  return new Map(
    MICRO_EVENTS.map((name, event) => [name, counts[event] ?? 0n] as const).filter(([, n]) => n !== 0n),
  );
}

/** An event that happened once. */
export function oneEvent(event: string): EventCounts {
  return new Map([[event, 1n]]);
}

/** The sum of several counts. */
export function sumEvents(all: Iterable<EventCounts>): EventCounts {
  const sum = new Map<string, bigint>();
  for (const counts of all) {
    for (const [event, n] of counts) sum.set(event, (sum.get(event) ?? 0n) + n);
  }
  return sum;
}

/** `counts`, each `times` as often. */
export function scaleEvents(counts: EventCounts, times: bigint): EventCounts {
  return new Map([...counts].map(([event, n]) => [event, n * times]));
}

/** What `to` has more than `from`, without what both have alike. */
export function eventDifference(from: EventCounts, to: EventCounts): EventCounts {
  return new Map([...sumEvents([to, scaleEvents(from, -1n)])].filter(([, n]) => n !== 0n));
}
