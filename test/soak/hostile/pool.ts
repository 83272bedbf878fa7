// The books of the pool of table pages, which garbage tables must not cook.
import * as L from '../../../src/abi/layout.js';
import type { World } from './world.js';

/** What is wrong with the pool, if anything: a page is free once, and free pages have no references. */
export function poolProblem({ machine }: World): string | undefined {
  const { view, freeTablePages, tablePages } = machine;
  const stack = machine.header(L.HEADER_POOL_STACK);
  const refs = machine.header(L.HEADER_POOL_REFS);
  if (freeTablePages > tablePages) return `${freeTablePages} free pages of ${tablePages}`;
  const seen = new Set<number>();
  for (let i = 0; i < freeTablePages; i++) {
    const page = view.u32(stack + 4 * i);
    if (page >= tablePages) return `page ${page} is free, of ${tablePages}`;
    if (seen.has(page)) return `page ${page} is free twice`;
    seen.add(page);
    if (view.u16(refs + 2 * page) !== 0) return `page ${page} is free with references`;
  }
  return undefined;
}

/** All pages are free again, and the cache is empty. */
export function resetPool({ machine, at }: World): void {
  const { view, tablePages } = machine;
  const stack = machine.header(L.HEADER_POOL_STACK);
  for (let i = 0; i < tablePages; i++) view.setU32(stack + 4 * i, tablePages - 1 - i);
  view.fill(machine.header(L.HEADER_POOL_REFS), 2 * tablePages);
  view.fill(at.cache, L.CACHE_SIZEOF);
  machine.view.setU32(L.HEADER_OFFSET + L.HEADER_POOL_FREE, tablePages);
}
