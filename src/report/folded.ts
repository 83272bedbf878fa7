import type { StepProfile } from '../scenario/comparison/timeline.js';
import { wholeCycles } from './whole-cycles.js';

/**
 * Folded stacks: `function;function;block weight`, weights in whole cycles, for flame graphs. Weights are rounded so
 * that they add up to the rounded sum of all. Names have no blanks.
 */
export function foldedStacks(rows: readonly StepProfile[]): string {
  const weights = wholeCycles(rows.map(({ total }) => total));
  return rows
    .map(
      ({ frames, block }, i) =>
        `${[...frames, block].filter(Boolean).join(';').replaceAll(' ', '_')} ${weights[i]}\n`,
    )
    .join('');
}
