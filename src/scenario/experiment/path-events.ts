import {
  type EventCounts,
  hypercallOf,
  oneEvent,
  opaqueEvent,
  operationEvents,
  type PriceTable,
  staticCounts,
  sumEvents,
  switchOf,
  type Walk,
  type WorldSwitch,
} from '../../cost/index.js';
import type { KernelTable } from '../../cost/kernel.js';

/** What the events of a path are made of. */
export interface PathSources {
  worldSwitch: WorldSwitch;
  kernels: KernelTable;
  table: PriceTable;
}

/**
 * The events of a path of the build files, world switch apart: its instructions, what has a price of its own, and the
 * functions it calls that the files do not hold.
 * @param hostAtEl2 hypercalls of the path are plain calls
 */
export function pathEvents(walk: Walk, sources: PathSources, hostAtEl2: boolean): EventCounts {
  const { worldSwitch, kernels, table } = sources;
  const hypercall = asParts(hypercallOf(worldSwitch, hostAtEl2));
  const operations = operationEvents(
    staticCounts(walk).events,
    hypercall,
    (name) => kernels.functions.get(name)?.counts ?? oneEvent(opaqueEvent(table, name)),
  );
  const code = new Map([
    ['insn:handler', BigInt(walk.totals.insn)],
    ['insn:cache', BigInt(walk.loops.insn)],
  ]);
  return sumEvents([operations, code]);
}

/** Out of the guest and back, by src/data/world-switch.json. */
export function worldSwitchEvents(worldSwitch: WorldSwitch, kind: string): EventCounts {
  return asParts(switchOf(worldSwitch, kind));
}

/** EL2 counts the instructions that are none of its priced operations: a part of a kernel like others. */
function asParts(events: EventCounts): EventCounts {
  return new Map([...events].map(([event, n]) => [event === 'el2_insn' ? 'insn:el2' : event, n]));
}
