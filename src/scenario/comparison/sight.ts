import type { Method, Range } from '../../cost/index.js';
import type { Distribution } from './distribution.js';

/** Whether a method of measuring stands a chance to see an addition. */
export type Sight = 'sees it' | 'at its best' | 'does not see it';

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
  /** Whether the mean of the addition is above the floor, or only its range reaches the floor's low end. */
  sight: Sight;
}

/** What a fault costs, and what is added to it. */
export interface Measured {
  base: Distribution;
  added: Distribution;
  clockGhz: number;
}

/** Floors in cycles of a fault on this core, the finest first. */
export function sightOf(methods: readonly Method[], measured: Measured): MethodSight[] {
  const rows = methods.map(({ id, method, floor }) => {
    const scale = cyclesPer(floor.unit, measured);
    const cycles = { v: floor.v * scale, lo: floor.lo * scale, hi: floor.hi * scale };
    return { id, method, conf: floor.conf, floor: cycles, sight: sight(measured.added, cycles) };
  });
  return rows.sort((a, b) => a.floor.v - b.floor.v || (a.id < b.id ? -1 : 1));
}

function cyclesPer(unit: string, { base, clockGhz }: Measured): number {
  if (unit === 'ns') return clockGhz;
  return unit === 'percent' ? base.median / 100 : 1;
}

/** Seen is an addition whose mean is above the floor; at its best, one that reaches the floor's low end at all. */
function sight(added: Distribution, floor: { v: number; lo: number }): Sight {
  if (Math.abs(added.mean) >= floor.v) return 'sees it';
  const most = Math.max(Math.abs(added.p5), Math.abs(added.p95));
  return most >= floor.lo ? 'at its best' : 'does not see it';
}
