import type { Field } from '../../cost/field.js';
import type { KernelClass } from '../../cost/index.js';
import { exitEvents } from '../../cost/kernel.js';
import type { Core } from './bench.js';
import { combine, type Measured } from './measured.js';
import { Params } from './params.js';

/** One exit of the guest and the return to it. */
export function exit(params: Params): Measured {
  return exitOf(params, params.core(), params.kernel(), params.get('kind'));
}

/** The exit that `kind` names. */
export function exitOf({ bench }: Params, core: Core, kernel: KernelClass, kind: Field): Measured {
  const name = kind.oneOf([...kernel.kinds.keys()]);
  return bench.cost(core, exitEvents(kernel, name, bench.factsOf(core)));
}

/** One exit over another, each `num` and `den` a kind or an object of parameters that replace the row's. */
export function exitRatio(params: Params): Measured {
  const [num, den] = ['num', 'den'].map((name) => side(params, params.get(name))) as [Measured, Measured];
  return { ...combine(num, den, (a, b) => a / b), unit: 'ratio' };
}

function side(params: Params, field: Field): Measured {
  const named = typeof field.value === 'string';
  const own = named ? undefined : new Params(field, params.bench);
  const has = (name: string): boolean => own?.field.get(name).present ?? false;
  const core = own !== undefined && has('core') ? own.core() : params.core();
  const kernel = own !== undefined && has('kernel') ? own.kernel() : params.kernel();
  return exitOf(params, core, kernel, own === undefined ? field : own.get('kind'));
}

/** The flag is tested once on the way out and once on the way in. */
const TESTS = 2n;

/** What a test of a flag on every exit and every entry adds: a load that hits the L1, and a branch not taken. */
export function exitDelta(params: Params): Measured {
  const core = params.core();
  const added = params.bench.cost(core, new Map([['flag_test', TESTS]]));
  if (!params.get('kernel').present) return added;
  const kernel = params.kernel();
  const kind = params.get('kind');
  const whole = exitOf(params, core, kernel, kind.present ? kind : kind.withValue('hvc'));
  return { ...added, whole };
}
