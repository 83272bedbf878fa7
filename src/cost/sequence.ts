import type { Walk } from './walk.js';

/** Neighbours that are equal, once with their number: `a7`, `a7`, `a7` is `a7*3`. */
function runLengths(items: Iterable<string>): string[] {
  const runs: [string, number][] = [];
  for (const item of items) {
    const last = runs.at(-1);
    if (last?.[0] === item) last[1]++;
    else runs.push([item, 1]);
  }
  return runs.map(([item, n]) => times(item, n));
}

/** The blocks of a walk as the build files write them. */
export function formatBlocks(walk: Walk): string[] {
  return runLengths(walk.blocks);
}

/** The calls that were not compiled as the build files write them: `name*39`. */
export function formatOpaque(walk: Walk): string[] {
  return [...walk.opaque].map(([name, n]) => times(name, n));
}

function times(item: string, n: number): string {
  return n === 1 ? item : `${item}*${n}`;
}
