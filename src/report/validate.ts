import type { RowResult } from '../scenario/experiment/index.js';
import { PLAIN, type Style } from './style.js';
import { figure, table } from './text.js';

const CONTROL = /\p{Cc}/gu;
const HEADER = ['row', 'published', 'unit', 'model', 'p5 - p95', 'tolerance', 'result', 'use'];
const LEFT = 3;
const RESULT = HEADER.indexOf('result');
/** Characters of a published value in words that the table has room for. */
const WORDS = 12;
/** Rows that a note names. */
const NAMED_ROWS = 3;

/** A line for each row, what has to be known of some, and how many are inside. */
export function validateText(rows: readonly RowResult[], style: Style = PLAIN): string {
  return [
    table(
      HEADER,
      rows.map((row) => line(row, style)),
      LEFT,
    ),
    notes(rows),
    summary(rows),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function line(row: RowResult, style: Style): string[] {
  const { id, published, unit, model, text, tolerance, use } = row;
  const range = text === undefined ? `${figure(model.p5)} - ${figure(model.p95)}` : '';
  const cells = [
    id,
    publishedText(published),
    unit,
    text ?? figure(model.v),
    range,
    toleranceText(tolerance),
    verdict(row),
    use,
  ].map((cell) => cell.replaceAll(CONTROL, ' '));
  const set = row.inside ? style.good : style.bad;
  return cells.map((cell, column) => (column === RESULT ? set(cell) : cell));
}

/** A bare number is percent. */
function toleranceText(tolerance: string): string {
  return Number.isNaN(Number(tolerance)) ? tolerance : `${tolerance} %`;
}

function publishedText(published: RowResult['published']): string {
  if (typeof published === 'string') return published.length > WORDS ? 'in words' : published;
  const [low, high] = published;
  return low === high ? figure(low) : `${figure(low)} - ${figure(high)}`;
}

/** A miss that the interval still reaches is told from one that it does not. */
function verdict({ inside, reached }: RowResult): string {
  if (inside) return 'inside';
  return reached ? 'outside, in range' : 'outside';
}

/** Each note once, with the rows it is about. */
function notes(rows: readonly RowResult[]): string {
  const about = new Map<string, string[]>();
  for (const { id, notes } of rows) {
    for (const note of notes) about.set(note, [...(about.get(note) ?? []), id]);
  }
  return [...about]
    .map(([note, ids]) => `  ${ids.length > NAMED_ROWS ? `${ids.length} rows` : ids.join(', ')}: ${note}`)
    .map((line) => `${line.replaceAll(CONTROL, ' ')}\n`)
    .join('');
}

function summary(rows: readonly RowResult[]): string {
  const { inside, fitted, predicted, reached } = totals(rows);
  return `${inside} of ${rows.length} rows inside: fitted ${fitted.inside} of ${fitted.rows}, predicted ${predicted.inside} of ${predicted.rows}; ${reached} more within the interval\n`;
}

/** How many rows there are, and how many are inside their tolerance. */
interface RowsSummary extends RowsCount {
  /** Outside, but their interval reaches what the tolerance allows. */
  reached: number;
  fitted: RowsCount;
  predicted: RowsCount;
}

interface RowsCount {
  rows: number;
  inside: number;
}

function totals(rows: readonly RowResult[]): RowsSummary {
  const count = (of: readonly RowResult[]) => ({
    rows: of.length,
    inside: of.filter(({ inside }) => inside).length,
  });
  return {
    ...count(rows),
    reached: rows.filter(({ inside, reached }) => reached && !inside).length,
    fitted: count(rows.filter(({ use }) => use === 'fitted')),
    predicted: count(rows.filter(({ use }) => use === 'predicted')),
  };
}

/** Every row of a targets file with what the model gave. */
export interface ValidationDocument {
  format: 'stage2-validation/1';
  /** Name of the file. */
  targets: string;
  summary: RowsSummary;
  rows: readonly RowResult[];
}

/** The document of `--json`. */
export function validationDocument(targets: string, rows: readonly RowResult[]): ValidationDocument {
  return { format: 'stage2-validation/1', targets, summary: totals(rows), rows };
}
