// The random numbers of a core, which the host seeds.
import { MicroCore } from "./core";

/** 64 more of its random bits (xorshift64, Marsaglia 2003); never 0. */
// @ts-ignore: decorator
@inline
export function nextRandom(core: MicroCore): u64 {
  let x = core.random;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  core.random = x;
  return x;
}
