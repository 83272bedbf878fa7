import type { EventCounts } from '../../cost/index.js';
import type { Distribution } from './distribution.js';

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
  base: GroupEvents;
  variant: GroupEvents;
}

/** All groups of a trace on one core that began every fault in one state. */
export interface StatePair {
  state: string;
  groups: readonly GroupPair[];
}

/** Cycles of one fault, over all pairs of placement and price sample. */
export interface PairedCost {
  /** Such as `translation write: MAPPED_PAGE`; `all faults` for the whole trace. */
  group: string;
  /** Of the group. */
  faults: number;
  /** Of the base build. */
  base: Distribution;
  /** The variant less the base, at the same placement, under the same prices. */
  added: Distribution;
  /** That in percent of the base. */
  percent: Distribution;
}
