import { nearest } from './nearest.js';

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

/** True for errors that name the user's input: they carry a `code`, as those of the system do. Node's own are bugs. */
export function isInputError(error: unknown): error is Error & { code: string } {
  if (!(error instanceof Error && 'code' in error)) return false;
  return typeof error.code === 'string' && !error.code.startsWith('ERR_');
}

/** The error for a value that is none of those allowed; names the one that may have been meant. */
export function unknownValue(what: string, found: string, allowed: readonly string[]): CliError {
  const meant = nearest(found, allowed);
  const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
  return new CliError(`${what}: found "${found}", expected one of ${allowed.join(', ')}${hint}`);
}
