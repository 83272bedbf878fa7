import { type Experiment, experimentOf } from '../../scenario/comparison/experiment.js';
import { type Placement, placementsOf } from '../../scenario/comparison/placements.js';
import type { PricedOn, ReplayAnswer, ReplayQuery } from '../replay/types.js';
import { type LoadedCapture, loadCapture } from './capture.js';
import { type PageData, pageData } from './data.js';
import { pathsOfFaults, priceFaults } from './price-faults.js';
import type { Handler, Progress } from './protocol.js';

/** Everything that faults of a capture are followed with. */
export interface Prepared {
  data: PageData;
  capture: LoadedCapture;
  experiment: Experiment;
  placement: Placement;
}

/** Faults that an experiment samples; here all are followed, so it matters to nothing. */
const SAMPLED = 1;

let kept: { key: string; experiment: Experiment } | undefined;

/** Replays the capture and compiles its paths; what is asked for again is not done again. */
export async function prepare(query: PricedOn, report: (progress: Progress) => void): Promise<Prepared> {
  const data = await pageData(query.data, query.profile);
  const capture = await loadCapture(query.capture, data, report);
  const { config, variant, seed } = query;
  const [placement] = placementsOf(1, seed) as [Placement];
  const key = `${capture.key} ${config} ${variant}`;
  if (kept?.key !== key) {
    const builds = [data.build(`${config}-base`), data.build(`${config}-${variant}`)] as const;
    const sampled = { faults: SAMPLED, contention: 0 };
    kept = { key, experiment: experimentOf(capture.trace, builds, data.accesses, data.guest, sampled) };
  }
  return { data, capture, experiment: kept.experiment, placement };
}

/** Replays a capture and prices every fault of it. */
export const replay: Handler<'replay'> = async (query: ReplayQuery, report): Promise<ReplayAnswer> => {
  const { data, capture, experiment, placement } = await prepare(query, report);
  const core = data.core(query.core, query.kernel);
  const n = capture.notes.length;
  report({ what: `following ${n.toLocaleString('en-US')} faults on ${query.core}`, part: undefined });
  const start = performance.now();
  const cycles = priceFaults(experiment, core, query.state, placement, (done) =>
    report({ what: 'following faults', part: done / n }),
  );
  const followedMs = performance.now() - start;
  const { slots, trace, replay: replayed, notes } = capture;
  const groups = [...new Set(trace.paths.map(({ group }) => group))];
  const groupOfPath = trace.paths.map(({ group }) => groups.indexOf(group));
  return {
    trace: query.capture.trace.name,
    about: `${slots.kernel}; cpu ${slots.cpu}`,
    captured: replayed.captured,
    taken: replayed.taken,
    notTaken: replayed.notTaken,
    classes: replayed.classes,
    outcomes: replayed.outcomes,
    differences: replayed.differences,
    faults: {
      line: notes.lines(),
      ipa: notes.ipas(),
      group: Uint16Array.from(pathsOfFaults(trace), (path) => groupOfPath[path] as number),
      groups,
      cycles,
    },
    followedMs,
  };
};
