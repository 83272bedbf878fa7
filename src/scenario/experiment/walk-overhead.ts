import { type EventCounts, eventDifference } from '../../cost/index.js';
import type { Core } from './bench.js';
import { Lab } from './lab.js';
import type { Measured } from './measured.js';
import type { PageSize } from './page-size.js';
import type { Params } from './params.js';
import { Random, randomReads } from './streams.js';

const MIB = 2 ** 20;
const MIB_LEAST = 1 / 64;
const MIB_MOST = 16384;
const SEED = 1;
/** Reads that are counted. */
const READS = 1 << 15;
/** Reads before those: per line of descriptors, and per line of the L2, so that their places settle. */
const PER_DESCRIPTORS = 4;
const PER_LINE = 3;
const DESCRIPTORS_PER_LINE = 8;
const BATCH = 1 << 18;

/** Dependent reads at random: what mappings by small pages take longer than those by large ones, per read. */
export function walkOverhead(params: Params): Measured {
  const core = params.core();
  const footprint = params.number('footprint_mib', MIB_LEAST, MIB_MOST) * MIB;
  const small = params.pageSize('small');
  const large = params.pageSize('large');
  const stages = params.number('stages', 1, 2);
  if (!Number.isInteger(stages)) params.get('stages').expected('1 or 2');
  const host = stages === 2 ? params.pageSize('host_page') : undefined;
  const leaves = footprint / Math.min(small.bytes, host?.bytes ?? small.bytes);
  const { size, line } = core.profile.l2;
  const lines = (size.v * 2 ** 10) / line.v;
  const warm = Math.ceil(Math.max(PER_LINE * lines, (PER_DESCRIPTORS * leaves) / DESCRIPTORS_PER_LINE));
  const events = (guest: PageSize) => readsOf(core, footprint, guest, host, warm);
  const more = eventDifference(events(large), events(small));
  return params.bench.cost(core, more, READS, 'dependent');
}

function readsOf(
  { profile }: Core,
  footprint: number,
  guest: PageSize,
  host: PageSize | undefined,
  warm: number,
): EventCounts {
  const lab = new Lab(profile, { footprint, guest, ...(host && { host }) });
  const random = new Random(SEED);
  for (let left = warm; left > 0; left -= BATCH) {
    lab.read(randomReads(lab.base, footprint, Math.min(left, BATCH), random));
  }
  lab.events();
  lab.read(randomReads(lab.base, footprint, READS, random));
  return lab.events();
}
