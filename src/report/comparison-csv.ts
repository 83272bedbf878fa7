import type { CoreComparison } from '../scenario/comparison/core.js';
import type { PairedCost } from '../scenario/comparison/types.js';

const COLUMNS = ['core', 'state', 'group', 'faults', 'quantity', 'unit', 'p5', 'median', 'p95', 'mean'];
const QUANTITIES = [
  ['base', 'cycles per fault', 'base'],
  ['added', 'cycles per fault', 'added'],
  ['percent', 'percent of base', 'percent'],
  ['layout noise', 'cycles per fault', 'layoutNoise'],
] as const;

/** One line for each core, state, group of faults and quantity (RFC 4180, LF). */
export function comparisonCsv(cores: readonly CoreComparison[]): string {
  const rows = cores.flatMap(({ core, states }) =>
    states.flatMap(({ state, all, reaching, groups }) =>
      [all, ...(reaching === null ? [] : [reaching]), ...groups].flatMap((cost) =>
        costRows(core, state, cost),
      ),
    ),
  );
  return [COLUMNS.join(','), ...rows].map((line) => `${line}\n`).join('');
}

function costRows(core: string, state: string, cost: PairedCost): string[] {
  return QUANTITIES.map(([name, unit, key]) =>
    row(core, state, cost.group, cost.faults, name, unit, cost[key]),
  );
}

function row(
  core: string,
  state: string,
  group: string,
  faults: number,
  quantity: string,
  unit: string,
  { p5, median, p95, mean }: PairedCost['base'],
): string {
  return [core, state, group, faults, quantity, unit, p5, median, p95, mean].map(cell).join(',');
}

function cell(value: string | number): string {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
