import type { CalleeEntry, Charge } from './build-types.js';
import { addCounts } from './counts.js';

/**
 * What a call costs: the outcome plus, for each quantity, its slope times the quantity. `q` are the call's
 * quantities, `common` those of the whole fault; one in neither is 0. Source: section 3 of the build format.
 */
export function chargeOf(
  entry: CalleeEntry,
  q: Readonly<Record<string, number>>,
  common: Readonly<Record<string, number>>,
): Charge {
  const counts = { ...entry.counts };
  const cycles = [...entry.cycles];
  for (const [quantity, slope] of entry.slopes) {
    const times = q[quantity] ?? common[quantity] ?? 0;
    addCounts(counts, slope.counts, times);
    slope.cycles.forEach((each, core) => {
      cycles[core] = (cycles[core] ?? 0) + each * times;
    });
  }
  return { counts, cycles };
}
