import type { AccessKind } from '../arm/esr.js';
import { levelShift } from '../arm/descriptor.js';
import { hex } from './error.js';
import type { TableLeaf } from './translator-leaves.js';
import type { TranslatedLeaf, TranslateResult, Translator } from './translator.js';

/** A leaf as another reader of the same tables lists it; the fields are numbers of the architecture. */
export interface ListedMapping {
  ipa: bigint;
  pa: bigint;
  level: number;
  size: bigint;
  desc: bigint;
  s2ap: number;
  r: number;
  w: number;
  xn: number;
  af: number;
  memattr: number;
  contig: number;
  dbm: number;
  sw: number;
  sh: number;
}

/** What the walk of one IPA gives and what was listed. */
export interface Difference {
  ipa: bigint;
  /** Such as `read at EL1: PA`. */
  what: string;
  found: string;
  expected: string;
}

/** What a check looked at and found. */
export interface CheckReport {
  mappings: number;
  gapProbes: number;
  differences: Difference[];
}

/** Accesses that are tried on every mapping. */
const ACCESSES: readonly { access: AccessKind; el: 0 | 1 }[] = [
  { access: 'read', el: 1 },
  { access: 'write', el: 1 },
  { access: 'execute', el: 0 },
  { access: 'execute', el: 1 },
];

/**
 * Walks the first byte, the middle and the last byte of every listed mapping for reads, writes and execution, and
 * the first and last page of every gap between them, of which each must fault. `leaves` are those of a software walk
 * of the same tables: each must be listed.
 */
export function checkMappings(
  translator: Translator,
  mappings: readonly ListedMapping[],
  leaves: Iterable<TableLeaf>,
): CheckReport {
  const sorted = [...mappings].sort((a, b) => (a.ipa < b.ipa ? -1 : 1));
  const probes = gapProbes(translator, sorted);
  return {
    mappings: sorted.length,
    gapProbes: probes.length,
    differences: [
      ...sorted.flatMap((mapping) => checkMapping(translator, mapping)),
      ...probes.flatMap((ipa) => checkGap(translator, ipa)),
      ...unlisted(sorted, leaves),
    ],
  };
}

function checkMapping(translator: Translator, mapping: ListedMapping): Difference[] {
  const { ipa, size } = mapping;
  const walk = translator.translate({ ipa, access: 'cache-op', el: 1 });
  const leaf = checkLeaf(translator, mapping, walk);
  if (leaf.length > 0) return leaf;
  const offsets = [...new Set([0n, size / 2n, size - 1n])];
  return offsets.flatMap((offset) =>
    ACCESSES.flatMap((access) => checkAccess(translator, mapping, offset, access)),
  );
}

/** The leaf itself: a cache operation at EL1 needs no permission, so it gets there unless the access flag is clear. */
function checkLeaf(translator: Translator, mapping: ListedMapping, walk: TranslateResult): Difference[] {
  const { ipa } = mapping;
  const leaf = leafOf(translator, walk);
  if (leaf === undefined) return [{ ipa, what: 'walk', found: outcome(walk), expected: 'a leaf' }];
  const { granuleShift } = translator.regime;
  const found = { ...listing(leaf), size: 1n << BigInt(levelShift(granuleShift, leaf.level)) };
  return Object.entries(found)
    .map(([what, value]) => ({ what, value, listed: mapping[what as keyof typeof found] }))
    .filter(({ value, listed }) => value !== listed)
    .map(({ what, value, listed }) => ({ ipa, what, found: show(value), expected: show(listed) }));
}
