import { groupEvents } from '../../cost/kernel.js';
import type { Measured } from './measured.js';
import type { Params } from './params.js';

/** The class of kernels that moves registers in groups, if a row names none. */
const SPLIT_MODE = 'nvhe-4.x';

/** One group of registers saved or restored, measured alone. */
export function saveRestore(params: Params): Measured {
  const core = params.core();
  const kernels = params.bench.data.kernels.kernels;
  const kernel = params.get('kernel').present ? params.kernel() : kernels.get(SPLIT_MODE);
  const group = params.get('group');
  const kind = params.oneOf('kind', ['save', 'restore'] as const);
  const name = group.text();
  if (kernel === undefined) return group.fail(`there is no kernel ${SPLIT_MODE}`);
  const events = params.at(group, () => groupEvents(kernel, name, kind));
  return params.bench.cost(core, events, 1, 'dependent');
}
