import { type Citations, type Constant, readOrigin } from './constant.js';
import type { Field } from './field.js';

/** Sizes that entries of a TLB can have, in bytes, ascending. */
export interface EntrySizes extends Pick<Constant, 'conf' | 'src'> {
  /** Powers of two from 4096 up. */
  bytes: readonly number[];
}

const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** A choice such as `4K 64K 2M`: powers of two from 4K up, each once. */
export function readEntrySizes(field: Field, cited: Citations): EntrySizes {
  const text = field.get('v').text();
  const bytes = text.split(' ').map((size) => {
    const [, digits, unit] = /^(\d{1,4})([KMGT])$/.exec(size) ?? [];
    const value = Number(digits) * (UNITS[unit as string] ?? Number.NaN);
    if (value >= 4096 && Number.isInteger(Math.log2(value))) return value;
    return field.get('v').fail(`found "${size}", expected sizes such as 4K 64K 2M`);
  });
  if (new Set(bytes).size !== bytes.length) field.get('v').fail(`found a size twice in "${text}"`);
  return { bytes: bytes.sort((a, b) => a - b), ...readOrigin(field, cited) };
}
