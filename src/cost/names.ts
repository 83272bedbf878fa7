import { Callee, Predicate, Quantity } from '../abi/kvm.js';
import { Site } from '../abi/site.js';

/** Names of a numeric enum's members, in their order. */
export function memberNames(of: Record<string, string | number>): string[] {
  return Object.keys(of).filter((key) => typeof of[key] === 'number');
}

export const PREDICATES: ReadonlySet<string> = new Set(memberNames(Predicate));
export const QUANTITIES: ReadonlySet<string> = new Set(memberNames(Quantity));
export const CALLEES: ReadonlySet<string> = new Set(memberNames(Callee));
/** Names of the sites the core reports. */
export const SITES: ReadonlySet<string> = new Set(memberNames(Site).filter((name) => name !== 'COUNT'));
