import type { LoopWhen, Term, When } from './build-types.js';
import { show } from './error.js';
import type { Field } from './field.js';
import { PREDICATES, QUANTITIES } from './names.js';

/** Nesting that no real condition needs. */
const DEPTH_MAX = 16;

/** Reads a condition over the predicates in `declared`. */
export function readWhen(field: Field, declared: ReadonlySet<string>): When {
  const { value } = field;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return readLoop(field);
  return readTerm(field, declared, 0);
}

function readTerm(field: Field, declared: ReadonlySet<string>, depth: number): Term {
  if (typeof field.value === 'string') return readPredicate(field, declared);
  if (depth === DEPTH_MAX) field.fail(`conditions nest deeper than ${DEPTH_MAX}`);
  if (!Array.isArray(field.value)) field.expected('a predicate, ["and", ...], ["or", ...] or a loop');
  const [operator, ...terms] = field.list();
  if (operator === undefined || terms.length === 0) field.expected('an operator and its terms');
  const kind = operator.oneOf(['and', 'or']);
  return { kind, terms: terms.map((term) => readTerm(term, declared, depth + 1)) };
}

function readPredicate(field: Field, declared: ReadonlySet<string>): Term {
  const text = field.text();
  const negated = text.startsWith('!');
  const name = negated ? text.slice(1) : text;
  if (!PREDICATES.has(name)) field.fail(`unknown predicate ${show(name)}`);
  if (!declared.has(name)) field.fail(`predicate ${show(name)} is not declared by the file`);
  return { kind: 'predicate', name, negated };
}

function readLoop(field: Field): LoopWhen {
  return {
    kind: 'loop',
    quantity: readQuantity(field.get('count_from')),
    bias: field.get('bias').integer(),
    first: field.get('first').oneOf(['taken', 'fall']),
  };
}

function readQuantity(field: Field): string {
  const name = field.text();
  if (!QUANTITIES.has(name)) field.fail(`unknown quantity ${show(name)}`);
  return name;
}
