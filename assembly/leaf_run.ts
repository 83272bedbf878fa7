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
  // Four pairs a round, each with its own sum: one sum would make every store wait for the one before.
  let a = i64x2.replace_lane(i64x2.splat(first), 1, first + step);
  let b = i64x2.add(a, i64x2.splat(step << 1));
  let c = i64x2.add(a, i64x2.splat(step << 2));
  let d = i64x2.add(b, i64x2.splat(step << 2));
  const stride = i64x2.splat(step << 3);
  const end = at + (<usize>(n & ~7) << 3);
  for (; at < end; at += 64) {
    v128.store(at, a);
    v128.store(at, b, 16);
    v128.store(at, c, 32);
    v128.store(at, d, 48);
    a = i64x2.add(a, stride);
    b = i64x2.add(b, stride);
    c = i64x2.add(c, stride);
    d = i64x2.add(d, stride);
  }
  for (let i: u32 = n & ~7; i < n; i++, at += 8) store<u64>(at, first + step * i);
}

/** Linear address of `n` entries at `pa`, or 0 unless one bank of RAM holds them all side by side. */
export function linearRun(pa: u64, n: u32): usize {
  if (n == 0 || (pa & 7) != 0) return 0;
  const bytes = <u64>n << 3;
  const first = resolve(pa);
  if (first == 0 || pa + bytes < pa || resolve(pa + bytes - 8) != first + <usize>(bytes - 8)) return 0;
  return first;
}
