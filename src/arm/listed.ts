import type { LeafAttributes } from './leaf.js';

/** Attributes of a leaf as the listing of a table dump has them, by the names of its form. */
export function listedAttributes(a: LeafAttributes) {
  return {
    s2ap: a.s2ap,
    r: Number(a.read),
    w: Number(a.write),
    xn: a.xn,
    af: Number(a.af),
    memattr: a.memAttr,
    contig: Number(a.contiguous),
    dbm: Number(a.dbm),
    sw: a.software,
    sh: a.sh,
  };
}
