import { type Constant, originOf, plus, times } from './constant.js';
import { CostError } from './error.js';
import type { Estimates } from './estimates.js';
import { type CoreProfile, SYSTEM_COSTS } from './profile.js';

/** Operations that a profile calls otherwise. */
const PROFILE_NAMES: Readonly<Record<string, string>> = { dsb_empty: 'dsb', tlbi_va_local: 'tlbi_local' };

/**
 * What a core's operations cost that a static model of the code leaves out: mrs, msr, sysreg, dmb, dsb, isb, at, tlbi,
 * exc_entry, exc_return, dc_civac, ... Its profile's, and the estimates for what it lacks. What a profile has beyond
 * those, such as a measured round trip, is evidence and no operation.
 */
export function operationPrices(profile: CoreProfile, estimates: Estimates): ReadonlyMap<string, Constant> {
  const operations = new Map(estimates.operations);
  const known = new Set<string>([...SYSTEM_COSTS, ...operations.keys()]);
  for (const [name, constant] of profile.system) {
    if (known.has(name)) operations.set(PROFILE_NAMES[name] ?? name, constant);
  }
  operations.set('sysreg', eitherMove(operations));
  operations.set('exc_return', exceptionReturn(profile, operations));
  return operations;
}

/** The operation `name`. @throws {@link CostError} if neither the profile nor the estimates have it. */
export function operationOf(operations: ReadonlyMap<string, Constant>, name: string): Constant {
  const constant = operations.get(name);
  if (constant === undefined) throw new CostError(`there is no price of ${name}`);
  return constant;
}

/**
 * A system-register move of the handler. The build files do not tell reads from writes; nearly all of the
 * handler's read the current task or cpu, so the value is a read's, and a write is in the range.
 */
function eitherMove(operations: ReadonlyMap<string, Constant>): Constant {
  const [mrs, msr] = [operationOf(operations, 'mrs'), operationOf(operations, 'msr')];
  return { ...mrs, hi: Math.max(mrs.hi, msr.hi), ...originOf([mrs, msr]) };
}

/** Where exception returns are not predicted, the front end refills as after a misprediction. */
function exceptionReturn({ branches }: CoreProfile, operations: ReadonlyMap<string, Constant>): Constant {
  const refill = times(branches.mispredict, branches.eretRefills);
  return plus(operationOf(operations, 'exc_return'), refill);
}
