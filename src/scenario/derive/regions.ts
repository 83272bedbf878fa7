import { PfnOutcome } from '../../abi/event.js';
import type { RegionSpec } from '../../core/physmap.js';
import { Contradiction } from '../contradiction.js';
import type { RecordedCall } from '../facts.js';
import { searchSteps, smallestTable, upTo } from './bisection.js';
import { BLOCK, PAGE } from './places.js';

/** How the search of the memory regions for a page went. */
export interface PageSearch {
  /** In a region, or the side of the last step. */
  end: 'found' | 'below' | 'above';
  down: number;
  up: number;
}

export interface PlacedSearch {
  pa: bigint;
  search: PageSearch;
}

export const FOUND_AT_ONCE: PageSearch = { end: 'found', down: 0, up: 0 };

/** The search that the calls about one page report, all of them alike; undefined if there are none. */
export function searchOf([call]: readonly RecordedCall[]): PageSearch | undefined {
  if (call === undefined) return undefined;
  const kind = call.code & 3;
  const end =
    kind === PfnOutcome.NOT_MEMORY_BELOW ? 'below' : kind === PfnOutcome.NOT_MEMORY_ABOVE ? 'above' : 'found';
  return { end, down: call.q('mb_lt'), up: call.q('mb_ge') };
}

export function sameSearch(a: PageSearch, b: PageSearch): boolean {
  return a.end === b.end && a.down === b.down && a.up === b.up;
}

/** Memory regions in which the pages, given by ascending address, are searched as recorded. */
export function deriveRegions(searches: readonly PlacedSearch[]): RegionSpec[] {
  if (searches.length === 0) return [];
  const steps = Math.max(...searches.map(({ search }) => search.down + search.up));
  const layout = smallestTable(steps, (n) => positionsIn(n, searches));
  if (layout === undefined)
    throw new Contradiction(`the memory regions: ${searches.map(describe).join(', then ')}`);
  return layOut(layout.n, layout.positions, searches);
}

function describe({ search: { end, down, up } }: PlacedSearch): string {
  return `no table of them gives ${down} steps down and ${up} up for a page that is ${end}`;
}

interface Layout {
  n: number;
  positions: number[];
}

/** Positions for the searches among n regions, none before the one of a lower address. */
function positionsIn(n: number, searches: readonly PlacedSearch[]): Layout | undefined {
  const positions: number[] = [];
  for (const { search } of searches) {
    const lowest = positions.at(-1) ?? 0;
    const position = upTo(2 * n).find((at) => at >= lowest && goesAs(search, n, at));
    if (position === undefined) return undefined;
    positions.push(position);
  }
  return { n, positions };
}

function goesAs(search: PageSearch, n: number, position: number): boolean {
  const inRegion = position % 2 === 1;
  const { down, up, lastDown } = searchSteps(n, position);
  if (down !== search.down || up !== search.up || inRegion !== (search.end === 'found')) return false;
  return inRegion || n === 0 || lastDown === (search.end === 'below');
}

/** Where one region or gap begins and ends. */
interface Extent {
  start: bigint;
  end: bigint;
}

/**
 * n regions around the searched pages. What a page is found in takes its whole 2 MiB block, unless the next page
 * lies elsewhere in that block; everything else is a page long.
 */
function layOut(n: number, positions: readonly number[], searches: readonly PlacedSearch[]): RegionSpec[] {
  const extents = new Map<number, Extent>();
  const first = searches[0] as PlacedSearch;
  const blockStart = first.pa & ~(BLOCK - 1n);
  const shared = positions.every((position) => position === positions[0]);
  let end = shared ? blockStart + BLOCK : first.pa + PAGE;
  extents.set(positions[0] ?? 0, { start: blockStart, end });
  for (let position = (positions[0] ?? 0) + 1; position <= 2 * n; position++) {
    const index = positions.indexOf(position);
    const next = index < 0 ? end + PAGE : (searches[index] as PlacedSearch).pa + PAGE;
    extents.set(position, { start: end, end: next });
    end = next;
  }
  for (let position = (positions[0] ?? 0) - 1, start = blockStart; position >= 0; position--) {
    extents.set(position, { start: start - PAGE, end: start });
    start -= PAGE;
  }
  return upTo(n - 1).map((k) => regionOf(extents.get(2 * k + 1) as Extent));
}

function regionOf({ start, end }: Extent): RegionSpec {
  return { pa: start, size: end - start };
}
