import { beforeAll, describe, expect, it } from 'vitest';
import { experimentWith, type LoadedComparison, loadComparison } from '../../src/cli/compare-cores.js';
import { compareSettings } from '../../src/cli/compare-options.js';
import { BUNDLED_CAPTURE, replayFiles } from '../../src/cli/replay-files.js';
import { costOf, defaultPrices, microEvents } from '../../src/cost/index.js';
import { type Experiment, followJob } from '../../src/scenario/comparison/experiment.js';
import { faultTimeline, profileFaults } from '../../src/scenario/comparison/fault-profile.js';
import { fixedEvents } from '../../src/scenario/comparison/fixed-events.js';
import { Follower, rowOf } from '../../src/scenario/comparison/follow.js';
import { placementsOf } from '../../src/scenario/comparison/placements.js';
import type { ComparisonCore } from '../../src/scenario/comparison/run.js';

const COLD = { kind: 'cold' } as const;
const settings = compareSettings({
  core: ['neoverse-n1'],
  kernel: 'nvhe',
  variant: 'rfc',
  config: 'gcc12c',
  placements: '4',
  samples: '1',
  seed: '1',
  faults: '120',
  contention: '0',
});
const [placement] = placementsOf(1, 1) as [{ seed: number; phase: number }];

let loaded: LoadedComparison;
let core: ComparisonCore;
let experiment: Experiment;

beforeAll(async () => {
  loaded = await loadComparison(settings);
  core = loaded.cores[0] as ComparisonCore;
  const { faults } = await replayFiles(BUNDLED_CAPTURE, { variant: 'rfc', keepRecords: true });
  experiment = experimentWith(faults, loaded, settings);
});

/** Microcycles of the first fault of each path in the variant, begun cold, by counts alone. */
function costsByPath(): bigint[] {
  const [, counted] = new Follower(followJob(experiment, core, COLD)).at(placement);
  const prices = defaultPrices(core.table);
  return experiment.trace.paths.map(({ signature }, path) => {
    const { counts } = experiment.programs[1][path] as Experiment['programs'][1][number];
    const fixed = fixedEvents(counts, signature.faultClass, core.kernel, core.table);
    return costOf(fixed, prices) + costOf(microEvents(rowOf(counted as BigUint64Array, path)), prices);
  });
}

describe('a fault step by step', () => {
  it('costs what its counts cost, to the microcycle, on one in four of the paths of the capture', () => {
    const costs = costsByPath();
    for (const [path, { faults }] of experiment.trace.paths.entries()) {
      if (path % 4 !== 0) continue;
      const { steps } = faultTimeline(experiment, core, COLD, placement, (faults[0] as number) + 1);
      const total = steps.reduce((sum, { spent }) => spent.reduce((n, { cost }) => n + cost, sum), 0n);
      expect(total).toBe(costs[path]);
      expect(steps.map(({ frames }) => frames[0])).not.toContain('not placed');
    }
  });

  it('adds up over all faults, each standing for its share of its path', () => {
    const rows = profileFaults(experiment, core, COLD, placement);
    const costs = costsByPath();
    const all = experiment.trace.paths.reduce(
      (sum, { faults }, path) => sum + (costs[path] as bigint) * BigInt(faults.length),
      0n,
    );
    expect(rows.reduce((sum, { total }) => sum + total, 0n)).toBe(all);
  });
});

describe('a fault that begins cold', () => {
  it('finds a small third level as it finds a large one', () => {
    const job = followJob(experiment, core, COLD);
    const small = new Follower(job).at(placement);
    const large = new Follower({ ...job, geometry: core.geometry }).at(placement);
    expect(job.geometry.l3?.sets).toBeLessThan(core.geometry.l3?.sets ?? 0);
    expect(large).toEqual(small);
  });
});
