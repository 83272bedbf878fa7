import * as v from 'valibot';

const HEX = 'a hex string of up to 64 bits such as "0x1000"';

/** A string of hex digits behind 0x, as a bigint: no address passes through a float. */
export const hex64 = v.pipe(
  v.string(HEX),
  v.regex(/^0x[0-9a-f]{1,16}$/i, HEX),
  v.transform((text) => BigInt(text)),
);

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number) {
  const expected = `a whole number from ${min} to ${max}`;
  return v.pipe(
    v.number(expected),
    v.integer(expected),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  );
}

/** 1-based line of a trace. */
export const lineNumber = wholeNumber(1, 0xffff_ffff);

/** Any text. */
export const text = v.string('a string');

/** An array of `item`. */
export function arrayOf<Item extends v.GenericSchema>(item: Item) {
  return v.array(item, 'an array');
}

/** An object with at least these fields; others are ignored. */
export function objectOf<Entries extends v.ObjectEntries>(entries: Entries) {
  return v.object(entries, 'an object');
}
