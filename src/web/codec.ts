// How a part of the page's state is written into a link, field by field: KEY=TEXT, the defaults left out.
import { parseHex } from '../arm/parse.js';

/** One kind of value as text. */
export interface Codec<T> {
  /** @throws Error that names `what`, what was found and what was expected */
  parse(text: string, what: string): T;
  format(value: T): string;
}

/** A field of a state: its key in links, and what it is without one. */
export interface FieldCodec<T> {
  key: string;
  codec: Codec<T>;
  initial: T;
}

export type Shape<T> = { readonly [K in keyof T]: FieldCodec<T[K]> };

const field =
  <T>(codec: Codec<T>) =>
  (key: string, initial: T): FieldCodec<T> => ({ key, codec, initial });

function expected(what: string, text: string, wanted: string): never {
  throw new Error(`${what}: found ${JSON.stringify(text.slice(0, 60))}, expected ${wanted}`);
}

export const hexText = (value: bigint): string => `0x${value.toString(16)}`;

const HEX: Codec<bigint> = { parse: parseHex, format: hexText };
const TEXT: Codec<string> = { parse: (text) => text, format: (value) => value };
const FLAG: Codec<boolean> = {
  parse: (text, what) => (text === '1' ? true : text === '0' ? false : expected(what, text, '0 or 1')),
  format: (value) => (value ? '1' : '0'),
};

/** A u64. */
export const hexField = field(HEX);
export const textField = field(TEXT);
export const flagField = field(FLAG);

function wordCodec<T extends string>(words: readonly T[]): Codec<T> {
  const parse = (text: string, what: string): T =>
    words.find((word) => word === text) ?? expected(what, text, words.join(', '));
  return { parse, format: (value) => value };
}

/** One of a few words. */
export function wordField<T extends string>(
  key: string,
  words: readonly T[],
  initial: NoInfer<T>,
): FieldCodec<T> {
  return { key, codec: wordCodec(words), initial };
}

/** A number in a range; `whole` ones only, unless said otherwise. */
export function numberField(
  key: string,
  [min, max]: readonly [number, number],
  initial: number,
  whole = true,
): FieldCodec<number> {
  const form = whole ? /^\d{1,16}$/ : /^\d{1,16}(\.\d{1,9})?$/;
  const parse = (text: string, what: string): number => {
    const value = form.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max
      ? value
      : expected(what, text, `a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
  };
  return { key, codec: { parse, format: String }, initial };
}

/** A list with commas of what `each` reads. One that begins with something is never empty. */
export function listField<T>(key: string, each: Codec<T>, initial: readonly T[]): FieldCodec<readonly T[]> {
  return {
    key,
    initial,
    codec: {
      parse: (text, what) => {
        if (text !== '') return text.split(',').map((part) => each.parse(part, what));
        return initial.length === 0 ? [] : expected(what, text, 'at least one');
      },
      format: (values) => values.map((value) => each.format(value)).join(','),
    },
  };
}

/** A list of names. */
export const namesField = (key: string, initial: readonly string[]) => listField(key, TEXT, initial);

/** Some of a few words. */
export const wordsField = <T extends string>(
  key: string,
  words: readonly T[],
  initial: readonly NoInfer<T>[],
) => listField(key, wordCodec(words), initial);

/** The fields that are not at their defaults, as [key, text]. */
export function encodeFields<T extends object>(shape: Shape<T>, value: T): [string, string][] {
  return keysOf(shape).flatMap((name): [string, string][] => {
    const { key, codec, initial } = shape[name];
    const text = codec.format(value[name]);
    return text === codec.format(initial) ? [] : [[key, text]];
  });
}

/** The state with every field that `texts` has; what cannot be read keeps its default and is a problem. */
export function decodeFields<T extends object>(
  shape: Shape<T>,
  texts: ReadonlyMap<string, string>,
  problems: string[],
): T {
  const value = initialOf(shape);
  for (const name of keysOf(shape)) {
    const { key, codec } = shape[name];
    const text = texts.get(key);
    if (text === undefined) continue;
    try {
      value[name] = codec.parse(text, key);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  return value;
}

export function initialOf<T extends object>(shape: Shape<T>): T {
  return Object.fromEntries(keysOf(shape).map((name) => [name, shape[name].initial])) as T;
}

function keysOf<T extends object>(shape: Shape<T>): (keyof T)[] {
  return Object.keys(shape) as (keyof T)[];
}
