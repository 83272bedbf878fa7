import type { Field } from './field.js';

/** What a block, a callee or a walk counts, as the build files name it. All are events, none are cycles. */
export const COUNT_KEYS = [
  'insn',
  'loads',
  'stores',
  'cbr',
  'taken',
  'br',
  'calls',
  'ret',
  'ibr',
  'sysreg',
  'dmb',
  'dsb',
  'isb',
  'dc',
  'ic',
  'hvc',
  'nop',
  'prfm',
] as const;

/** One of {@link COUNT_KEYS}. */
export type CountKey = (typeof COUNT_KEYS)[number];

/** Events by kind; never cycles. */
export type Counts = Record<CountKey, number>;

/** All counts at zero, to add to. */
export function noCounts(): Counts {
  return Object.fromEntries(COUNT_KEYS.map((key) => [key, 0])) as Counts;
}

/** Adds `times` x `more` to `sum`. */
export function addCounts(sum: Counts, more: Readonly<Counts>, times = 1): void {
  for (const key of COUNT_KEYS) sum[key] += more[key] * times;
}

/** Only the counts that are not zero, as the build files write totals. */
export function nonZero(counts: Readonly<Counts>): Partial<Counts> {
  return Object.fromEntries(COUNT_KEYS.map((key) => [key, counts[key]]).filter(([, n]) => n !== 0));
}

/** The counts of an object that may leave out zeros. `min` below zero is for slopes and fixed parts. */
export function readCounts(field: Field, min: number, keys: readonly CountKey[] = COUNT_KEYS): Counts {
  const counts = noCounts();
  for (const key of keys) {
    const found = field.get(key);
    if (found.present) counts[key] = found.integer(min);
  }
  return counts;
}
