import { annotate } from '../report/annotate.js';
import { foldedStacks } from '../report/folded.js';
import { traceEvents } from '../report/trace-event.js';
import { faultTimeline, profileFaults } from '../scenario/comparison/fault-profile.js';
import { PARTS } from '../scenario/comparison/parts.js';
import { type Placement, placementsOf } from '../scenario/comparison/placements.js';
import type { ComparisonCore } from '../scenario/comparison/run.js';
import type { State } from '../scenario/comparison/state.js';
import type { FaultsReplay } from '../scenario/replay/index.js';
import { experimentWith, type LoadedComparison } from './compare-cores.js';
import type { CompareSettings } from './compare-options.js';
import { packageData } from './data.js';
import { Exit } from './errors.js';
import { toJson } from './json.js';
import type { CommandResult } from './output.js';

/** The reports of one core, one state and one placement: folded stacks, annotated blocks, the time line of a fault. */
export function faultReport(
  faults: FaultsReplay,
  loaded: LoadedComparison,
  settings: CompareSettings,
): CommandResult<'compare'> {
  const { output } = settings;
  const experiment = experimentWith(faults, loaded, settings);
  const [core] = loaded.cores as [ComparisonCore];
  const [state] = settings.states as [State];
  const [placement] = placementsOf(1, settings.seed) as [Placement];
  if (output.kind === 'traceEvent') {
    const timeline = faultTimeline(experiment, core, state, placement, output.fault);
    return textOnly(`${toJson(traceEvents(timeline))}\n`);
  }
  const rows = profileFaults(experiment, core, state, placement);
  if (output.kind === 'folded') return textOnly(foldedStacks(rows));
  const places = new Map(
    packageData.sites.sites.map(({ id, file, line }) => [id, line === 0 ? file : `${file}:${line}`]),
  );
  const build = loaded.builds[1].id;
  return textOnly(
    annotate({ core: core.table.core, build, faults: faults.taken, parts: PARTS, places, rows }),
  );
}

function textOnly(text: string): CommandResult<'compare'> {
  return { text, exit: Exit.OK };
}
