import type { Measured } from './measured.js';
import type { Params } from './params.js';

/** One barrier with nothing to wait for. */
export function barrier(params: Params): Measured {
  const core = params.core();
  const kind = params.oneOf('kind', ['isb', 'dsb', 'dmb'] as const);
  return params.bench.cost(core, new Map([[kind, 1n]]));
}
