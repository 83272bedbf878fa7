// What a descriptor translates, and what must not change of it without break-before-make.
// Source: Arm ARM DDI 0487, D8.16.1 "Using break-before-make when updating translation table entries" and, for
// FEAT_BBM, "Support levels for changing block size" behind it.
import * as A from '../../abi/arm.js';
import { AddressLayout } from '../../abi/walk.js';
import { descriptorAddress, descriptorKind, type EntryPlace } from '../../arm/descriptor.js';
import { fieldMask } from '../../arm/fields.js';
import { contiguousBits } from '../fsck/contiguous.js';
import type { BbmReason, ChangeClass } from './types.js';

const AF = 1n << BigInt(A.DESC_AF_LSB);
const DBM = 1n << BigInt(A.DESC_DBM_LSB);
const CONTIG = 1n << BigInt(A.DESC_CONTIG_LSB);
const NT = 1n << BigInt(A.DESC_NT_LSB);
const MEMATTR = fieldMask({ lsb: A.DESC_MEMATTR_LSB, width: A.DESC_MEMATTR_WIDTH });
const SH = fieldMask({ lsb: A.DESC_SH_LSB, width: A.DESC_SH_WIDTH });
const S2AP = fieldMask({ lsb: A.DESC_S2AP_LSB, width: A.DESC_S2AP_WIDTH });
const S2AP_WRITE = 2n << BigInt(A.DESC_S2AP_LSB);
const XN = fieldMask({ lsb: A.DESC_XN_LSB, width: A.DESC_XN_WIDTH });

/** What a TLB or a walk cache can hold of one descriptor. */
export interface Translation {
  kind: 'leaf' | 'table';
  /** What it is good for: a contiguous leaf for its whole set. */
  ipa: bigint;
  size: bigint;
  level: number;
  desc: bigint;
  /** Output address of `ipa`, or the next table. */
  output: bigint;
}

/**
 * What the entry for `ipa`, which is for 2^shift bytes, may be held as; undefined for one that faults, as no TLB holds
 * it: invalid or reserved, or a leaf whose access flag is clear. Hardware that sets the flag does so in memory first.
 */
export function translationOf(
  desc: bigint,
  place: EntryPlace,
  ipa: bigint,
  shift: number,
): Translation | undefined {
  if ((desc & 1n) === 0n) return undefined;
  const kind = descriptorKind(desc, place);
  const output = descriptorAddress(desc, place);
  const { level } = place;
  if (kind === 'table') return { kind, ipa, size: 1n << BigInt(shift), level, desc, output };
  if (kind === 'reserved' || (desc & AF) === 0n) return undefined;
  const bits = desc & CONTIG ? contiguousBits(place) : 0;
  const size = 1n << BigInt(shift + bits);
  const low = size - 1n;
  return { kind: 'leaf', ipa: ipa & ~low, size, level, desc, output: output & ~low };
}

export function overlaps(a: Translation, b: Translation): boolean {
  return a.ipa < b.ipa + b.size && b.ipa < a.ipa + a.size;
}

/** Why two translations may not be in TLBs together; empty if they may, or translate nothing together. */
export function conflicts(
  held: Translation,
  made: Translation,
  bbm: 0 | 1 | 2,
  layout?: AddressLayout,
): BbmReason[] {
  if (!overlaps(held, made)) return [];
  if (held.kind === 'table' || made.kind === 'table') return tableConflicts(held, made, bbm);
  const reasons: BbmReason[] = [];
  const at = held.ipa > made.ipa ? held.ipa : made.ipa;
  if (held.output + (at - held.ipa) !== made.output + (at - made.ipa)) reasons.push('output address');
  const changed = held.desc ^ made.desc;
  if (changed & MEMATTR) reasons.push('memory type');
  if (layout !== AddressLayout.LPA2 && changed & SH) reasons.push('shareability');
  if (held.level !== made.level && !mayResize(held, made, bbm)) reasons.push('block size');
  if (held.level === made.level && changed & CONTIG && bbm < 2) reasons.push('contiguous bit');
  return reasons;
}

/** A walk cache and a leaf of its level or above, or two tables for the same range. */
function tableConflicts(held: Translation, made: Translation, bbm: 0 | 1 | 2): BbmReason[] {
  if (held.kind === made.kind)
    return held.level === made.level && held.output !== made.output ? ['next table'] : [];
  const [table, leaf] = held.kind === 'table' ? [held, made] : [made, held];
  return table.level >= leaf.level && !mayResize(held, made, bbm) ? ['block size'] : [];
}

/** FEAT_BBM: level 2 allows a change of size, level 1 where the block is marked nT. */
function mayResize(a: Translation, b: Translation, bbm: 0 | 1 | 2): boolean {
  const block = a.level < b.level || a.kind === 'leaf' ? a : b;
  return bbm === 2 || (bbm === 1 && (block.desc & NT) !== 0n);
}

/** What a change that needs no break-before-make is. */
export function changeOf(old: bigint, desc: bigint): ChangeClass {
  const changed = old ^ desc;
  if (changed & (S2AP | XN)) return 'permission';
  return changed & (AF | DBM) ? 'accessFlag' : 'ignored';
}

/** `now` allows all that `held` does, at the same place: a TLB with the older one makes an access fault at worst. */
export function isNoLess(now: Translation, held: Translation): boolean {
  if (now.kind !== held.kind || now.level !== held.level || now.output !== held.output) return false;
  if (held.kind === 'table') return true;
  const changed = held.desc ^ now.desc;
  // With DBM in both, the write permission is the hardware's to give.
  const access = (held.desc & now.desc & DBM) === 0n ? S2AP : S2AP & ~S2AP_WRITE;
  const losesAccess = (held.desc & ~now.desc & (access | AF)) !== 0n;
  const losesFetch = (changed & XN) !== 0n && (now.desc & XN) !== 0n;
  return (changed & (MEMATTR | SH | CONTIG)) === 0n && !losesAccess && !losesFetch;
}
