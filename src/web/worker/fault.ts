import { FAULT_SIZEOF } from '../../abi/fault-log.js';
import {
  CostError,
  costsOf,
  cyclesOf,
  highPrices,
  lowPrices,
  type PriceTable,
  siteNumber,
  siteOf,
  useNearestOutcomes,
  type Walk,
  walkBuild,
} from '../../cost/index.js';
import { pricedSteps } from '../../scenario/comparison/fault-profile.js';
import { Follower } from '../../scenario/comparison/follow.js';
import type { LoggedPath } from '../../scenario/comparison/logged-trace.js';
import { PARTS, partOf } from '../../scenario/comparison/parts.js';
import { stateText } from '../../scenario/comparison/state.js';
import type { Spent, Step } from '../../scenario/comparison/timeline.js';
import type {
  BranchOutcome,
  FaultAnswer,
  FaultQuery,
  PartCost,
  PricedStep,
  Ranged,
  SiteOutcome,
} from '../replay/types.js';
import type { PageData } from './data.js';
import type { FaultNote } from './fault-notes.js';
import { pathsOfFaults, pieceOf, variantJob } from './price-faults.js';
import type { Handler } from './protocol.js';
import { prepare } from './replay.js';
import { touchedBy } from './touched.js';

const SHOWN = 1;
const ZERO: Ranged = { v: 0, lo: 0, hi: 0 };

/** One fault of a capture, step by step through the handler, after all faults before it. */
export const fault: Handler<'fault'> = async (query: FaultQuery, report): Promise<FaultAnswer> => {
  const { data, capture, experiment, placement } = await prepare(query, report);
  const n = experiment.trace.records.byteLength / FAULT_SIZEOF;
  const { fault: number, state } = query;
  if (!(number >= 1 && number <= n)) throw new CostError(`fault ${number}: expected 1 to ${n}`);
  const core = data.core(query.core, query.kernel);
  const path = pathsOfFaults(experiment.trace)[number - 1] as number;
  const { signature, group } = experiment.trace.paths[path] as LoggedPath;
  // A fault that begins cold has nothing before it that matters.
  const [from, to] = state.kind === 'cold' ? [number - 1, number] : pieceOf(number - 1, n);
  const follower = new Follower(variantJob(experiment, core, state, [from, to]));
  const counted = follower.traceRecord(0, placement, number - 1 - from);
  const build = experiment.builds[SHOWN];
  const walk = walkBuild(build, useNearestOutcomes(build, signature).input);
  const note = capture.notes.note(number - 1);
  const steps = pricedSteps(experiment, core)(path, counted).map((step) => withRange(step, core.table));
  const { line, thread, ipa, esr, far, before, after } = note;
  return {
    fault: number,
    ...{ line, thread, ipa, esr, far, before, after, group, ret: signature.ret },
    sites: sitesOf(note, data),
    branches: branchesOf(walk, data),
    touched: touchedBy(
      experiment.programs[SHOWN][path]?.words ?? new Uint32Array(),
      experiment.programs[SHOWN][path]?.sources ?? [],
    ),
    core: core.table.core,
    profile: data.fileOf(query.core),
    build: `${build.id}, ${stateText(state)}`,
    steps,
    parts: partsOf(steps, core.table),
    total: sumRanges(steps.map(({ cycles }) => cycles)),
  };
};

function sitesOf({ isFalse, isTrue }: FaultNote, { sites }: PageData): SiteOutcome[] {
  return sites.sites.flatMap((site): SiteOutcome[] => {
    const number = siteNumber(site);
    if (number === undefined) return [];
    const counts = { isFalse: isFalse[number] ?? 0, isTrue: isTrue[number] ?? 0 };
    if (counts.isFalse + counts.isTrue === 0) return [];
    const file = site.file.slice(site.file.lastIndexOf('/') + 1);
    const place = site.line === 0 ? file : `${file}:${site.line}`;
    const { id, function: name, condition, hint, hunk } = site;
    return [{ site: id, function: name, condition, hint, hunk, place, ...counts }];
  });
}

/** The conditional branches that were met, in the layout of the build. */
function branchesOf({ build, steps }: Walk, { sites }: PageData): BranchOutcome[] {
  return steps.flatMap(({ block, taken }): BranchOutcome[] => {
    const fn = build.functions.get(block.functionName);
    if (block.end.kind !== 'cond' || taken === undefined || fn === undefined) return [];
    const site = siteOf(sites, fn, block)?.id ?? block.end.site;
    return [{ function: block.functionName, block: block.label, op: block.end.op, site, taken }];
  });
}

function withRange(step: Step, table: PriceTable): PricedStep {
  return { ...step, cycles: rangeOf(step.spent, table) };
}

/** What the events cost at default prices, with all prices low and all high. */
function rangeOf(spent: readonly Spent[], table: PriceTable): Ranged {
  const counts = new Map(spent.map(({ event, count }) => [event, count]));
  const sum = (costs: Iterable<bigint>): number => cyclesOf([...costs].reduce((a, b) => a + b, 0n));
  return {
    v: sum(spent.map(({ cost }) => cost)),
    lo: sum(costsOf(counts, lowPrices(table)).values()),
    hi: sum(costsOf(counts, highPrices(table)).values()),
  };
}

function partsOf(steps: readonly Step[], table: PriceTable): PartCost[] {
  const events = new Map<string, Spent>();
  for (const { event, count, cost } of steps.flatMap(({ spent }) => spent)) {
    const sum = events.get(event) ?? { event, count: 0n, cost: 0n };
    events.set(event, { event, count: sum.count + count, cost: sum.cost + cost });
  }
  return PARTS.flatMap((part): PartCost[] => {
    const own = [...events.values()].filter(({ event }) => partOf(event) === part);
    if (own.length === 0) return [];
    const rows = own.map((spent) => {
      const price = table.prices.get(spent.event);
      return {
        event: spent.event,
        count: Number(spent.count),
        cycles: rangeOf([spent], table),
        conf: price?.conf ?? '',
        source: price?.src.join('; ') ?? '',
      };
    });
    rows.sort((a, b) => b.cycles.v - a.cycles.v);
    return [{ part, cycles: rangeOf(own, table), events: rows }];
  });
}

function sumRanges(ranges: readonly Ranged[]): Ranged {
  return ranges.reduce((a, b) => ({ v: a.v + b.v, lo: a.lo + b.lo, hi: a.hi + b.hi }), ZERO);
}
