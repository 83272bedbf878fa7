import { Callee, Predicate, Quantity, Site } from '../abi/kvm.js';

/** Names of a numeric enum's members, in their order. */
function members(of: Record<string, string | number>): string[] {
  return Object.keys(of).filter((key) => typeof of[key] === 'number');
}

export const PREDICATES: ReadonlySet<string> = new Set(members(Predicate));
export const QUANTITIES: ReadonlySet<string> = new Set(members(Quantity));
export const CALLEES: ReadonlySet<string> = new Set(members(Callee));
/** Names of the sites the core reports. */
export const SITES: ReadonlySet<string> = new Set(members(Site).filter((name) => name !== 'COUNT'));
