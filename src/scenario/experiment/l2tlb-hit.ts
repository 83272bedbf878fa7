import type { EventCounts } from '../../cost/index.js';
import { Lab } from './lab.js';
import type { Measured } from './measured.js';
import type { PageSize } from './page-size.js';
import type { Params } from './params.js';
import { Chase } from './streams.js';

const PAGE: PageSize = { granuleShift: 12, level: 3, bytes: 2 ** 12 };
/** From page to page, so that the lines lie in different sets of the first cache. */
const STRIDE = PAGE.bytes + 64;
const ROUNDS = 8;

/** A page after the other, more than the first-level TLB holds: what its misses add to a load. */
export function l2TlbHit(params: Params): Measured {
  const core = params.core();
  const { dtlb, stlb } = core.profile.tlb;
  const pages = Math.min(2 * dtlb.entries.v, stlb.entries.v);
  const lab = new Lab(core.profile, { footprint: (pages + 2) * STRIDE, guest: PAGE });
  const chase = new Chase(lab.base, pages * STRIDE, STRIDE);
  lab.read(chase.take(2 * pages));
  lab.events();
  lab.read(chase.take(ROUNDS * pages));
  return params.bench.cost(core, ofTranslation(lab.events()), ROUNDS * pages, 'dependent');
}

const TRANSLATION = /^(DTLB|WALK|IPA_CACHE)/;

function ofTranslation(events: EventCounts): EventCounts {
  return new Map([...events].filter(([event]) => TRANSLATION.test(event)));
}
