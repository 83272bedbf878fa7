import { isDigit } from './cursor.js';

const SPACE = 0x20;
const COLON = 0x3a;

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

/**
 * Parses `TASK-PID (TGID) [CPU] FLAGS TIMESTAMP: NAME: ` of tracefs text or of `trace-cmd report`, where thread group
 * and flags may be absent. The task name may hold spaces, dashes, colons and brackets, so the CPU column is the first
 * `[digits]` around which all the other columns fit. Null if there is none.
 */
export function parsePrefix(text: string): LinePrefix | null {
  for (let open = text.indexOf('['); open >= 0; open = text.indexOf('[', open + 1)) {
    const prefix = prefixAround(text, open);
    if (prefix !== null) return prefix;
  }
  return null;
}

function prefixAround(text: string, open: number): LinePrefix | null {
  const close = skipDigits(text, open + 1);
  if (close === open + 1 || close > open + 6 || text[close] !== ']' || text.charCodeAt(close + 1) !== SPACE)
    return null;
  const nameAt = skipTimestamp(text, skipFlags(text, skipSpaces(text, close + 1)));
  if (nameAt < 0) return null;
  const nameEnd = skipName(text, nameAt);
  if (nameEnd < 0) return null;
  const task = taskBefore(text, open);
  if (task === null) return null;
  const name = text.slice(nameAt, nameEnd);
  return { task, cpu: Number(text.slice(open + 1, close)), name, payload: skipSpaces(text, nameEnd + 1) };
}

/** `vmm-108`, with ` (TGID)` behind it dropped; null if no `-PID` stands before the CPU column. */
function taskBefore(text: string, open: number): string | null {
  if (text.charCodeAt(open - 1) !== SPACE) return null;
  let end = trimEnd(text, open);
  if (text[end - 1] === ')') end = trimEnd(text, text.lastIndexOf('(', end));
  let pid = end;
  while (pid > 0 && isDigit(text.charCodeAt(pid - 1))) pid -= 1;
  if (pid === end || text[pid - 1] !== '-') return null;
  return text.slice(skipSpaces(text, 0), end);
}

/** The column of flags (`d..2.`) begins with no digit, the time stamp with one. */
function skipFlags(text: string, at: number): number {
  if (isDigit(text.charCodeAt(at))) return at;
  const end = text.indexOf(' ', at);
  return end < 0 ? at : skipSpaces(text, end);
}

/** Behind `seconds.fraction: ` or, with a counting trace clock, `ticks: `; -1 if there is none. */
function skipTimestamp(text: string, at: number): number {
  let end = skipDigits(text, at);
  if (end === at) return -1;
  if (text[end] === '.') end = skipDigits(text, end + 1);
  return text.charCodeAt(end) === COLON && text.charCodeAt(end + 1) === SPACE
    ? skipSpaces(text, end + 1)
    : -1;
}

/** The colon behind the name of an event; -1 if no name stands here. */
function skipName(text: string, at: number): number {
  let end = at;
  while (isNameCharacter(text.charCodeAt(end))) end += 1;
  const closed =
    text.charCodeAt(end) === COLON && (end + 1 === text.length || text.charCodeAt(end + 1) === SPACE);
  return end > at && closed ? end : -1;
}

function isNameCharacter(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || isDigit(code) || code === 0x5f;
}

function skipDigits(text: string, at: number): number {
  let end = at;
  while (isDigit(text.charCodeAt(end))) end += 1;
  return end;
}

function skipSpaces(text: string, at: number): number {
  let end = at;
  while (text.charCodeAt(end) === SPACE) end += 1;
  return end;
}

function trimEnd(text: string, end: number): number {
  let last = end;
  while (last > 0 && text.charCodeAt(last - 1) === SPACE) last -= 1;
  return last;
}
