import {
  type EventCounts,
  hypercallOf,
  type KernelTable,
  oneEvent,
  opaqueEvent,
  operationEvents,
  type PriceTable,
  staticCounts,
  sumEvents,
  type Walk,
  type WorldSwitch,
} from '../../cost/index.js';

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
  const operations = operationEvents(
    staticCounts(walk).events,
    hypercallOf(worldSwitch, hostAtEl2),
    (name) => kernels.functions.get(name)?.counts ?? oneEvent(opaqueEvent(table, name)),
  );
  const code = new Map([
    ['insn:handler', BigInt(walk.totals.insn)],
    ['insn:cache', BigInt(walk.loops.insn)],
  ]);
  return sumEvents([operations, code]);
}
