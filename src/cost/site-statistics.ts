import { CostError } from './error.js';
import { type Hint, type SiteInfo, type SiteTable, siteNumber, siteOf } from './sites.js';
import type { Walk } from './walk.js';

/** How often a site's condition was false and true, by Site number. */
export interface SiteCounts {
  /** Evaluations that came out false; index: Site. */
  isFalse: ArrayLike<number>;
  /** Evaluations that came out true; index: Site. */
  isTrue: ArrayLike<number>;
}

/** A site of the source, and how often its condition was true and false. */
export interface SiteRow {
  /** Name of the Site member, such as `U2`. */
  site: string;
  /** Of the kernel's source. */
  function: string;
  /** What holds when it is true. */
  condition: string;
  /** What the source says of it. */
  hint: Hint;
  /** Evaluations that came out true. */
  true: number;
  /** Evaluations that came out false. */
  false: number;
  /** Evaluations that went as the hint says; null without one. */
  correct: number | null;
  /** Evaluations against the hint; null without one. */
  incorrect: number | null;
}

/** What the core counted at each site of the source, in the table's order, reached or not. */
export function siteStatistics(table: SiteTable, counts: SiteCounts): SiteRow[] {
  return table.sites.flatMap((site) => {
    const number = siteNumber(site);
    return number === undefined
      ? []
      : [siteRow(site, counts.isTrue[number] ?? 0, counts.isFalse[number] ?? 0)];
  });
}

function siteRow(site: SiteInfo, isTrue: number, isFalse: number): SiteRow {
  const { hint, condition } = site;
  const hinted = hint !== 'none';
  const [right, wrong] = hint === 'likely' ? [isTrue, isFalse] : [isFalse, isTrue];
  return {
    site: site.id,
    function: site.function,
    condition,
    hint,
    true: isTrue,
    false: isFalse,
    correct: hinted ? right : null,
    incorrect: hinted ? wrong : null,
  };
}

/** A walk and how many faults took it. */
export interface CountedWalk {
  /** All of one build. */
  walk: Walk;
  /** Faults. */
  count: number;
}

/** A branch of the compiled code: a site may be several, or none. */
export interface BranchRow {
  /** Of mmu.o. */
  function: string;
  /** Label, such as `a7`. */
  block: string;
  /** Bytes from the start of .text of mmu.o of the block the branch ends. */
  textOffset: number;
  /** Mnemonic, such as `cbz`; of a static key `nop` or `b`. */
  op: string;
  /** What the build file calls its site. */
  tag: string;
  /** Undefined if the table does not tell which site of the tag it is. */
  site: string | undefined;
  /** Times it was taken, over all faults. */
  taken: number;
  /** Times it fell through. */
  notTaken: number;
}

/**
 * How often each branch of a build was taken by `walks`, in the layout of the build.
 * @throws {@link CostError} if the walks are not all of one build
 */
export function branchStatistics(table: SiteTable, walks: readonly CountedWalk[]): BranchRow[] {
  const build = walks[0]?.walk.build;
  if (build === undefined) return [];
  const rows = new Map<object, BranchRow>();
  for (const fn of build.functions.values()) {
    for (const block of fn.blocks.values()) {
      const { end } = block;
      if (end.kind !== 'cond') continue;
      const site = siteOf(table, fn, block)?.id;
      const { label, textOffset } = block;
      const place = { function: fn.name, block: label, textOffset, op: end.op, tag: end.site, site };
      rows.set(block, { ...place, taken: 0, notTaken: 0 });
    }
  }
  for (const { walk, count } of walks) {
    if (walk.build !== build) throw new CostError(`walks of ${build.id} and ${walk.build.id} do not add up`);
    countBranches(walk, count, rows);
  }
  return [...rows.values()].sort((a, b) => a.textOffset - b.textOffset);
}

function countBranches(walk: Walk, count: number, rows: ReadonlyMap<object, BranchRow>): void {
  for (const { block, taken } of walk.steps) {
    const row = rows.get(block);
    if (row !== undefined && taken !== undefined) row[taken ? 'taken' : 'notTaken'] += count;
  }
}
