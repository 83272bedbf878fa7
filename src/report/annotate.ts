import type { StepProfile } from '../scenario/comparison/timeline.js';
import { table, whole } from './text.js';

/** Whose cycles are annotated. */
export interface AnnotatedRun {
  core: string;
  build: string;
  faults: number;
  parts: readonly string[];
  /** Places of branch sites in the source, such as `mmu.c:1313`. */
  places: ReadonlyMap<string, string>;
  rows: readonly StepProfile[];
}

/**
 * Where the cycles of all faults went, block by block under their functions, in the spirit of perf annotate: the
 * function with the most cycles first, its blocks in the order they were first run.
 */
export function annotate(run: AnnotatedRun): string {
  const total = run.rows.reduce((sum, row) => sum + row.total, 0n);
  const head = `${run.build} on ${run.core}: ${whole(Number(total) / 1e6)} cycles of ${whole(run.faults)} faults\n`;
  const header = ['', '%', 'cycles', 'runs', ...run.parts, '', ''];
  const rows = functionsOf(run.rows).flatMap(({ name, blocks, cost }) => [
    [name, percent(cost, total), cycles(cost), '', ...run.parts.map(() => ''), '', ''],
    ...merged(blocks).map((row) => rowText(row, run, total)),
  ]);
  return head + table(header, rows.map(siteLast));
}

/** Site and place stand behind the numbers, two blanks after them. */
function siteLast(row: readonly string[]): string[] {
  return [...row.slice(0, -2), row.slice(-2).filter(Boolean).join(' ')];
}

interface FunctionRows {
  name: string;
  blocks: StepProfile[];
  cost: bigint;
}

function functionsOf(rows: readonly StepProfile[]): FunctionRows[] {
  const functions = new Map<string, FunctionRows>();
  for (const row of rows) {
    const name = row.frames.at(-1) ?? '';
    const found = functions.get(name) ?? { name, blocks: [], cost: 0n };
    functions.set(name, found);
    found.blocks.push(row);
    found.cost += row.total;
  }
  return [...functions.values()].sort((a, b) => (a.cost === b.cost ? 0 : a.cost < b.cost ? 1 : -1));
}

/** A function called from several places has its blocks once. */
function merged(rows: readonly StepProfile[]): StepProfile[] {
  const blocks = new Map<string, StepProfile & { parts: Map<string, bigint> }>();
  for (const row of rows) {
    const found = blocks.get(row.block);
    if (found === undefined) {
      blocks.set(row.block, { ...row, parts: new Map(row.parts) });
      continue;
    }
    found.runs += row.runs;
    found.total += row.total;
    for (const [part, cost] of row.parts) found.parts.set(part, (found.parts.get(part) ?? 0n) + cost);
  }
  return [...blocks.values()];
}

function rowText(row: StepProfile, { parts, places }: AnnotatedRun, total: bigint): string[] {
  return [
    `  ${row.block === '' ? '(not followed)' : row.block}`,
    percent(row.total, total),
    cycles(row.total),
    whole(row.runs),
    ...parts.map((part) => cycles(row.parts.get(part) ?? 0n)),
    row.site ?? '',
    row.site === undefined ? '' : (places.get(row.site) ?? ''),
  ];
}

function percent(part: bigint, total: bigint): string {
  return total === 0n ? '0.00' : ((100 * Number(part)) / Number(total)).toFixed(2);
}

function cycles(cost: bigint): string {
  return cost === 0n ? '' : whole(Number(cost) / 1e6);
}
