import { VmaOutcome } from '../../abi/event.js';
import { AREA_HUGETLB, AREA_PFNMAP, AREA_WRITE } from '../../abi/kvm.js';
import { Contradiction } from '../contradiction.js';
import type { Facts } from '../facts.js';
import type { AddressSpaceState, AreaState } from '../machine-state.js';
import type { HostPage } from './host-page.js';
import { BLOCK_HVA } from './places.js';
import type { CachedArea, VmaCache } from './vma-cache.js';

const CACHE = VmaOutcome.CACHE_MISS | VmaOutcome.CACHE_STALE;
const TREE = VmaOutcome.TREE_NONE | VmaOutcome.TREE_ABOVE;
/** Bytes of the area that holds the block, and the distance to the next. */
const AREA_BYTES = 1n << 22n;
/** Longest walk of a tree that is balanced, as the kernel's is, with as many areas as a process may have. */
const STEPS_MAX = 64;
/** Cached areas that the tree need not hold lie this far off. */
const FAR = 1n << 40n;

/** How the walk of the tree goes: steps left and right, and what it ends with. */
interface TreeWalk {
  left: number;
  right: number;
  end: number;
}

/** The areas of the task, linked so that find_vma walks as recorded, with the host page behind `hva`. */
export function deriveAddressSpace(
  facts: Facts,
  cache: VmaCache,
  hva: bigint,
  page: HostPage,
): AddressSpaceState {
  const walk = recordedWalk(facts);
  const served = walk.end === VmaOutcome.TREE_FOUND;
  const areas = chain(walk);
  if (served) areas.push(servedArea(facts, hva, page));
  linkChain(areas, walk);
  const path = areas.length;
  const cached = cache.entries.map((entry) => place(entry, areas, served ? path - 1 : undefined));
  return {
    areas,
    ...(path > 0 ? { root: 0 } : {}),
    cached,
    stale: cache.stale,
    ...(served && !page.pfnmap ? { page: { hva, pa: page.pa, flags: page.flags } } : {}),
  };
}

function recordedWalk(facts: Facts): TreeWalk {
  const call = facts.call('find_vma');
  if (call === undefined) return unrecordedWalk(facts);
  if ((call.code & CACHE) === VmaOutcome.CACHE_HIT) return { left: 0, right: 0, end: VmaOutcome.TREE_FOUND };
  const walk = { left: call.q('tree_left'), right: call.q('tree_right'), end: call.code & TREE };
  checkWalk(walk);
  return walk;
}

/** No look-up was recorded: the predicates say what one would find. */
function unrecordedWalk(facts: Facts): TreeWalk {
  if (!facts.holds('vma_found')) return { left: 0, right: 0, end: VmaOutcome.TREE_EMPTY };
  const above = facts.holds('vma_starts_above');
  return { left: above ? 1 : 0, right: 0, end: above ? VmaOutcome.TREE_ABOVE : VmaOutcome.TREE_FOUND };
}

/** An area above the hva is one a step to the left was taken from. */
function checkWalk({ left, right, end }: TreeWalk): void {
  const fits =
    end === VmaOutcome.TREE_FOUND ||
    (end === VmaOutcome.TREE_ABOVE && left > 0) ||
    (end === VmaOutcome.TREE_NONE && left === 0 && right > 0) ||
    (end === VmaOutcome.TREE_EMPTY && left + right === 0);
  if (!fits || left + right > STEPS_MAX)
    throw new Contradiction(`find_vma: no tree gives ${left} steps left, ${right} right and such an end`);
}

/** Areas above the hva in falling order, which are left to the left, then areas below it in rising order. */
function chain({ left, right }: TreeWalk): AreaState[] {
  const above = Array.from({ length: left }, (_, i) => otherArea(BigInt(left - i) * AREA_BYTES));
  const below = Array.from({ length: right }, (_, i) => otherArea(-BigInt(right - i) * AREA_BYTES));
  return [...above, ...below];
}

function otherArea(offset: bigint): AreaState {
  const start = BLOCK_HVA + offset;
  return { start, end: start + AREA_BYTES / 2n, flags: AREA_WRITE };
}

/** Each area of the path is a child of the one before: to its left while that is above the hva. */
function linkChain(areas: AreaState[], { left }: TreeWalk): void {
  for (const [i, area] of areas.slice(0, -1).entries()) area[i < left ? 'left' : 'right'] = i + 1;
}

function servedArea(facts: Facts, hva: bigint, page: HostPage): AreaState {
  const hugetlb = facts.holds('vma_hugetlb') ? AREA_HUGETLB : 0;
  const area = { start: BLOCK_HVA, end: BLOCK_HVA + AREA_BYTES, flags: AREA_WRITE | hugetlb };
  if (!page.pfnmap) return area;
  return { ...area, flags: area.flags | AREA_PFNMAP, pa: page.pa - (hva - area.start) };
}

/** Index of a cached area; areas beside the path are added to the list, but not to the tree. */
function place(entry: CachedArea, areas: AreaState[], served: number | undefined): number | undefined {
  if (entry === 'none') return undefined;
  if (entry === 'served') return served;
  areas.push(otherArea(entry === 'above' ? FAR : -FAR));
  return areas.length - 1;
}
