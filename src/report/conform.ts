import type { DifferenceGroup, FileResult } from '../conform/run.js';
import { differenceText } from './conform-difference.js';
import { PLAIN, type Style } from './style.js';
import { table } from './text.js';

/** Control characters of names that come from files: each stays on its line. */
const CONTROL = /\p{Cc}/gu;

/** A line for each file, the differences by kind, and in full those that the results keep. */
export function conformText(results: readonly FileResult[], style: Style = PLAIN): string {
  const differences = results.flatMap((result) => result.differences);
  return [
    table(
      HEADER,
      (results.length > 1 ? [...results, totalOf(results)] : results).map((each) => row(each, style)),
    ),
    reasonLines(results),
    groupTable(mergeGroups(results)),
    ...differences.map(differenceText),
  ].join('');
}

const HEADER = ['', 'queries', 'equal', 'alternative', 'different', 'not applicable'];

/** The queries of files of recorded translations with what came of them. */
export interface ConformDocument {
  total: Counts;
  files: FileResult[];
  /** Differences of all files by kind, the largest first. */
  kinds: DifferenceGroup[];
}

type Counts = Pick<FileResult, 'file' | 'queries' | 'equal' | 'alternative' | 'different' | 'notApplicable'>;

function row(counts: Counts, style: Style): string[] {
  const { file, queries, equal, alternative, different, notApplicable } = counts;
  const set = different > 0 ? style.bad : style.good;
  return [
    file.replaceAll(CONTROL, ' '),
    ...[queries, equal, alternative].map(String),
    set(String(different)),
    String(notApplicable),
  ];
}

/** The sums over all files. */
export function totalOf(results: readonly Counts[]): Counts {
  const sum = (count: (result: Counts) => number): number =>
    results.reduce((total, result) => total + count(result), 0);
  return {
    file: 'total',
    queries: sum((result) => result.queries),
    equal: sum((result) => result.equal),
    alternative: sum((result) => result.alternative),
    different: sum((result) => result.different),
    notApplicable: sum((result) => result.notApplicable),
  };
}

function reasonLines(results: readonly FileResult[]): string {
  const lines = results.flatMap(({ file, reasons }) =>
    Object.entries(reasons).map(
      ([reason, queries]) => `${file.replaceAll(CONTROL, ' ')}: ${queries} not applicable: ${reason}\n`,
    ),
  );
  return lines.join('');
}

/** The groups of all files, the largest first. */
export function mergeGroups(results: readonly FileResult[]): DifferenceGroup[] {
  const merged = new Map<string, DifferenceGroup>();
  for (const group of results.flatMap(({ groups }) => groups)) {
    const key = JSON.stringify([group.expected, group.got, group.fields]);
    const queries = (merged.get(key)?.queries ?? 0) + group.queries;
    merged.set(key, { ...group, queries });
  }
  return [...merged.values()].sort((a, b) => b.queries - a.queries);
}

const GROUPS_SHOWN = 20;

function groupTable(groups: readonly DifferenceGroup[]): string {
  if (groups.length === 0) return '';
  const rows = groups
    .slice(0, GROUPS_SHOWN)
    .map(({ expected, got, fields, queries }) => [expected, got, fields, `${queries}`]);
  const more = groups.length > GROUPS_SHOWN ? `  and ${groups.length - GROUPS_SHOWN} more kinds\n` : '';
  return `\n${table(['expected', 'got', 'differs in', 'queries'], rows, 3)}${more}`;
}
