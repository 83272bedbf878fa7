import type { CoreComparison, StateComparison } from './core.js';

/** What one core says about the addition, and whether a measurement could. */
export function coreVerdict(comparison: CoreComparison): string {
  const { core, states, methods } = comparison;
  const { state, all, layoutNoise } = states[0] as StateComparison;
  const { mean, p5, p95 } = all.added;
  const added = `${cycles(mean)} cycles on average [${cycles(p5)} - ${cycles(p95)}] of ${cycles(all.base.median)} (${state})`;
  const moves = `the base at another place differs by ${cycles(layoutNoise.p5)} to ${cycles(layoutNoise.p95)}`;
  const sees = methods.filter(({ sight }) => sight === 'sees it').map(({ method }) => method);
  const best = methods.filter(({ sight }) => sight === 'at its best').map(({ method }) => method);
  const [finest] = methods;
  if (sees.length > 0) return `${core}: ${added}; ${moves}; measurable by ${sees.join(' or ')}.`;
  if (best.length > 0) return `${core}: ${added}; ${moves}; at the limit of ${best.join(' or ')}.`;
  const floor =
    finest === undefined ? '' : ` (the finest, ${finest.method}, resolves ${cycles(finest.floor.v)})`;
  return `${core}: ${added}; ${moves}; no published method of measuring sees it${floor}.`;
}

function cycles(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return (Number(value.toFixed(digits)) || 0).toLocaleString('en-US');
}
