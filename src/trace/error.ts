/** What a {@link TraceError} points at. */
export interface TracePlace {
  /** Name of the file as the caller gave it. */
  file: string;
  /** 1-based line of the uncompressed text. */
  line?: number | undefined;
  /** Path of a JSON field, such as `slots[3].gpa`. */
  field?: string | undefined;
}

/** Bad input of a trace, memslot or dump file: one line that says where, what was found and what was expected. */
export class TraceError extends Error {
  /** Always: the input is at fault. Same codes as those of Stage2Error. */
  readonly code = 'EINVAL';
  /** Name of the file as the caller gave it. */
  readonly file: string;
  /** 1-based line of the uncompressed text; undefined if the input is no text of lines. */
  readonly line: number | undefined;
  /** Path of a JSON field, such as `slots[3].gpa`; undefined outside JSON. */
  readonly field: string | undefined;

  constructor(place: TracePlace, problem: string) {
    super(`${describePlace(place)}: ${problem}`);
    this.name = 'TraceError';
    this.file = place.file;
    this.line = place.line;
    this.field = place.field;
  }
}

const SHOWN_MAX = 60;
const PLACE_MAX = 300;

/** A found value as short one-line text for a message: strings quoted, control characters escaped. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? quoted(cut(value, SHOWN_MAX)) : String(value);
  return cut(text, SHOWN_MAX + 8);
}

function cut(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}…` : text;
}

function describePlace({ file, line, field }: TracePlace): string {
  const where = line === undefined ? oneLine(file) : `${oneLine(file)}:${line}`;
  return field === undefined ? where : `${where}: ${oneLine(field)}`;
}

/** Text with its control characters escaped, so that it cannot break a message into lines; shortened if very long. */
export function oneLine(text: string): string {
  return quoted(cut(text, PLACE_MAX)).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\');
}

/** What JSON leaves as it is, but a terminal may not: other control characters, line and paragraph separators. */
const UNPRINTED = /[\p{Cc}\u2028\u2029]/gu;

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    UNPRINTED,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
