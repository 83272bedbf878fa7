import type { CoreComparison, StateComparison, TypicalCost } from './comparison/core.js';
import type { PairedCost } from './comparison/types.js';
import type { GroupCounts } from './group-counts.js';

/**
 * Below this share of a fault, in percent, "pretty much no performance impact" is fair: what `perf stat -r` resolves
 * on a quiet machine (src/data/resolution.json), so no workload shows it.
 */
export const FAIR_PERCENT = 0.5;
/** From this share on it is wrong: what one coarse benchmark of faults resolves at its worst (dirty_log_perf_test). */
export const WRONG_PERCENT = 5;
/** A capture of which fewer faults, in percent, reach the changed code is one of something else. */
export const REACHING_PERCENT = 10;

/** What a comparison says of the claim that ordinary VMs pay "pretty much no performance impact". */
export type Word = 'fair' | 'a little too good' | 'wrong' | 'undecided' | 'not judged';

/** What is added to the faults of a core in a state that reach the changed code. */
export interface Judged {
  /** Name of its profile. */
  core: string;
  /** `cold`, `warm` or `guest:CYCLES`. */
  state: string;
  /** All of them, or one class of them. */
  group: string;
  /** Of the group. */
  faults: number;
  /** Mean, in cycles a fault. */
  added: number;
  /** Half of its interval: two standard errors. */
  uncertainty: number;
  /** The mean in percent of the typical fault; of a class, of its own faults. */
  percent: number;
  /** Half of the interval of that. */
  percentUncertainty: number;
  /** Whether it is told from 0: beyond its uncertainty, and outside of what moving the base alone does. */
  told: boolean;
}

/** The claim judged by a stated rule; docs/tutorial.md has it in words. */
export interface Judgement {
  word: Word;
  /** Taken in the trace. */
  faults: number;
  /** Of them, those that reach the changed code: what is judged. */
  reaching: number;
  /** Together, on each core in each state. */
  together: Judged[];
  /** Classes of them whose addition is told from 0, the largest share of a fault first. */
  classes: Judged[];
  /** Constants of the rule, in percent: of a fault, of a fault, and of the faults. */
  rule: { fairBelow: number; wrongFrom: number; reachingFrom: number };
}

/** Judges the comparison of a variant over `counts`, all its faults. */
export function judge({ faults, reaching }: GroupCounts, cores: readonly CoreComparison[]): Judgement {
  const each = cores.flatMap(({ core, states }) => states.map((state) => ({ core, state })));
  const together = each.flatMap(({ core, state }) =>
    state.reaching === null ? [] : [judgedOf(core, state, state.reaching, state.reaching.typical.median)],
  );
  const classes = each.flatMap(({ core, state }) =>
    state.groups
      .filter((group) => group.reaching > 0 && group.told)
      .map((group) => judgedOf(core, state, group, group.base.mean)),
  );
  classes.sort((a, b) => b.percent - a.percent);
  return {
    word: wordOf({ faults, reaching, together, classes }),
    faults,
    reaching,
    together,
    classes,
    rule: { fairBelow: FAIR_PERCENT, wrongFrom: WRONG_PERCENT, reachingFrom: REACHING_PERCENT },
  };
}

function judgedOf(
  core: string,
  { state }: StateComparison,
  cost: PairedCost | TypicalCost,
  fault: number,
): Judged {
  const added = cost.added.mean;
  const percentOf = (cycles: number) => (100 * cycles) / fault;
  return {
    core,
    state,
    group: cost.group,
    faults: cost.faults,
    added,
    uncertainty: cost.uncertainty,
    percent: percentOf(added),
    percentUncertainty: percentOf(cost.uncertainty),
    told: cost.told,
  };
}

function wordOf({ faults, reaching, together, classes }: Omit<Judgement, 'word' | 'rule'>): Word {
  if (100 * reaching < REACHING_PERCENT * faults) return 'not judged';
  const told = [...together.filter((each) => each.told), ...classes].map(({ percent }) => percent);
  const most = Math.max(0, ...told);
  if (most >= WRONG_PERCENT) return 'wrong';
  if (most >= FAIR_PERCENT) return 'a little too good';
  return together.every((each) => each.percent + each.percentUncertainty < FAIR_PERCENT)
    ? 'fair'
    : 'undecided';
}
