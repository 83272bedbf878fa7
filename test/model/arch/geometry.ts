// Sizes that a granule fixes, the same at both stages. Arm ARM D8.2; docs/notes/stage2-walk.md sections 1 to 5.
import type { Choices, CpuFeatures, GranuleKib } from './types.js';

export const LAST_LEVEL = 3;

const PAGE_BITS: Record<GranuleKib, number> = { 4: 12, 16: 14, 64: 16 };
const ADDRESS_SIZES = [32, 36, 40, 42, 44, 48, 52, 56] as const;
const LARGEST_TXSZ_TTST: Record<GranuleKib, number> = { 4: 48, 16: 48, 64: 47 };

/** log2 of the entries in a contiguous group, by granule and level. */
const CONTIGUOUS_ENTRIES: Record<GranuleKib, Partial<Record<number, number>>> = {
  4: { 1: 4, 2: 4, 3: 4 },
  16: { 2: 5, 3: 7 },
  64: { 2: 5, 3: 5 },
};

export function pageBits(granule: GranuleKib): number {
  return PAGE_BITS[granule];
}

/** Address bits that one level resolves: a table fills one granule with 8-byte descriptors. */
export function strideBits(granule: GranuleKib): number {
  return PAGE_BITS[granule] - 3;
}

/** log2 of the bytes that one descriptor of a level maps. */
export function entryBits(granule: GranuleKib, level: number): number {
  return pageBits(granule) + (LAST_LEVEL - level) * strideBits(granule);
}

/** log2 of the bytes of a contiguous group, or undefined at a level where the bit means nothing. */
export function contiguousBits(granule: GranuleKib, level: number): number | undefined {
  const entries = CONTIGUOUS_ENTRIES[granule][level];
  return entries === undefined ? undefined : entryBits(granule, level) + entries;
}

export function hasLpa2(features: CpuFeatures, granule: GranuleKib): boolean {
  return granule !== 64 && features.lpa2.includes(granule);
}

export function allowsBlock(features: CpuFeatures, granule: GranuleKib, level: number, ds: boolean): boolean {
  switch (granule) {
    case 4:
      return level === 1 || level === 2 || (level === 0 && ds);
    case 16:
      return level === 2 || (level === 1 && ds);
    case 64:
      return level === 2 || (level === 1 && features.paMax >= 52);
  }
}

/** Size of an output address: what PS or IPS asks for, within what is implemented. */
export function outputSize(features: CpuFeatures, granule: GranuleKib, ps: number): number {
  const wide = features.lpa && (granule === 64 || hasLpa2(features, granule));
  return Math.min(ADDRESS_SIZES[ps] as number, features.paMax, wide ? 52 : 48);
}

/** The granule that an encoding selects; undefined is a reserved encoding. */
export function selectGranule(
  features: CpuFeatures,
  choices: Choices,
  encoded: GranuleKib | undefined,
): GranuleKib {
  if (encoded !== undefined && features.granules.includes(encoded)) return encoded;
  if (choices.granule !== 'smallest' && features.granules.includes(choices.granule)) return choices.granule;
  return Math.min(...features.granules) as GranuleKib;
}

/** The largest TxSZ, which is the smallest address space. */
export function maxTxsz(features: CpuFeatures, granule: GranuleKib): number {
  return features.ttst ? LARGEST_TXSZ_TTST[granule] : 39;
}

/**
 * TxSZ within its bounds, or undefined where the configuration faults. FEAT_LPA and FEAT_LVA take away the choice
 * below the minimum.
 */
export function legalTxsz(
  txsz: number,
  bounds: { min: number; max: number },
  features: CpuFeatures,
  choices: Choices,
): number | undefined {
  if (txsz >= bounds.min && txsz <= bounds.max) return txsz;
  if (choices.t0sz === 'fault' || (txsz < bounds.min && features.lpa)) return undefined;
  return txsz < bounds.min ? bounds.min : bounds.max;
}
