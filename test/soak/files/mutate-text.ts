// Mutations of a file as lines and numbers.
import type { Random } from '../hostile/random.js';
import { spliced, swapped } from './lists.js';
import { type Bytes, joined } from './mutate-bytes.js';

export type TextMutation = (random: Random, text: string) => string | Bytes;

/** What a number may become. */
export const NUMBERS = [
  '0',
  '-0',
  '-1',
  '1',
  '007',
  '0x',
  '0x0',
  '0xffffffffffffffff',
  '0x10000000000000000',
  '0xfffffffffffff000',
  '0x8000000000000000',
  '-0x1',
  '0xg',
  '1e400',
  '-1e400',
  '1e-400',
  '1e308',
  'NaN',
  'Infinity',
  '-Infinity',
  '',
  '.',
  '0.1',
  '1.5',
  '4294967295',
  '4294967296',
  '-2147483648',
  '9007199254740993',
  '18446744073709551616',
  '99999999999999999999999999999999',
  '1_000',
  '１２',
  '0b1',
  '+1',
  '1 2',
  '0X10',
  '1n',
];
const NUMBER = /0x[0-9a-f]+|-?\d+(?:\.\d+)?/gi;
const LONG = [1_000, 70_000, 300_000];
const STRANGE = ['\u0000', '\u2028', '\ufeff', '\u202e', '😀', '\t', '\r', '\u001b[2J', '\\', '%n', "'", '`'];
/** Bytes that are no UTF-8: overlong, a surrogate, a lone continuation, a cut-off character. */
const NO_UTF8 = [[0xc0, 0x80], [0xed, 0xa0, 0x80], [0x80], [0xf0, 0x9f, 0x98], [0xff, 0xfe]];

export const TEXT_MUTATIONS: Readonly<Record<string, TextMutation>> = {
  'number replaced': (random, text) => numbersReplaced(random, text, 1),
  'numbers replaced': (random, text) => numbersReplaced(random, text, 2 + random.below(4)),
  'numbers swapped': numbersSwapped,
  'line deleted': (random, text) => withLines(random, text, (lines, i) => spliced(lines, i, 1)),
  'line duplicated': (random, text) =>
    withLines(random, text, (lines, i) =>
      spliced(lines, i, 0, ...new Array(1 + random.below(3)).fill(lines[i])),
    ),
  'lines swapped': (random, text) =>
    withLines(random, text, (lines, i) => {
      const j = random.below(lines.length);
      return swapped(lines, i, j);
    }),
  'lines reversed': (random, text) =>
    withLines(random, text, (lines, i) => [
      ...lines.slice(0, i),
      ...lines.slice(i, i + 20).reverse(),
      ...lines.slice(i + 20),
    ]),
  'line cut': (random, text) =>
    withLines(random, text, (lines, i) =>
      spliced(lines, i, 1, (lines[i] ?? '').slice(0, random.below((lines[i] ?? '').length + 1))),
    ),
  'words swapped': (random, text) =>
    withLines(random, text, (lines, i) => {
      const words = (lines[i] ?? '').split(' ');
      const [a, b] = [random.below(words.length), random.below(words.length)];
      return spliced(lines, i, 1, swapped(words, a, b).join(' '));
    }),
  'very long line': (random, text) =>
    withLines(random, text, (lines, i) =>
      spliced(
        lines,
        i,
        1,
        (lines[i] ?? '') + random.pick(['x', ' ', '0', '[', '"']).repeat(random.pick(LONG)),
      ),
    ),
  'strange character': (random, text) => inserted(random, text, random.pick(STRANGE)),
  'no UTF-8': (random, text) => {
    const place = random.below(text.length + 1);
    const encoder = new TextEncoder();
    return joined(
      encoder.encode(text.slice(0, place)),
      Uint8Array.from(random.pick(NO_UTF8)),
      encoder.encode(text.slice(place)),
    );
  },
  'UTF-16': (_, text) => Uint8Array.from(Buffer.from(`\ufeff${text}`, 'utf16le')),
  'nothing but space': (random, text) =>
    ' \n\t\r'.charAt(random.below(4)).repeat(random.below(text.length + 1)),
};

function numbersReplaced(random: Random, text: string, n: number): string {
  const places = [...text.matchAll(NUMBER)];
  let changed = text;
  const chosen = new Set(Array.from({ length: n }, () => random.below(places.length)));
  for (const i of [...chosen].sort((a, b) => b - a)) {
    const place = places[i];
    if (place === undefined) continue;
    changed =
      changed.slice(0, place.index) + random.pick(NUMBERS) + changed.slice(place.index + place[0].length);
  }
  return changed;
}

function numbersSwapped(random: Random, text: string): string {
  const places = [...text.matchAll(NUMBER)];
  const [a, b] = [random.below(places.length), random.below(places.length)]
    .sort((x, y) => x - y)
    .map((i) => places[i]);
  if (a === undefined || b === undefined || a === b) return text;
  const between = text.slice(a.index + a[0].length, b.index);
  return text.slice(0, a.index) + b[0] + between + a[0] + text.slice(b.index + b[0].length);
}

function withLines(random: Random, text: string, change: (lines: string[], i: number) => string[]): string {
  const lines = text.split('\n');
  return change(lines, random.below(lines.length)).join('\n');
}

function inserted(random: Random, text: string, what: string): string {
  const place = random.below(text.length + 1);
  return text.slice(0, place) + what + text.slice(place);
}
