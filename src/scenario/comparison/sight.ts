import { floorOn, type Method, type Range } from '../../cost/index.js';
import type { TypicalCost } from './core.js';

/** Whether a method of measuring sees an addition; `perhaps` where that depends on the machine. */
export type Seen = 'yes' | 'perhaps' | 'no';

/** A method's floor on one core, for one kind of fault. */
export interface MethodSight {
  /** Such as `perf-stat`. */
  id: string;
  /** In words. */
  method: string;
  /** How far to trust the floor: D documented, M measured by others, R recalled, E estimated. */
  conf: string;
  /** Cycles a fault: the floor with its range. */
  floor: Range;
  /** Size of the mean of the addition, in cycles a fault, that is compared with the floor. */
  added: number;
  /** Yes from the floor on, no below its low end, and where the addition is not told from 0. */
  seen: Seen;
}

/** Faults that are timed, and the core they are timed on. */
export interface Measured {
  cost: Pick<TypicalCost, 'typical' | 'added' | 'told'>;
  clockGhz: number;
  /** Version of the architecture, such as `Armv8.2-A`; undefined where it is not known. */
  arch: string | undefined;
}

/** Floors in cycles of a fault on this core, the finest first. */
export function sightOf(methods: readonly Method[], measured: Measured): MethodSight[] {
  const added = Math.abs(measured.cost.added.mean);
  const rows = methods.map((each) => {
    const { v, lo, hi, unit, conf } = floorOn(each, measured.arch);
    const scale = cyclesPer(unit, measured);
    const floor = { v: v * scale, lo: lo * scale, hi: hi * scale };
    const seen = measured.cost.told ? seenAt(added, floor) : 'no';
    return { id: each.id, method: each.method, conf, floor, added, seen };
  });
  return rows.sort((a, b) => a.floor.v - b.floor.v || (a.id < b.id ? -1 : 1));
}

/** A share is of the typical fault. */
function cyclesPer(unit: string, { cost, clockGhz }: Measured): number {
  if (unit === 'ns') return clockGhz;
  return unit === 'percent' ? cost.typical.median / 100 : 1;
}

function seenAt(added: number, floor: Range): Seen {
  if (added >= floor.v) return 'yes';
  return added >= floor.lo ? 'perhaps' : 'no';
}
