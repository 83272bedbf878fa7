import type { Block, Build } from './build-types.js';
import type { Counts } from './counts.js';

/** A block that was run. */
export interface Step {
  /** Of the build that is followed. */
  block: Block;
  /** Whether its branch or static key was taken; undefined if it ends in none, or was not completed. */
  taken: boolean | undefined;
  /** False for the blocks the host kernel died in. */
  completed: boolean;
}

/** A call that was charged, and what it cost. */
export interface Call {
  /** Of the function outside the handler. */
  name: string;
  /** Spelled as the build files do. */
  outcome: string;
  /** Its own quantities by name; those left out are the fault's, or 0. */
  q: Readonly<Record<string, number>>;
  /** Counts and cycles of the call, everything it called included. */
  counts: Readonly<Counts>;
  /** Steady cycles by core, in the order of {@link Build.cores}. */
  cycles: readonly number[];
  /** One of the cache-maintenance loops, which {@link Walk.loops} adds up. */
  cacheLoop: boolean;
}

/** One fault followed through one build. */
export interface Walk {
  /** The build that was followed. */
  build: Build;
  /** Labels of the blocks run, such as `a7`, in order; a block that calls comes before its callee's. */
  blocks: readonly string[];
  /** The same blocks, with the direction their branches went. */
  steps: readonly Step[];
  /** Calls of functions outside the handler, in order, beginning with handle_exit. */
  callees: readonly Call[];
  /** Calls of functions that were not compiled, by name in the order of their first call. */
  opaque: ReadonlyMap<string, number>;
  /** Everything executed but the cache loops; if `oops` is set, completed blocks of the handler only. */
  totals: Readonly<Counts>;
  /** The cache-maintenance loops. */
  loops: Readonly<Counts>;
  /** Where the host kernel died: the callee, or the function whose trap was reached. */
  oops: string | undefined;
}

/** What stops a walk that would not end by itself: blocks and calls, and nested calls. */
export interface WalkLimits {
  /** Blocks and calls. Default 100,000. */
  steps: number;
  /** Calls within calls. Default 64. */
  depth: number;
}
