import { type Citations, type Constant, readOrigin } from './constant.js';
import type { Field } from './field.js';

/** A version of the A-profile architecture. */
export interface ArchVersion extends Pick<Constant, 'conf' | 'src'> {
  /** Such as `Armv8.2-A`. */
  v: string;
}

/** Armv9.n-A has all that Armv8.(n + 5)-A has (Arm ARM, A2.1). */
const MINORS_AT_9 = 5;

/** A choice such as `Armv8.2-A`. */
export function readArchVersion(field: Field, cited: Citations): ArchVersion {
  const v = field.get('v').text();
  if (minorOf(v) === undefined) field.get('v').fail(`found "${v}", expected a version such as Armv8.2-A`);
  return { v, ...readOrigin(field, cited) };
}

/** Whether a core of version `v` has what every core has from version `from` on. */
export function isFrom(v: string, from: string): boolean {
  return (minorOf(v) ?? Number.NaN) >= (minorOf(from) ?? Number.NaN);
}

/** The n of Armv8.n-A. */
function minorOf(v: string): number | undefined {
  const [, major, minor] = /^Armv([89])\.(\d)-A$/.exec(v) ?? [];
  if (major === undefined) return undefined;
  return Number(minor) + (major === '9' ? MINORS_AT_9 : 0);
}
