import { type CoreProfile, type EventCounts, sumEvents } from '../../cost/index.js';
import { LOAD_L1 } from './bench.js';
import { Lab } from './lab.js';
import type { Measured } from './measured.js';
import type { PageSize } from './page-size.js';
import type { Params } from './params.js';
import { Chase } from './streams.js';

const KIB = 1024;
const KIB_MOST = 16 * KIB * KIB;
/** Loads that are counted, at least. */
const LOADS = 1 << 16;
const HUGE: PageSize = { granuleShift: 12, level: 2, bytes: 2 ** 21 };

/** Dependent loads, each of another line of the footprint, mapped by 2 MiB: cycles per load. */
export function pointerChase(params: Params): Measured {
  const core = params.core();
  const footprint = params.number('footprint_kib', 1, KIB_MOST) * KIB;
  const { profile } = core;
  const lab = new Lab(profile, { footprint, guest: HUGE });
  const chase = new Chase(lab.base, footprint, profile.l1d.line.v);
  // Once round; what no cache can hold until it comes again is missed without that.
  lab.read(chase.take(chase.units <= linesHeld(profile) ? chase.units : LOADS));
  lab.events();
  lab.read(chase.take(LOADS));
  const events: EventCounts = sumEvents([lab.events(), new Map([[LOAD_L1, BigInt(LOADS)]])]);
  return params.bench.cost(core, events, LOADS, 'dependent');
}

function linesHeld({ l1d, l2, l3 }: CoreProfile): number {
  return [l1d, l2, l3].reduce((sum, cache) => sum + (cache ? (cache.size.v * KIB) / cache.line.v : 0), 0);
}
