import type { CoreComparison, StateComparison } from '../scenario/comparison/core.js';
import { figure, whole } from './text.js';

/** From where on an addition matters, over all faults in the first state, by its mean and by its p95. */
export function breakEvenText(core: CoreComparison): string {
  const { breakEven, states } = core;
  const { state, all } = states[0] as StateComparison;
  const { faultBelow, faultBelowP95, rates, ratesP95, faultsThatFit, clockGhz } = breakEven;
  const noise = all.told ? '' : ' (not distinguishable from 0)';
  const ends = [
    `By the mean${noise}: ${limitText(core, faultBelow, rates)}`,
    `by the p95: ${limitText(core, faultBelowP95, ratesP95)}`,
  ];
  return `Break-even over all faults, ${state}. ${ends.join('; ')}. "Never": at ${figure(clockGhz)} GHz at most ${whole(faultsThatFit)} typical faults a second fit.`;
}

/** One end of the range: the fault it is too much of, and the rates of faults at which it takes too much of a cpu. */
function limitText(
  { breakEven: { percentOfFault, faultsThatFit }, states }: CoreComparison,
  faultBelow: number | null,
  rates: CoreComparison['breakEven']['rates'],
): string {
  if (faultBelow === null) return 'nowhere, it is not above 0';
  const cheapest = Math.min(...(states[0]?.groups ?? []).map(({ base }) => base.p5));
  const none = faultBelow < cheapest ? ', and none is so cheap' : '';
  const perSecond = rates.map(({ percent, faultsPerSecond }) => {
    const never = (faultsPerSecond ?? 0) > faultsThatFit ? ' (never)' : '';
    return `${percent} % of a cpu from ${whole(faultsPerSecond ?? 0)} faults a second on${never}`;
  });
  return `more than ${percentOfFault} % of a fault below ${whole(faultBelow)} cycles${none}, ${perSecond.join(', ')}`;
}
