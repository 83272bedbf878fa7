// The random numbers of a core, which the host seeds.
import { MicroCore } from "./core";

/** The random bits after `x` (xorshift64, Marsaglia 2003); never 0. */
// @ts-ignore: decorator
@inline
export function randomAfter(x: u64): u64 {
  x ^= x << 13;
  x ^= x >> 7;
  return x ^ (x << 17);
}

/** 64 more of its random bits. */
// @ts-ignore: decorator
@inline
export function nextRandom(core: MicroCore): u64 {
  const x = randomAfter(core.random);
  core.random = x;
  return x;
}

/** Random bits as a number below `n`, which has 32 bits. */
// @ts-ignore: decorator
@inline
export function below(x: u64, n: u64): u64 {
  return ((x >> 32) * n) >> 32;
}
