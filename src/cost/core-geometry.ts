import { type CacheProfile, KIB, type TableProfile } from './core-structures.js';
import type { CoreProfile } from './profile.js';

/** The structures of a core that decide which events happen, in the form of its Geometry (src/uarch). */
export function geometryOf(profile: CoreProfile) {
  const { l1i, l1d, l2, l3, tlb, branches } = profile;
  const { nano, micro, main } = branches;
  return {
    /** First level, for code. */
    l1i: cacheShape(l1i),
    /** First level, for data and the table walker. */
    l1d: cacheShape(l1d),
    /** Second level, for both. */
    l2: cacheShape(l2),
    ...(l3 && {
      /** Absent where the core has none. */
      l3: cacheShape(l3),
    }),
    /** First level, for fetches. */
    itlb: tableShape(tlb.itlb),
    /** First level, for data. */
    dtlb: tableShape(tlb.dtlb),
    /** Second level, for both. */
    stlb: tableShape(tlb.stlb),
    /** Where walks keep partial results. */
    walkStorage: tlb.storage.v,
    ...(tlb.walkCache && {
      /** Stage-1 walk entries; with separate storage only. */
      walkCache: tableShape(tlb.walkCache),
    }),
    ...(tlb.ipaCache && {
      /** IPA -> PA entries; with separate storage only. */
      ipaCache: tableShape(tlb.ipaCache),
    }),
    /** Levels of the BTB that the core has. */
    btb: {
      ...(nano && {
        /** The fastest. */
        nano: tableShape(nano),
      }),
      ...(micro && {
        /** The one behind it. */
        micro: tableShape(micro),
      }),
      ...(main && {
        /** The largest. */
        main: tableShape(main),
      }),
    },
    /** The predictor of conditional branches. */
    direction: {
      /** log2 of its two-bit counters. */
      indexBits: branches.indexBits.v,
      /** Bits of global history in its index. */
      historyBits: branches.historyBits.v,
    },
    /** Entries. */
    returnStack: branches.returnStack.v,
    /** What is predicted of a conditional branch that the BTB does not hold. */
    coldRule: branches.coldRule.v,
  };
}

function cacheShape({ size, ways, line }: CacheProfile) {
  return {
    /** Need not be a power of two. */
    sets: (size.v * KIB) / (ways.v * line.v),
    /** Lines of a set. */
    ways: ways.v,
    /** Bytes of a line. */
    lineBytes: line.v,
  };
}

function tableShape({ entries, ways }: TableProfile) {
  return {
    /** All of its sets together. */
    entries: entries.v,
    /** Entries of a set. */
    ways: ways.v,
  };
}
