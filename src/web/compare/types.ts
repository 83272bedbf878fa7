import type { ComparedCore } from '../../scenario/comparison/run.js';
import type { State } from '../../scenario/comparison/state.js';
import type { GroupCounts } from '../../scenario/group-counts.js';
import type { IdmapMap } from '../../scenario/idmap-comparison.js';
import type { IdmapPolicy } from '../../scenario/idmap-policy.js';
import type { ProfileSource } from '../cores/types.js';
import type { CaptureSource } from '../replay/types.js';

/** One variant on one core. */
export interface CompareQuery {
  data: Blob;
  profile: ProfileSource | undefined;
  capture: CaptureSource;
  config: string;
  variant: string;
  core: string;
  kernel: string;
  states: readonly State[];
  placements: number;
  samples: number;
  faults: number;
  contention: number;
  seed: number;
}

/** A price of a core with its range and where it comes from. */
export interface SourcedPrice {
  event: string;
  v: number;
  lo: number;
  hi: number;
  unit: string;
  conf: string;
  source: string;
}

/** Quantiles 0 to 100 of cycles a fault, over all pairs of a placement and a price sample. */
export type Quantiles = readonly number[];

export interface CompareAnswer {
  variant: string;
  /** What the variant is, in words, and its compiler. */
  words: string;
  compiler: string;
  compared: ComparedCore;
  /** Of the first state: what is added, and the base against itself at another place. */
  added: Quantiles;
  floor: Quantiles;
  /** Exact counts of a fault, and what the variant adds. */
  counts: GroupCounts;
  verdict: string;
  /** Of every event that happened. */
  prices: SourcedPrice[];
  /** The user's file that the core comes from. */
  profile: string | undefined;
}

/** Internal VMs of these sizes, mapped under each policy. */
export interface IdmapQuery {
  data: Blob;
  profile: ProfileSource | undefined;
  sizes: readonly bigint[];
  granuleShift: 12 | 14 | 16;
  policies: readonly IdmapPolicy[];
  cores: readonly string[];
  kernel: string;
}

export interface IdmapAnswer {
  maps: IdmapMap[];
  notCounted: readonly string[];
}
