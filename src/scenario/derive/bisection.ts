// The kernel's binary searches over sorted tables, and the smallest table in which one takes given steps.

/** How a search went: steps to the lower and to the upper half, and the side of the last one. */
export interface Steps {
  down: number;
  up: number;
  lastDown: boolean;
}

/** Larger tables than any the emulated kernel keeps. */
const ENTRIES_MAX = 1023;

/**
 * A search that can end early, as over memory regions and bus devices. Positions of what is searched, among n
 * entries by ascending address: 2k+1 is in entry k, 2k in the gap below it.
 */
export function searchSteps(n: number, position: number): Steps {
  let start = 0;
  let end = n;
  const steps: Steps = { down: 0, up: 0, lastDown: false };
  while (start < end) {
    const middle = start + ((end - start) >> 1);
    const entry = 2 * middle + 1;
    if (entry === position) break;
    steps.lastDown = position < entry;
    if (steps.lastDown) {
      end = middle;
      steps.down++;
    } else {
      start = middle + 1;
      steps.up++;
    }
  }
  return steps;
}

/** A search for the first of n entries that is not above what is searched, which is entry `index`, or n. */
export function lowerBoundSteps(n: number, index: number): { ge: number; lt: number } {
  let start = 0;
  let end = n;
  const steps = { ge: 0, lt: 0 };
  while (start < end) {
    const middle = start + ((end - start) >> 1);
    if (middle >= index) {
      end = middle;
      steps.ge++;
    } else {
      start = middle + 1;
      steps.lt++;
    }
  }
  return steps;
}

/** The first of the table sizes in which a search can take `steps` steps that `find` accepts. */
export function smallestTable<T>(steps: number, find: (n: number) => T | undefined): T | undefined {
  // Of more entries, more than one would be left after that many halvings.
  const limit = Math.min(ENTRIES_MAX, 2 ** (steps + 2));
  for (let n = 0; n <= limit; n++) {
    const found = find(n);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The integers from 0 to n, both included. */
export function upTo(n: number): number[] {
  return Array.from({ length: n + 1 }, (_, i) => i);
}
