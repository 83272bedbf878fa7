import type {
  Difference,
  DifferenceKind,
  FaultsReplay,
  Outcomes,
  ReplayResult,
} from '../scenario/replay/index.js';
import { replayTablesText } from './replay-tables.js';
import { table, whole, wrap } from './text.js';

/** Everything a replay found. Addresses are bigints. */
export interface ReplayDocument extends Omit<ReplayResult, 'faults'> {
  format: 'stage2-replay/1';
  faults: Omit<FaultsReplay, 'records' | 'paths' | 'sites'> & {
    paths: { count: number; words: number[] }[];
    /** By site: how often its condition was false, and true. */
    sites: { isFalse: number[]; isTrue: number[] };
  };
}

/** The document of `--json`. */
export function replayDocument(result: ReplayResult): ReplayDocument {
  const { records: _, ...faults } = result.faults;
  const paths = faults.paths.map(({ count, words }) => ({ count, words: [...words] }));
  const sites = { isFalse: Array.from(faults.sites.isFalse), isTrue: Array.from(faults.sites.isTrue) };
  return { format: 'stage2-replay/1', ...result, faults: { ...faults, paths, sites } };
}

/** The report for people: counts first, then what v4.13 does otherwise, the tables, the lines. */
export function replayText(result: ReplayResult): string {
  return [
    headText(result),
    countsText(result.faults),
    classesText(result.faults),
    differencesText(result.faults.differences),
    replayTablesText(result.tables),
    linesText(result),
  ].join('\n');
}

function headText({ trace, slots, capture, variant }: ReplayResult): string {
  const renamed = trace.endsWith(capture.trace) ? '' : wrap(`${slots} says it belongs to ${capture.trace}.`);
  return (
    `${trace}\n` +
    wrap(`captured on ${capture.kernel}, ${capture.cpu}; replayed on v4.13, variant ${variant}`) +
    renamed
  );
}

function countsText(faults: FaultsReplay): string {
  const { fetch, data } = faults.injectedBefore;
  const { captured, equal } = faults.dirtyLogs;
  const rows = [
    ['captured', whole(faults.captured)],
    ['taken by v4.13', whole(faults.taken)],
    ['not taken', whole(faults.notTaken)],
    ['taken again after a retry', whole(faults.takenAgain)],
    ['injected by the captured kernel before its handler', whole(fetch + data)],
    ['distinct paths through the handler', whole(faults.paths.length)],
    ['faults of paths not recorded', whole(faults.pathsUnrecorded)],
    ['dirty logs read, as many pages as captured', `${whole(equal)} of ${whole(captured)}`],
  ];
  return table(['Guest faults', ''], rows);
}

function classesText({ classes, outcomes, captured, taken, notTaken, kernelLog }: FaultsReplay): string {
  const total = { class: 'all', captured, taken, notTaken, outcomes };
  const rows = [...classes, total].map((row) => [
    row.class,
    whole(row.captured),
    whole(row.taken),
    whole(row.notTaken),
    outcomesText(row.outcomes),
  ]);
  const header = ['Captured class', 'captured', 'taken', 'not taken', 'how v4.13 answers'];
  return tableWithText(header, rows) + logText(kernelLog);
}

/** A table whose last column is text, which is not aligned to the right. */
function tableWithText(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const last = header.length - 1;
  const all = [header, ...rows];
  const width = Math.max(...all.map((row) => (row[last] ?? '').length));
  const [first = [], ...rest] = all.map((row) => [...row.slice(0, last), (row[last] ?? '').padEnd(width)]);
  return table(first, rest);
}

const OUTCOME_WORDS: Readonly<Record<string, string>> = {
  MAPPED_PAGE: 'page',
  MAPPED_BLOCK: 'block',
  RETRY: 'retry',
  ACCESS_FLAG: 'access flag',
  MMIO_USER: 'device',
  MMIO_KERNEL: 'in-kernel device',
  INJECT_PABT: 'prefetch abort',
  INJECT_DABT: 'data abort',
  INJECT_VABT: 'SError',
  SKIP_INSTRUCTION: 'instruction skipped',
  RAS_CLAIMED: 'claimed by the host',
};

function outcomesText(outcomes: Outcomes): string {
  const sorted = Object.entries(outcomes).sort(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => `${outcomeWords(name)} ${whole(count)}`).join(', ');
}

function outcomeWords(name: string): string {
  return OUTCOME_WORDS[name] ?? name.replace(/^ERROR /, '');
}

function logText(kernelLog: Readonly<Record<string, number>>): string {
  const logged = Object.entries(kernelLog).filter(([, count]) => count > 0);
  if (logged.length === 0) return '';
  const words = logged.map(([name, count]) => `${name} ${whole(count)}`);
  return wrap(`Lines v4.13 logs: ${words.join(', ')}`);
}

const KIND_WORDS: Readonly<Record<DifferenceKind, string>> = {
  notTaken: 'Faults that v4.13 does not take',
  syndrome: 'Faults that v4.13 takes with another syndrome',
  answer: 'Faults that v4.13 answers otherwise',
  host: 'What v4.13 and its host do otherwise',
  assumption: 'What the capture leaves open',
};

/** Differences by kind: how often, where first, and why. */
function differencesText(differences: readonly Difference[]): string {
  if (differences.length === 0) return 'v4.13 does everything as the captured kernel.\n';
  const width = Math.max(...differences.map(({ count }) => whole(count).length));
  const indent = ' '.repeat(width + 4);
  const kinds = [...new Set(differences.map(({ kind }) => kind))];
  const parts = kinds.map((kind) => {
    const entries = differences
      .filter((row) => row.kind === kind)
      .map(({ count, firstLine, reason }) => {
        const body = wrap(`${reason} (first: line ${firstLine})`, 108, indent);
        return `  ${whole(count).padStart(width)}${body.slice(width + 2)}`;
      });
    return `${KIND_WORDS[kind]}\n${entries.join('')}`;
  });
  return parts.join('\n');
}

function linesText({ lines }: ReplayResult): string {
  const events = Object.entries(lines.events);
  const read = events.reduce((sum, [, count]) => sum + count, 0);
  const skipped = lines.notInterpreted.reduce((sum, { count }) => sum + count, 0);
  const head = `Lines: ${whole(read)} events up to line ${lines.last}, of which ${whole(skipped)} were not interpreted.\n`;
  if (skipped === 0) return head;
  const rows = lines.notInterpreted.map(({ what, count, firstLine, firstText }) => [
    what,
    whole(count),
    `line ${firstLine}`,
    shorten(firstText.trim()),
  ]);
  return head + tableWithText(['Not interpreted', 'lines', 'first', ''], rows);
}

const SHOWN = 70;

function shorten(text: string): string {
  const plain = text.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '?');
  return plain.length > SHOWN ? `${plain.slice(0, SHOWN)}…` : plain;
}
