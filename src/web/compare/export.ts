import { comparisonCsv } from '../../report/comparison-csv.js';
import { jsonText } from '../elements/download.js';
import type { CompareState } from './state.js';
import type { CompareAnswer } from './types.js';

/** What was compared, as one document; `link` brings it back. */
export function comparisonJson(
  state: CompareState,
  trace: string,
  cells: readonly CompareAnswer[],
  link: string,
): string {
  const { config, kernel, placements, samples, faults, contention, seed } = state;
  const run = { trace, config, kernel, placements, samples, faults, contention, seed };
  return jsonText({ format: 'stage2-page-compare/1', link, run, cells });
}

/** The lines of stage2 compare --csv behind a column with the variant. */
export function cellsCsv(cells: readonly CompareAnswer[]): string {
  const lines = cells.flatMap(({ variant, compared }, i) => {
    const [header = '', ...rows] = comparisonCsv([compared]).trimEnd().split('\n');
    const own = rows.map((row) => `${variant},${row}`);
    return i === 0 ? [`variant,${header}`, ...own] : own;
  });
  return `${lines.join('\n')}\n`;
}
