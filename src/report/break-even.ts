import type { CoreComparison, StateComparison } from '../scenario/comparison/core.js';
import { figure, whole, wrap } from './text.js';

/** From where on an addition matters, over all faults in the first state. */
export function breakEvenText(core: CoreComparison): string {
  return wrap(breakEvenSentences(core));
}

/** The same in one line, for the page. */
export function breakEvenSentences({ breakEven, states }: CoreComparison): string {
  const { faultBelow, faultBelowP95, rates, ratesP95, percentOfFault, clockGhz, faultsThatFit } = breakEven;
  const { state, all } = states[0] as StateComparison;
  if (faultBelow === null && faultBelowP95 === null)
    return `Break-even, ${state}: none, nothing is added to a fault.`;
  const fault = limits(faultBelow, faultBelowP95, (cycles) => `${whole(cycles)} cycles`);
  const perSecond = rates.map(({ percent, faultsPerSecond }, i) => {
    const rate = limits(faultsPerSecond, ratesP95[i]?.faultsPerSecond ?? null, (faults) =>
      faults > faultsThatFit
        ? `never, that is ${whole(faults)} faults a second`
        : `${whole(faults)} faults a second`,
    );
    return `${percent} % of a cpu from ${rate} on`;
  });
  const uncertain = all.told ? '' : ' (not distinguishable from 0)';
  return `Break-even, ${state}: the mean addition over all faults${uncertain}, and its p95, are more than ${percentOfFault} % of a fault of less than ${fault}; at ${figure(clockGhz)} GHz, where at most ${whole(faultsThatFit)} typical faults a second fit, ${perSecond.join('; ')}.`;
}

/** A limit by the mean of what is added and by its p95. */
function limits(mean: number | null, p95: number | null, text: (value: number) => string): string {
  return [mean, p95].map((value) => (value === null ? 'nowhere' : text(value))).join(' and ');
}
