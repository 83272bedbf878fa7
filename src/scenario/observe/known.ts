import type { PredicateName } from '../facts.js';

/** Values of predicates; those that are not known are left out. */
export type Known = Partial<Record<PredicateName, boolean>>;
