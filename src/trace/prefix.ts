/** The part of an event line before its payload. */
export interface LinePrefix {
  /** Task and thread id as printed: `vmm-108`. */
  task: string;
  /** Host CPU. */
  cpu: number;
  /** Name of the event: `kvm_exit`. */
  name: string;
  /** Where the payload starts. */
  payload: number;
}

/** `vmm-108`, right-aligned; the lookahead keeps the time on a line of spaces linear. */
const TASK = ' *(?! )(.*?-\\d+) +';
/** `(    108) ` or `(-------) `, only there if the tracer records thread groups. */
const THREAD_GROUP = '(?:\\([ \\d-]+\\) +)?';
const CPU = '\\[(\\d{1,6})\\] +';
/** `d..2. `, absent in older `trace-cmd report`; unlike a time stamp it does not begin with a digit. */
const FLAGS = '(?:[^\\s\\d]\\S* +)?';
/** Seconds with a fraction or, with a counting trace clock, ticks. */
const TIMESTAMP = '\\d+(?:\\.\\d+)?: +';
const NAME = '([A-Za-z0-9_]+):(?: +|$)';

const PREFIX = new RegExp(TASK + THREAD_GROUP + CPU + FLAGS + TIMESTAMP + NAME, 'sy');

/**
 * Parses `TASK-PID (TGID) [CPU] FLAGS TIMESTAMP: NAME: ` of tracefs text or of `trace-cmd report`, where thread group
 * and flags may be absent. The task name may hold spaces, dashes, colons and brackets, so the CPU column is the first
 * `[digits]` around which all the other columns fit. Null if there is none.
 */
export function parsePrefix(text: string): LinePrefix | null {
  PREFIX.lastIndex = 0;
  const found = PREFIX.exec(text);
  if (found === null) return null;
  const [columns, task = '', cpu, name = ''] = found;
  return { task, cpu: Number(cpu), name, payload: columns.length };
}
