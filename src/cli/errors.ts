/** Exit codes: 0 answered, 1 an expectation failed, 2 usage or bad input, 70 a bug of ours. */
export enum Exit {
  OK = 0,
  EXPECTATION = 1,
  INPUT = 2,
  BUG = 70,
}

/** Bad input or usage: one line for the user, exit 2. */
export class CliError extends Error {
  readonly code = 'EINVAL';
}

/** True for errors that name the user's input: they carry a `code`. */
export function isInputError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
