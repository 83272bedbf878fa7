// What public entries ask of their arguments. Every check throws EINVAL in one line that names the input, what was found
// there and what was expected; what passes is returned.
import { Stage2Error } from './error.js';

const SHOWN_MAX = 60;
const U64_EXPECTED = 'a bigint from 0 to 2^64 - 1';

/** Throws EINVAL for the input `what`. */
export function refuse(what: string, value: unknown, expected: string): never {
  throw new Stage2Error('EINVAL', `${what}: found ${shown(value)}, expected ${expected}`);
}

/** A value as short text of one line: what stands in a program, as far as that is short. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cut(value));
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return cut(String(value));
  return Array.isArray(value) ? 'an array' : 'an object';
}

function cut(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

/** A bigint of 0 to 2^64 - 1. */
export function checkU64(what: string, value: unknown): bigint {
  if (typeof value === 'bigint' && BigInt.asUintN(64, value) === value) return value;
  return refuseBigint(what, value, U64_EXPECTED);
}

/** A bigint of 0 to 2^bits - 1. */
export function checkBits(what: string, value: unknown, bits: number): bigint {
  if (typeof value === 'bigint' && BigInt.asUintN(bits, value) === value) return value;
  return refuseBigint(what, value, `a bigint below 2^${bits}`);
}

/** The commonest mistake is a number for a bigint, and the other way round: the type is said then. */
function refuseBigint(what: string, value: unknown, expected: string): never {
  if (typeof value !== 'number') return refuse(what, value, expected);
  throw new Stage2Error('EINVAL', `${what}: found number ${value}, expected ${expected}`);
}

/** An integer from `least` to `most`. */
export function checkInteger(what: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  const type = typeof value === 'bigint' ? 'bigint ' : '';
  throw new Stage2Error(
    'EINVAL',
    `${what}: found ${type}${shown(value)}, expected an integer from ${least} to ${most}`,
  );
}

export const U32_MOST = 2 ** 32 - 1;

/** An integer of 0 to 2^32 - 1. */
export function checkU32(what: string, value: unknown): number {
  return checkInteger(what, value, 0, U32_MOST);
}

/** One of the values. */
export function checkOneOf<T>(what: string, value: unknown, values: readonly T[]): T {
  if (values.includes(value as T)) return value as T;
  return refuse(what, value, values.length > 1 ? `one of ${values.join(', ')}` : String(values[0]));
}

/** True or false. */
export function checkFlag(what: string, value: unknown): boolean {
  return typeof value === 'boolean' ? value : refuse(what, value, 'true or false');
}

/** An object. */
export function checkObject<T>(what: string, value: T): T & object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  return refuse(what, value, 'an object');
}

/** An object of options that has no other keys: one that is misspelt would be as if it were not given. */
export function checkKeys<T>(what: string, value: T, keys: readonly string[]): T & object {
  const object = checkObject(what, value);
  const stray = Object.keys(object).find((key) => !keys.includes(key));
  if (stray === undefined) return object;
  throw new Stage2Error('EINVAL', `${what}: found the key ${shown(stray)}, expected ${keys.join(', ')}`);
}

/** An array. */
export function checkArray<T>(what: string, value: readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : refuse(what, value, 'an array');
}

/** A typed array whose buffer was not transferred: one that was has no elements, and would pass for an empty one. */
export function checkTyped<T extends Uint8Array | Uint32Array | BigUint64Array>(
  what: string,
  value: T,
  name: string,
): T {
  if (!ArrayBuffer.isView(value) || tagOf(value) !== name) refuse(what, value, `a ${name}`);
  if (value.length === 0 && isDetached(value.buffer)) refuse(what, value, `a ${name} that is not detached`);
  return value;
}

/** The built-in class of an object, of whatever realm it comes. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** What can be destroyed, and is of no use afterwards. */
interface Destructible {
  readonly destroyed: boolean;
}

/** An object of a class that is not destroyed; `name` is the class as a caller knows it. */
export function checkLive<T extends Destructible>(
  what: string,
  value: T,
  type: abstract new (...parts: never[]) => T,
  name: string,
): T {
  if (!(value instanceof type)) refuse(what, value, `a ${name}`);
  if (value.destroyed) throw gone(what);
  return value;
}

/** The error of an object that is used after it was destroyed. */
export function gone(what: string): Stage2Error {
  return new Stage2Error('EINVAL', `the ${what} is destroyed: expected a live one`);
}
