import { CostError } from './error.js';
import type { EventCounts } from './event-counts.js';
import type { Walk } from './walk.js';

const MILLI = 1000;

/** What the dc and ic counts of the cache loops are, by callee. */
const CACHE_LOOPS: Readonly<Record<string, { dc: string; ic: string }>> = {
  __flush_dcache_area: { dc: 'dc_civac', ic: 'ic_ivau' },
  __flush_cache_user_range: { dc: 'dc_cvau', ic: 'ic_ivau' },
};
const OTHER_LOOP = { dc: 'dc_civac', ic: 'ic_ivau' };

/** What a path counts whatever the core holds. */
export interface PathCounts {
  /** By name of the event. */
  events: EventCounts;
  /** Thousandths of steady cycles of blocks and calls, by core of the build. */
  issue: EventCounts;
  /** As `issue`, of the cache-maintenance loops. */
  loopIssue: EventCounts;
}

/** Counts what a walk executes. */
export function staticCounts(walk: Walk): PathCounts {
  const events = new Map<string, bigint>();
  const add = (name: string, n: number) => {
    if (n !== 0) events.set(name, (events.get(name) ?? 0n) + BigInt(n));
  };
  const { insn, sysreg, dmb, dsb, isb, hvc, dc, ic } = walk.totals;
  const totals = { insn, sysreg, dmb, dsb, isb, hvc, dc_civac: dc, ic_iallu: ic };
  for (const [name, n] of Object.entries(totals)) add(name, n);
  for (const { name, cacheLoop, counts } of walk.callees) {
    if (!cacheLoop) continue;
    add('insn', counts.insn);
    const { dc: clean, ic: invalidate } = CACHE_LOOPS[name] ?? OTHER_LOOP;
    add(clean, counts.dc);
    add(invalidate, counts.ic);
    for (const key of ['sysreg', 'dsb', 'isb'] as const) add(key, counts[key]);
  }
  for (const [name, n] of walk.opaque) add(`opaque:${name}`, n);
  const byCore = (loops: boolean) =>
    new Map(walk.build.cores.map((core, i): [string, bigint] => [core, issueOf(walk, i, loops)]));
  return { events, issue: byCore(false), loopIssue: byCore(true) };
}

/** Steady cycles of the blocks and calls of a path on the static model `core`. @throws {@link CostError} if there is none */
export function issuedCycles({ issue }: PathCounts, core: string): number {
  const thousandths = issue.get(core);
  if (thousandths === undefined) throw new CostError(`the build has no cycles of ${core}`);
  return Number(thousandths) / MILLI;
}

/** Steady cycles of blocks and calls, or of the cache loops, each rounded to thousandths: sums over parts agree exactly. */
function issueOf(walk: Walk, core: number, loops: boolean): bigint {
  const milli = (cycles: number | undefined) => BigInt(Math.round((cycles ?? 0) * MILLI));
  let sum = 0n;
  if (!loops) for (const { block, completed } of walk.steps) if (completed) sum += milli(block.cycles[core]);
  for (const call of walk.callees) if (call.cacheLoop === loops) sum += milli(call.cycles[core]);
  return sum;
}
