import type { ColdRule, WalkStorage } from '../abi/uarch.js';

/** A set-associative cache with true LRU. Sets and line size need not be powers of two. */
export interface CacheGeometry {
  sets: number;
  ways: number;
  lineBytes: number;
}

/** A TLB, a walk cache or a level of the BTB; with as many ways as entries it is fully associative. */
export interface TableGeometry {
  entries: number;
  ways: number;
}

/** The structures of one core that decide which events happen. */
export interface Geometry {
  l1i: CacheGeometry;
  l1d: CacheGeometry;
  l2: CacheGeometry;
  l3?: CacheGeometry;
  itlb: TableGeometry;
  dtlb: TableGeometry;
  /** The second-level TLB. */
  stlb: TableGeometry;
  walkStorage: WalkStorage;
  /** With separate storage only. */
  walkCache?: TableGeometry;
  ipaCache?: TableGeometry;
  /** Levels of the BTB that exist, the fastest first; none: the direction predictor alone. */
  btb: { nano?: TableGeometry; micro?: TableGeometry; main?: TableGeometry };
  /** log2 of the counters of the direction predictor, and bits of global history in its index. */
  direction: { indexBits: number; historyBits: number };
  returnStack: number;
  coldRule: ColdRule;
}
