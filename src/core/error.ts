/**
 * Misuse of the API: a code in the style of errno, and one line with the input, what was found and what was expected.
 * Nothing has changed where it is thrown.
 *
 * What the package is given to read has classes of its own, which are no Stage2Error: `TraceError` for a file (trace,
 * dump, vectors, snapshot), `DataError` for a profile or another data file of the cost model, and its base `CostError` for
 * what the cost model cannot be asked. All have a `code`, and a message of one line.
 */
export class Stage2Error extends Error {
  /** In the style of errno, such as `EINVAL`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'Stage2Error';
    this.code = code;
  }
}

/** 0x-prefixed hex of a number or bigint. */
export function hex(value: bigint | number): string {
  return `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
}
