import type { ColdRule, WalkStorage } from '../abi/uarch.js';

/** A set-associative cache with true LRU. Sets and line size need not be powers of two. */
export interface CacheGeometry {
  /** 1 or more; sets times ways are at most 2^24 lines. */
  sets: number;
  /** Lines of a set, 1 to 64. */
  ways: number;
  /** Bytes of a line, 1 to 4096. */
  lineBytes: number;
}

/** A TLB, a walk cache or a level of the BTB; with as many ways as entries it is fully associative. */
export interface TableGeometry {
  /** A multiple of the ways, at most 2^24. */
  entries: number;
  /** Entries of a set, 1 to 4096. */
  ways: number;
}

/** The structures of one core that decide which events happen. */
export interface Geometry {
  /** First-level cache of instructions. */
  l1i: CacheGeometry;
  /** First-level cache of data. */
  l1d: CacheGeometry;
  /** Second level, of both. */
  l2: CacheGeometry;
  /** Third level, of both; absent: what misses the L2 is in DRAM. */
  l3?: CacheGeometry;
  /** First-level TLB of fetches. */
  itlb: TableGeometry;
  /** First-level TLB of loads and stores. */
  dtlb: TableGeometry;
  /** The second-level TLB. */
  stlb: TableGeometry;
  /** Where the table walker keeps intermediate results. */
  walkStorage: WalkStorage;
  /** With separate storage only. */
  walkCache?: TableGeometry;
  /** IPA to PA by stage 2. With separate storage only. */
  ipaCache?: TableGeometry;
  /** Levels of the BTB that exist, the fastest first; none: the direction predictor alone. */
  btb: {
    /** Level that loses fewest cycles for a taken branch. */
    nano?: TableGeometry;
    /** Level behind it. */
    micro?: TableGeometry;
    /** Level behind both. */
    main?: TableGeometry;
  };
  /** The predictor of conditional branches: two-bit counters. */
  direction: {
    /** log2 of the counters, 0 to 24. */
    indexBits: number;
    /** Bits of global history in the index, 0 to `indexBits`. */
    historyBits: number;
  };
  /** Return addresses it holds, 0 to 4096. */
  returnStack: number;
  /** How a conditional branch that the BTB does not hold is predicted. */
  coldRule: ColdRule;
}
