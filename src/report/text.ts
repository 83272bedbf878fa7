/** A number with its plausible range. */
export interface Interval {
  v: number;
  lo: number;
  hi: number;
}

/** Made when they are asked for, and once: to make one takes as long as to format a hundred numbers. */
const formats = new Map<number, Intl.NumberFormat>();

function formatOf(decimals: number): Intl.NumberFormat {
  const known = formats.get(decimals);
  if (known !== undefined) return known;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const format = new Intl.NumberFormat('en-US', digits);
  formats.set(decimals, format);
  return format;
}

/** What is smaller is shown as 0. */
const SHOWN_LEAST = 0.005;

/** About three significant digits, two decimals at most, grouped by thousands. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size < SHOWN_LEAST) return '0';
  const decimals = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return formatOf(decimals).format(value);
}

/** `v [lo - hi]`; a range that is nothing but zero is written so. */
export function interval(range: Interval): string {
  if (range.lo === 0 && range.hi === 0) return '0';
  return `${figure(range.v)} [${figure(range.lo)} - ${figure(range.hi)}]`;
}

const BELOW_MS = [' µs', ' ns'];

/** Milliseconds; what would be shown as 0 in a smaller unit, which is then named. */
export function milliseconds(range: Interval): string {
  let { v, lo, hi } = range;
  let unit = '';
  for (const smaller of BELOW_MS) {
    if (v >= SHOWN_LEAST || hi === 0) break;
    [v, lo, hi] = [v * 1000, lo * 1000, hi * 1000];
    unit = smaller;
  }
  return interval({ v, lo, hi }) + unit;
}

/** A mean with half the width of its interval. */
export function plusMinus(mean: number, half: number): string {
  return `${figure(mean)} ± ${figure(half)}`;
}

/** Percent with the digits that a hundredth of a thousandth needs. */
export function percentFigure(value: number): string {
  return Math.abs(value) >= 1 ? figure(value) : (Number(value.toFixed(3)) || 0).toFixed(3);
}

/** With a sign, as a difference is written. */
export function signed(value: number): string {
  return value >= 0.005 ? `+${figure(value)}` : figure(value);
}

/** A whole number, grouped by thousands. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Bytes in the unit they are whole in. */
export function bytes(value: bigint): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = value;
  let unit = 0;
  while (size >= 1024n && size % 1024n === 0n && unit < units.length - 1) {
    size /= 1024n;
    unit++;
  }
  return `${size} ${units[unit]}`;
}

/** No line of a report is longer than this, in characters. */
const WIDTH = 110;

/**
 * As {@link table}, in several if it is wider than a report: each has the first column, and as many of the others as
 * there is room for.
 */
export function tables(header: readonly string[], rows: readonly (readonly string[])[], left = 1): string {
  const widths = columnWidths([header, ...rows]);
  const [first = 0, ...others] = widths;
  const parts: number[][] = [[]];
  let width = first + 2;
  others.forEach((each, i) => {
    if (width + each + 2 > WIDTH && parts.at(-1)?.length !== 0) {
      parts.push([]);
      width = first + 2;
    }
    parts.at(-1)?.push(i + 1);
    width += each + 2;
  });
  const part = (columns: readonly number[]) => (row: readonly string[]) =>
    [0, ...columns].map((column) => row[column] ?? '');
  return parts
    .map((columns) =>
      table(part(columns)(header), rows.map(part(columns)), columns.filter((i) => i < left).length + 1),
    )
    .join('\n');
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
  return (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => shownLength(row[column] ?? ''))));
}

/** Columns padded to their widest cell: the first `left` columns to the left, the rest to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], left = 1): string {
  const all = [header, ...rows];
  const widths = columnWidths(all);
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column < left ? padEnd(cell, widths[column] ?? 0) : padStart(cell, widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return `${all.map((row) => `  ${line(row)}`).join('\n')}\n`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal's colours begin with
const COLOUR = /\u001b\[[\d;]*m/g;

/** Characters that are seen: colours take no room. */
function shownLength(text: string): number {
  return text.replaceAll(COLOUR, '').length;
}

function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - shownLength(text)));
}

function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - shownLength(text))) + text;
}

/** Words broken into lines of at most `width`. */
export function wrap(text: string, width = 108, indent = '  '): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width - indent.length) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return `${[...lines, indent + line].join('\n')}\n`;
}

/** Items broken into lines of at most `width`, one space between them; an item is never broken. */
export function wrapItems(items: readonly string[], width: number, indent: string): string[] {
  const lines: string[] = [];
  for (const item of items) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + item.length <= width)
      lines[lines.length - 1] = `${line} ${item}`;
    else lines.push(indent + item);
  }
  return lines;
}
