import type { Field } from '../../cost/field.js';

/** How far a model value may be from a published one: a part of it, or so much of its unit. */
export type Tolerance = { percent: number } | { absolute: number; unit: string } | { exact: true };

/** Units of values, by how targets files spell them. */
export const UNITS: Readonly<Record<string, string>> = {
  cycle: 'cycles',
  cycles: 'cycles',
  ns: 'ns',
  us: 'us',
  ratio: 'ratio',
  x: 'ratio',
  percent: 'percent',
  '%': 'percent',
  instruction: 'instructions',
  instructions: 'instructions',
};

/** Far above any tolerance; bands of it stay numbers. */
const AMOUNT_MAX = 1e15;

/** The unit that a file spells `name`. */
export function unitNamed(name: string): string | undefined {
  return Object.hasOwn(UNITS, name) ? UNITS[name] : undefined;
}

const FORM = /^(\d+(?:\.\d+)?)\s*([a-z%]+)?$/;

/** A number is percent; a text is a number with a unit, or `exact`. */
export function readTolerance(field: Field, rowUnit: string): Tolerance {
  const { value } = field;
  if (typeof value === 'number' && value >= 0 && value <= AMOUNT_MAX) return { percent: value };
  if (value === 'exact') return { exact: true };
  const match = typeof value === 'string' ? FORM.exec(value.trim()) : null;
  if (match === null) malformed(field);
  const amount = Number(match[1]);
  const unit = unitNamed(match[2] ?? 'percent');
  if (unit === undefined || amount > AMOUNT_MAX) malformed(field);
  if (unit === 'percent' && rowUnit !== 'percent') return { percent: amount };
  return unit === rowUnit
    ? { absolute: amount, unit }
    : field.expected(`a tolerance in percent or ${rowUnit}`);
}

function malformed(field: Field): never {
  field.expected('percent from 0, a number with a unit such as "1 cycle", or "exact"');
}

/** Lowest and highest value that are within `tolerance` of a published range. */
export function bandOf(value: readonly [number, number], tolerance: Tolerance): [number, number] {
  const [low, high] = value;
  if ('exact' in tolerance) return [low, high];
  if ('absolute' in tolerance) return [low - tolerance.absolute, high + tolerance.absolute];
  const part = tolerance.percent / 100;
  return [low - Math.abs(low) * part, high + Math.abs(high) * part];
}
