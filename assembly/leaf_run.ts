// Runs of leaves: neighbouring entries of one table whose output addresses follow each other.
import { isPresent } from "./desc";
import { resolve } from "./phys";

/** Entries of the `n` at linear address `at`, from the first on, that are not present. */
export function emptyRun(at: usize, n: u32): u32 {
  let i: u32 = 0;
  while (i < n && !isPresent(load<u64>(at + (<usize>i << 3)))) i++;
  return i;
}

/** Eight descriptors, a line of 64 bytes, of which `pair` are the first two. */
// @ts-ignore: decorator
@inline
function storeLine(at: usize, pair: v128, two: v128, four: v128): void {
  const second = i64x2.add(pair, two);
  v128.store(at, pair);
  v128.store(at, second, 16);
  v128.store(at, i64x2.add(pair, four), 32);
  v128.store(at, i64x2.add(second, four), 48);
}

/** Writes `n` descriptors at linear address `at`: `first`, and each `step` above the one before. */
export function fillRun(at: usize, first: u64, step: u64, n: u32): void {
  if (!ASC_FEATURE_SIMD) {
    for (let i: u32 = 0; i < n; i++, at += 8) store<u64>(at, first + step * i);
    return;
  }
  // Two lines a round: the sums of a round depend on its first pair alone, so that no store waits for the one before.
  let pair = i64x2.replace_lane(i64x2.splat(first), 1, first + step);
  const two = i64x2.splat(step << 1);
  const four = i64x2.splat(step << 2);
  const eight = i64x2.splat(step << 3);
  const end = at + (<usize>(n & ~15) << 3);
  while (at < end) {
    const next = i64x2.add(pair, eight);
    storeLine(at, pair, two, four);
    storeLine(at + 64, next, two, four);
    pair = i64x2.add(next, eight);
    at += 128;
  }
  for (let i: u32 = n & ~15; i < n; i++, at += 8) store<u64>(at, first + step * i);
}

/** Linear address of `n` entries at `pa`, or 0 unless one bank of RAM holds them all side by side. */
export function linearRun(pa: u64, n: u32): usize {
  if (n == 0 || (pa & 7) != 0) return 0;
  const bytes = <u64>n << 3;
  const first = resolve(pa);
  if (first == 0 || pa + bytes < pa || resolve(pa + bytes - 8) != first + <usize>(bytes - 8)) return 0;
  return first;
}
