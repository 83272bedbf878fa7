import { type CacheProfile, KIB, type TableProfile } from './core-structures.js';
import type { CoreProfile } from './profile.js';

/** The structures of a core that decide which events happen, in the form of its Geometry (src/uarch). */
export function geometryOf(profile: CoreProfile) {
  const { l1i, l1d, l2, l3, tlb, branches } = profile;
  const { nano, micro, main } = branches;
  return {
    l1i: cacheShape(l1i),
    l1d: cacheShape(l1d),
    l2: cacheShape(l2),
    ...(l3 && { l3: cacheShape(l3) }),
    itlb: tableShape(tlb.itlb),
    dtlb: tableShape(tlb.dtlb),
    stlb: tableShape(tlb.stlb),
    walkStorage: tlb.storage.v,
    ...(tlb.walkCache && { walkCache: tableShape(tlb.walkCache) }),
    ...(tlb.ipaCache && { ipaCache: tableShape(tlb.ipaCache) }),
    btb: {
      ...(nano && { nano: tableShape(nano) }),
      ...(micro && { micro: tableShape(micro) }),
      ...(main && { main: tableShape(main) }),
    },
    direction: { indexBits: branches.indexBits.v, historyBits: branches.historyBits.v },
    returnStack: branches.returnStack.v,
    coldRule: branches.coldRule.v,
  };
}

function cacheShape({ size, ways, line }: CacheProfile) {
  return { sets: (size.v * KIB) / (ways.v * line.v), ways: ways.v, lineBytes: line.v };
}

function tableShape({ entries, ways }: TableProfile) {
  return { entries: entries.v, ways: ways.v };
}
