import type { TraceEvent } from './event.js';

/** Lines of one sort that were read but not used. */
export interface TallyRow {
  /** `other`: an event that is not interpreted; `unparsed`: a line that is not as expected. */
  kind: 'other' | 'unparsed';
  /** Name of the event, or the reason. */
  what: string;
  /** Lines of this sort. */
  count: number;
  /** 1-based line of the first one. */
  firstLine: number;
  /** Text of that line. */
  firstText: string;
}

/** Counts the events that were not interpreted, by name, and the unparsed lines, by reason, with an example of each. */
export class LineTally {
  private readonly rowsByKey = new Map<string, TallyRow>();

  /** Counts `event`, which was read from the line `text`, if it is `other` or `unparsed`. */
  add(event: TraceEvent, text: string): void {
    if (event.kind === 'other') this.count('other', event.name, event.line, text);
    else if (event.kind === 'unparsed') this.count('unparsed', event.reason, event.line, text);
  }

  /** How many lines of one sort, or of both, were counted. */
  total(kind?: TallyRow['kind']): number {
    return this.rows(kind).reduce((sum, row) => sum + row.count, 0);
  }

  /** The rows, most frequent first. */
  rows(kind?: TallyRow['kind']): TallyRow[] {
    const rows = [...this.rowsByKey.values()].filter((row) => kind === undefined || row.kind === kind);
    return rows.sort((a, b) => b.count - a.count || a.firstLine - b.firstLine);
  }

  private count(kind: TallyRow['kind'], what: string, line: number, text: string): void {
    const key = `${kind} ${what}`;
    const row = this.rowsByKey.get(key);
    if (row === undefined)
      this.rowsByKey.set(key, { kind, what, count: 1, firstLine: line, firstText: text });
    else row.count += 1;
  }
}
