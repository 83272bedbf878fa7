import type { Build, CalleeOutcome } from '../cost/index.js';
import type { Outcome } from './outcome.js';

export interface Comparison {
  /** One line for each field that differs. */
  differences: string[];
  /** Recorded predicates and quantities that the emulation says nothing about. */
  notReached: string[];
}

type Scalar = string | number | boolean | null | undefined;
type Note = (field: string, expected: Scalar, got: Scalar) => void;
type Scalars = Readonly<Record<string, Scalar>>;

/** Blocks shown on each side of the first that differs. */
const CONTEXT = 3;

/** Compares a recorded outcome with the emulator's, field by field. */
export function compareOutcomes(build: Build, expected: Outcome, got: Outcome): Comparison {
  const differences: string[] = [];
  const note: Note = (field, wanted, found) => {
    if (wanted !== found) differences.push(`${field}: expected ${show(wanted)}, got ${show(found)}`);
  };
  note('ret', expected.ret, got.ret);
  note('oops', expected.oops, got.oops);
  compareKnown(
    'predicates',
    { ...Object.fromEntries(build.constants), ...expected.predicates },
    got.predicates,
    note,
  );
  compareKnown('quantities', expected.quantities, got.quantities, note);
  compareBlocks(expected.blocks, got.blocks, note);
  compareCallees(build, expected.callees, got.callees, note);
  compareCounts('totals', expected.totals, got.totals, note);
  compareCounts('loops', expected.loops, got.loops, note);
  note('opaque', [...expected.opaque].sort().join(' '), [...got.opaque].sort().join(' '));
  return { differences, notReached: missing(expected, got) };
}

function show(value: Scalar): string {
  return value === undefined || value === '' ? 'none' : String(value);
}

/** Compares what both sides know. */
function compareKnown(field: string, expected: Scalars, got: Scalars, note: Note): void {
  for (const [name, value] of Object.entries(got)) {
    if (expected[name] !== undefined) note(`${field}.${name}`, expected[name], value);
  }
}

function missing(expected: Outcome, got: Outcome): string[] {
  return [
    ...Object.keys(expected.predicates).filter((name) => got.predicates[name] === undefined),
    ...Object.keys(expected.quantities).filter((name) => got.quantities[name] === undefined),
  ];
}

function compareCounts(field: string, expected: Scalars, got: Scalars, note: Note): void {
  for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
    note(`${field}.${key}`, expected[key] ?? 0, got[key] ?? 0);
  }
}

/** Shows the blocks around the first that differs, which is in brackets. */
function compareBlocks(expected: readonly string[], got: readonly string[], note: Note): void {
  const at = firstDifference(expected, got);
  if (at !== undefined) note(`blocks[${at}]`, around(expected, at), around(got, at));
}

function firstDifference(a: readonly string[], b: readonly string[]): number | undefined {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i;
  return undefined;
}

function around(blocks: readonly string[], at: number): string {
  const shown = blocks.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1);
  const index = Math.min(at, CONTEXT);
  return [...shown.slice(0, index), `[${shown[index] ?? 'end'}]`, ...shown.slice(index + 1)].join(' ');
}

function compareCallees(
  build: Build,
  expected: readonly CalleeOutcome[],
  got: readonly CalleeOutcome[],
  note: Note,
): void {
  const at = firstDifference(expected.map(callText), got.map(callText));
  if (at !== undefined) note(`callees[${at}]`, textAt(expected, at), textAt(got, at));
  for (const [i, call] of expected.slice(0, at).entries()) {
    compareQuantities(build, `callees[${i}] ${call.name}`, call, got[i] as CalleeOutcome, note);
  }
}

function callText({ name, outcome }: CalleeOutcome): string {
  return `${name} ${outcome}`;
}

function textAt(calls: readonly CalleeOutcome[], at: number): string | undefined {
  const call = calls[at];
  return call === undefined ? undefined : callText(call);
}

/** One that was not recorded counts as 0 where it has a slope, that is where it shows; else it was left out. */
function compareQuantities(
  build: Build,
  field: string,
  expected: CalleeOutcome,
  got: CalleeOutcome,
  note: Note,
): void {
  const slopes = build.callees.get(expected.name)?.get(expected.outcome)?.slopes;
  for (const name of new Set([...Object.keys(expected.q ?? {}), ...Object.keys(got.q ?? {})])) {
    const wanted = expected.q?.[name];
    if (wanted !== undefined || slopes?.has(name)) note(`${field} ${name}`, wanted ?? 0, got.q?.[name] ?? 0);
  }
}
