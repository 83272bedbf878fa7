// How a history says that the emulator and its model differ: the same under a test runner and in a soak.
/** The emulator did something that the model does not. */
export class Difference extends Error {}

/** Data as text; bigints in hexadecimal. */
const text = (value: unknown) =>
  JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `0x${v.toString(16)}` : v));

/** Throws a Difference unless the two are the same data. */
export function expectSame(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [text(found), text(expected)];
  if (a !== b) throw new Difference(`${what}: found ${a}, expected ${b}`);
}

/** Throws a Difference at the first line that two lists do not share. */
export function expectLines(what: string, found: readonly string[], expected: readonly string[]): void {
  const at = found.findIndex((line, i) => line !== expected[i]);
  const index = at < 0 && found.length !== expected.length ? found.length : at;
  if (index >= 0)
    throw new Difference(`${what} ${index}: found ${found[index]}, expected ${expected[index]}`);
}
