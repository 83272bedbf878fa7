// Lists changed into new ones.

/** The list with `n` items from `i` on replaced by `more`. */
export function spliced<T>(items: readonly T[], i: number, n: number, ...more: readonly T[]): T[] {
  const copy = [...items];
  copy.splice(i, n, ...more);
  return copy;
}

export function swapped<T>(items: readonly T[], i: number, j: number): T[] {
  const copy = [...items];
  [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
  return copy;
}
