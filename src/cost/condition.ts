import type { LoopWhen, Term, When } from './build-types.js';

/** What a condition is evaluated over. `unknown` says which name has no value and does not return. */
export interface Facts {
  predicate(name: string): boolean | undefined;
  quantity(name: string): number | undefined;
  /** How often the branch has been evaluated in this fault, this time included. */
  evaluation(): number;
  unknown(what: string): never;
}

/** Whether the branch is taken. A term with no value does not matter if the others decide. */
export function isTaken(when: When, facts: Facts): boolean {
  if (when.kind === 'loop') return loopTaken(when, facts);
  const missing: string[] = [];
  const value = evaluate(when, facts, missing);
  return value ?? facts.unknown(`predicate ${missing[0]} is needed, but neither known nor constant`);
}

function loopTaken(when: LoopWhen, facts: Facts): boolean {
  const quantity =
    facts.quantity(when.quantity) ?? facts.unknown(`quantity ${when.quantity} is needed, but not given`);
  const inFirst = facts.evaluation() <= quantity + when.bias;
  return inFirst === (when.first === 'taken');
}

/** True, false, or undefined if names without a value, added to `missing`, decide. */
function evaluate(term: Term, facts: Facts, missing: string[]): boolean | undefined {
  if (term.kind === 'predicate') {
    const value = facts.predicate(term.name);
    if (value === undefined) missing.push(term.name);
    return value === undefined ? undefined : value !== term.negated;
  }
  const deciding = term.kind === 'or';
  const values = term.terms.map((inner) => evaluate(inner, facts, missing));
  if (values.includes(deciding)) return deciding;
  return values.includes(undefined) ? undefined : !deciding;
}
