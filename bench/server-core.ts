import { ColdRule, WalkStorage } from '../src/abi/uarch.js';
import type { Geometry } from '../src/uarch/geometry.js';

/** Structures of the size of a server core of 2019; how large they are is no result of a benchmark. */
export const SERVER_CORE: Geometry = {
  l1i: { sets: 256, ways: 4, lineBytes: 64 },
  l1d: { sets: 256, ways: 4, lineBytes: 64 },
  l2: { sets: 2048, ways: 8, lineBytes: 64 },
  l3: { sets: 4096, ways: 16, lineBytes: 64 },
  itlb: { entries: 48, ways: 48 },
  dtlb: { entries: 48, ways: 48 },
  stlb: { entries: 1280, ways: 5 },
  walkStorage: WalkStorage.UNIFIED,
  btb: { nano: { entries: 16, ways: 16 }, micro: { entries: 64, ways: 4 }, main: { entries: 6144, ways: 3 } },
  direction: { indexBits: 14, historyBits: 0 },
  returnStack: 16,
  coldRule: ColdRule.FALL_THROUGH,
};
