// The draws that the recipes are made of. A recipe is a flat record of independent draws, made into a scenario
// afterwards: each part of it shrinks by itself.
import fc from 'fast-check';
import { ones } from './bits.js';

export const word: fc.Arbitrary<bigint> = fc.bigInt({ min: 0n, max: ones(64) });

/** An index into a list whose length is not known yet; see `pick`. */
export const index: fc.Arbitrary<number> = fc.nat(0xffff);

export function pick<T>(from: readonly T[], at: number): T {
  return from[at % from.length] as T;
}

/** The first value, and each of the others once in so many times. */
export function usually<T>(first: T, others: readonly T[], oneIn: number): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: oneIn - 1, arbitrary: fc.constant(first) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

/** Undefined but once in so many times. */
export function rarely<T>(value: fc.Arbitrary<T>, oneIn: number): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

export function usuallySet(oneIn: number): fc.Arbitrary<boolean> {
  return usually(true, [false], oneIn);
}

export function usuallyClear(oneIn: number): fc.Arbitrary<boolean> {
  return usually(false, [true], oneIn);
}

/** A byte of MAIR_EL1 that is not UNPREDICTABLE. */
export const mairByte: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(0xff, 0xbb, 0x44, 0x4f, 0xf4) },
  { weight: 2, arbitrary: fc.constantFrom(0x0c, 0x08, 0x04, 0x00) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 15 }))
      .map(([outer, inner]) => (outer << 4) | inner),
  },
);

/** A register field: a value at its lowest bit. */
export function at(low: number, value: number | bigint | boolean): bigint {
  return BigInt(value) << BigInt(low);
}
