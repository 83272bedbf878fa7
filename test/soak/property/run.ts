// The core against the reference model for as long as it is told, in chunks of random scenarios, so that a failure
// shrinks at once and is found again by the seed of its chunk.

import fc from 'fast-check';
import { DEFAULT_CHOICES } from '../../../src/arm/choices.js';
import { anyScenario } from '../../model/arch/arbitrary.js';
import { disagreement } from '../../model/walk-lab.js';
import { Progress } from '../progress.js';
import { Tally } from './tally.js';

const CHUNK = 100;

/** Every other CPU makes the usual choices: the specialised kernels serve few others. */
const scenarios = fc
  .tuple(anyScenario, fc.boolean())
  .map(([scenario, usual]) => (usual ? { ...scenario, choices: DEFAULT_CHOICES } : scenario));

/** Prints what was compared, or the counterexample. True if core and model agreed. */
export function soakProperty({ seconds, seed }: { seconds: number; seed: number }): boolean {
  const progress = new Progress();
  const tally = new Tally();
  const end = performance.now() + seconds * 1000;
  const property = fc.property(scenarios, (scenario) => {
    const wrong = disagreement(scenario, tally.note);
    if (wrong !== undefined) throw new Error(`core and model disagree: ${fc.stringify(wrong)}`);
    tally.scenarios++;
  });
  for (let chunk = 0; chunk === 0 || performance.now() < end; chunk++) {
    const result = fc.check(property, { numRuns: CHUNK, seed: seed + chunk });
    if (result.failed) {
      progress.clear();
      console.log(`failed: seed ${seed + chunk}: npm run soak -- --seconds 1 --seed ${seed + chunk}`);
      console.log(String(result.errorInstance));
      console.log(fc.defaultReportMessage(result));
      return false;
    }
    progress.show(`${Math.ceil((end - performance.now()) / 1000)} s left, ${tally.queries} queries`);
  }
  progress.clear();
  console.log(tally.report());
  return true;
}
