// Runs of leaves: neighbouring entries of one table whose output addresses follow each other.
import { isPresent } from "./desc";
import { resolve } from "./phys";

/** Entries of the `n` at linear address `at`, from the first on, that are not present. */
export function emptyRun(at: usize, n: u32): u32 {
  let i: u32 = 0;
  while (i < n && !isPresent(load<u64>(at + (<usize>i << 3)))) i++;
  return i;
}

/** Writes `n` descriptors at linear address `at`: `first`, and each `step` above the one before. */
export function fillRun(at: usize, first: u64, step: u64, n: u32): void {
  let pair = i64x2.replace_lane(i64x2.splat(first), 1, first + step);
  const stride = i64x2.splat(step << 1);
  const end = at + (<usize>(n & ~1) << 3);
  for (; at < end; at += 16) {
    v128.store(at, pair);
    pair = i64x2.add(pair, stride);
  }
  if (n & 1) store<u64>(at, i64x2.extract_lane(pair, 0));
}

/** Linear address of `n` entries at `pa`, or 0 unless one bank of RAM holds them all side by side. */
export function linearRun(pa: u64, n: u32): usize {
  if (n == 0 || (pa & 7) != 0) return 0;
  const bytes = <u64>n << 3;
  const first = resolve(pa);
  if (first == 0 || pa + bytes < pa || resolve(pa + bytes - 8) != first + <usize>(bytes - 8)) return 0;
  return first;
}
