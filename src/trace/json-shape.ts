import { show, TraceError } from './error.js';

/** Objects and arrays inside one another: far more than any file of these formats has. */
export const DEPTH_MAX = 100;

/** Keys with which JavaScript's objects mean something else. */
const TAKEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/** An object or an array that has begun. */
interface Open {
  /** Keys so far; undefined for an array. */
  keys: Set<string> | undefined;
  /** Key of the value that comes next. */
  key: string | number;
}

/**
 * Refuses JSON that parsers read as something else than what is written: a key given twice, of which only the last
 * would count, and keys that objects have already. Refuses nesting that recursion over the value could not follow.
 * Text that is no JSON passes: the parser says more about it.
 * @throws TraceError that names the field
 */
export function checkShape(text: string, file: string): void {
  const open: Open[] = [];
  let isKey = false;
  for (let at = 0; at < text.length; at++) {
    const top = open.at(-1);
    switch (text.charCodeAt(at)) {
      case 0x7b:
      case 0x5b:
        isKey = text.charCodeAt(at) === 0x7b;
        if (open.length === DEPTH_MAX)
          refuse(open, file, `found values nested deeper than ${DEPTH_MAX}, expected less`);
        open.push({ keys: isKey ? new Set() : undefined, key: 0 });
        break;
      case 0x7d:
      case 0x5d:
        open.pop();
        isKey = false;
        break;
      case COMMA:
        isKey = top?.keys !== undefined;
        if (typeof top?.key === 'number') top.key++;
        break;
      case QUOTE: {
        const end = endOfString(text, at + 1);
        if (isKey && top !== undefined) takeKey(open, top, text.slice(at, end + 1), file);
        isKey = false;
        at = end;
        break;
      }
      default:
    }
  }
}

/** The closing quote of the string whose characters begin at `from`, or the end of the text. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

function takeKey(open: readonly Open[], top: Open, quoted: string, file: string): void {
  const key = quoted.includes('\\') ? unescaped(quoted) : quoted.slice(1, -1);
  if (TAKEN.has(key))
    refuse(open.slice(0, -1), file, `found the key ${show(key)}, expected none of this name`);
  if (top.keys?.has(key))
    refuse(open.slice(0, -1), file, `found the key ${show(key)} twice, expected it once`);
  top.keys?.add(key);
  top.key = key;
}

/** Text that is no string is left to the parser. */
function unescaped(quoted: string): string {
  try {
    return JSON.parse(quoted);
  } catch {
    return quoted;
  }
}

function refuse(path: readonly Open[], file: string, problem: string): never {
  const field = path.map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
  throw new TraceError({ file, field: field === '' ? 'top level' : field.replace(/^\./, '') }, problem);
}
