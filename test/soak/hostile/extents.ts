// Parts of a memory, and where two memories differ in them.

/** Bytes [start, end). */
export interface Extent {
  start: number;
  end: number;
}

/** What is left of [0, length). */
export function outside(extents: readonly Extent[], length: number): Extent[] {
  const rest: Extent[] = [];
  let next = 0;
  for (const { start, end } of [...extents].sort((a, b) => a.start - b.start)) {
    if (start > next) rest.push({ start: next, end: start });
    next = Math.max(next, end);
  }
  if (next < length) rest.push({ start: next, end: length });
  return rest;
}

/** Offset of the first byte in the extents that differs. */
export function firstDifference(
  now: Uint8Array,
  before: Uint8Array,
  extents: readonly Extent[],
): number | undefined {
  for (const { start, end } of extents) {
    if (Buffer.compare(now.subarray(start, end), before.subarray(start, end)) === 0) continue;
    for (let at = start; at < end; at++) if (now[at] !== before[at]) return at;
  }
  return undefined;
}
