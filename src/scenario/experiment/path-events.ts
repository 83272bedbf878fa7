import type { CoreConstants } from '../../cost/constants.js';
import {
  type EventCounts,
  opaqueEvent,
  type PriceTable,
  scaleEvents,
  sumEvents,
  type Walk,
} from '../../cost/index.js';
import type { KernelTable } from '../../cost/kernel.js';
import { CYCLE, countOperations, EL2_INSN } from '../../cost/operations.js';
import type { WorldSwitch } from '../../cost/world-switch.js';

/** What the events of a path are made of. */
export interface PathSources {
  worldSwitch: WorldSwitch;
  kernels: KernelTable;
  constants: CoreConstants;
  table: PriceTable;
}

/**
 * The events of a path of the build files, world switch apart: its instructions, what has a price of its own, and the
 * functions it calls that the files do not hold.
 * @param hostAtEl2 hypercalls of the path are plain calls
 */
export function pathEvents(walk: Walk, sources: PathSources, hostAtEl2: boolean): EventCounts {
  const { worldSwitch, constants } = sources;
  const operations = countOperations(walk, 0, 0, worldSwitch, constants)
    .filter(({ part, operation }) => part !== 'worldSwitch' && operation !== CYCLE)
    .map(({ part, operation, count }) => {
      const each = part === 'opaque' ? functionEvents(operation, sources) : one(insnName(operation));
      return scaleEvents(each, BigInt(count));
    });
  const hops = BigInt(hostAtEl2 ? -walk.totals.hvc : 0);
  const code = new Map([
    ['insn:handler', BigInt(walk.totals.insn)],
    ['insn:cache', BigInt(walk.loops.insn)],
    ['exc_entry', hops],
    ['exc_return', hops],
  ]);
  return sumEvents([...operations, code]);
}

function functionEvents(name: string, { kernels, table }: PathSources): EventCounts {
  return kernels.functions.get(name)?.counts ?? one(opaqueEvent(table, name));
}

function one(event: string): EventCounts {
  return new Map([[event, 1n]]);
}

/** The events of a switch of src/data/world-switch.json, out of the guest and back. */
export function worldSwitchEvents(
  found: NonNullable<ReturnType<WorldSwitch['switches']['get']>>,
): EventCounts {
  return sumEvents(
    [found.exit, found.enter].map(
      (counts) => new Map([...counts].map(([operation, n]) => [insnName(operation), BigInt(n)])),
    ),
  );
}

/** EL2 counts the instructions that are none of its priced operations. */
function insnName(operation: string): string {
  return operation === EL2_INSN ? 'insn:el2' : operation;
}
