// The core against the reference model, which was written from the architecture alone: random CPUs, registers, tables
// and accesses. `npm run soak` runs the same for as long as it is told.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stage2Scenario, twoStageScenario } from '../model/arch/arbitrary.js';
import { disagreement } from '../model/walk-lab.js';

const RUNS = 1200;
const PATIENCE = 120_000;

describe.each([
  ['stage 2 alone', stage2Scenario],
  ['stage 1 through stage 2', twoStageScenario],
])('%s', (_, scenario) => {
  it(
    'answers every access as the model does, one by one and in batches, and updates the same descriptors',
    () => {
      fc.assert(
        fc.property(scenario, (each) => {
          expect(disagreement(each)).toBeUndefined();
        }),
        { numRuns: RUNS },
      );
    },
    PATIENCE,
  );
});
