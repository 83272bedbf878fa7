import { show } from '../../cost/error.js';
import { Field } from '../../cost/field.js';
import type { DataError } from '../../cost/index.js';
import { readTolerance, type Tolerance, UNITS, unitNamed } from './tolerance.js';

/** A published value to compare with. */
export interface TargetRow {
  id: string;
  experiment: string;
  params: Field;
  unit: string;
  /** A number is a range of one; a text stands for what the files of the package record. */
  value: readonly [number, number] | string;
  tolerance: Tolerance;
  /** The tolerance as the file gives it. */
  toleranceText: string;
  /** Whether parameters of the model may have been set from it. */
  use: 'fitted' | 'predicted';
  source: string;
}

const FORMAT = 'stage2-targets/1';

/**
 * The rows of a targets file.
 * @param experiments names there are
 * @throws {@link DataError} naming the file, the row and the field
 */
export function parseTargets(value: unknown, file: string, experiments: readonly string[]): TargetRow[] {
  const root = Field.root(value, file, FORMAT);
  const rows = root.get('rows').list();
  if (rows.length === 0) root.get('rows').expected('at least one row');
  const parsed = rows.map((row, i) => readRow(row, i, experiments));
  parsed.forEach(({ id }, i) => {
    const first = parsed.findIndex((other) => other.id === id);
    if (first < i) rows[i]?.get('id').fail(`${show(id)} is the id of rows[${first}] too`);
  });
  return parsed;
}

function readRow(plain: Field, index: number, experiments: readonly string[]): TargetRow {
  const id = plain.get('id').text();
  const row = plain.named(`rows[${index}] (${id})`);
  const experiment = row.get('experiment').oneOf(experiments);
  const params = row.get('params');
  params.entries();
  const unit = readUnit(row.get('unit'));
  return {
    id,
    experiment,
    params,
    unit,
    value: readValue(row.get('value')),
    tolerance: readTolerance(row.get('tolerance'), unit),
    toleranceText: String(row.get('tolerance').value),
    use: row.get('use').oneOf(['fitted', 'predicted'] as const),
    source: row.get('source').optional((text) => text.text()) ?? '',
  };
}

function readUnit(field: Field): string {
  const unit = unitNamed(field.text());
  return unit ?? field.expected([...new Set(Object.values(UNITS))].join(' or '));
}

function readValue(field: Field): TargetRow['value'] {
  const { value } = field;
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) {
    const number =
      typeof value === 'number' ? bounded(field) : field.expected('a number, [low, high] or a text');
    return [number, number];
  }
  const [low, high, ...more] = field.list().map(bounded);
  if (low === undefined || high === undefined || more.length > 0) field.expected('two numbers, [low, high]');
  return low <= high ? [low, high] : field.fail(`found ${low} above ${high}, expected [low, high]`);
}

/** What is published is far smaller; bands around it stay numbers. */
const VALUE_MAX = 1e15;

function bounded(field: Field): number {
  const number = field.number();
  return Math.abs(number) <= VALUE_MAX ? number : field.expected(`a number of at most ${VALUE_MAX}`);
}
