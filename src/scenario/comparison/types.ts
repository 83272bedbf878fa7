import type { EventCounts } from '../../cost/index.js';
import type { Distribution } from './distribution.js';
import type { FollowedPath } from './typical.js';

/** What the faults of a group made happen in one build. */
export interface GroupEvents {
  /** What the paths fix: issue, system operations, world switch, functions that were not compiled. */
  fixed: EventCounts;
  /** What depends on where the code lies and what is in caches, TLBs and predictors, by placement. */
  placed: readonly EventCounts[];
}

/** One group of faults, followed through both builds at the same placements. */
export interface GroupPair {
  /** Such as "translation write: MAPPED_PAGE". */
  group: string;
  faults: number;
  /** Of them, those on which the variant executes other code than the base. */
  reaching: number;
  base: GroupEvents;
  variant: GroupEvents;
}

/** All groups of a trace on one core that began every fault in one state. */
export interface StatePair {
  state: string;
  groups: readonly GroupPair[];
  /** The faults that reach the changed code, together; undefined if none does. */
  reaching: GroupPair | undefined;
  paths: readonly FollowedPath[];
}

/** Cycles of one fault, over all pairs of placement and price sample. */
export interface PairedCost {
  /** Such as `translation write: MAPPED_PAGE`; `all faults` for the whole trace. */
  group: string;
  /** Of the group. */
  faults: number;
  /** Of them, those that reach the changed code: the variant executes other code on them than the base. */
  reaching: number;
  /** Of the base build. */
  base: Distribution;
  /** The variant less the base, at the same placement, under the same prices. */
  added: Distribution;
  /** Half of the interval of the mean of `added`: two standard errors over placements and price samples, in cycles. */
  uncertainty: number;
  /** What is added in percent of the base. */
  percent: Distribution;
  /** The base against itself at another placement: an addition inside this is not told from moving the code. */
  layoutNoise: Distribution;
  /** Whether the mean of `added` is told from 0: beyond `uncertainty`, and outside p5 to p95 of `layoutNoise`. */
  told: boolean;
}
