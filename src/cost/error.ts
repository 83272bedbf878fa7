/** Misuse of the cost model or data it cannot use: `code` in the style of errno, the problem in one line. */
export class CostError extends Error {
  /** Always `EINVAL`. */
  readonly code = 'EINVAL';

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** A data file that is not what it should be. */
export class DataError extends CostError {
  /** Name of the file, as its reader was given it. */
  readonly file: string;
  /** Where in the file, such as `callees.find_vma` or `kvm_handle_guest_abort b27.taken`; empty for the whole. */
  readonly field: string;

  constructor(file: string, field: string, problem: string) {
    super([oneLine(file), oneLine(field), problem].filter((part) => part !== '').join(': '));
    this.file = file;
    this.field = field;
  }
}

/** A file of compiled blocks or of recorded paths that cannot be followed. */
export class BuildError extends DataError {}

/** A walk that cannot go on: the build, the block it stopped at, and why. */
export class WalkError extends CostError {
  /** Id of the build. */
  readonly build: string;
  /** Label of the block, such as `a7`; `entry` before the first, `end` after the last. */
  readonly block: string;

  constructor(build: string, block: string, problem: string) {
    super(`${oneLine(build)}: ${oneLine(block)}: ${problem}`);
    this.build = build;
    this.block = block;
  }
}

const SHOWN_MAX = 60;

/** A found value as short one-line text for a message. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'string' ? quoted(cut(value)) : String(value);
}

function cut(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

function oneLine(text: string): string {
  return quoted(cut(text)).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\');
}

/** What JSON leaves as it is, but a terminal may not: other control characters, line and paragraph separators. */
const UNPRINTED = /[\p{Cc}\u2028\u2029]/gu;

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    UNPRINTED,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
