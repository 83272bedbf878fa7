import * as A from '../../abi/arm.js';
import { AddressLayout } from '../../abi/walk.js';
import { descriptorKind, levelShift } from '../../arm/descriptor.js';
import { fieldMask } from '../../arm/fields.js';
import { memAttrName } from '../../arm/memattr.js';
import { addressBits, addressLayout, type Geometry } from '../geometry.js';
import type { FindingKind } from './types.js';

/** Lowest bit that may hold part of an address. */
const ADDRESS_LSB = 12;
const NT = 1n << BigInt(A.DESC_NT_LSB);
const LPA_HIGH = fieldMask({ lsb: A.DESC_LPA_HIGH_LSB, width: A.DESC_LPA_HIGH_WIDTH });
const SH_RESERVED = 1;
const TABLE = 1 << A.DESC_TABLE_LSB;
/** MemAttr that are reserved, by value: as without HCR_EL2.FWB, which v4.13 does not know. */
const RESERVED = Array.from({ length: 1 << A.DESC_MEMATTR_WIDTH }, (_, i) => memAttrName(i, false)).map(
  (name) => name === 'reserved',
);

/** A mask of descriptor bits as two 32-bit words: entries are read so, as most of them need no more. */
interface Mask {
  low: number;
  high: number;
}

/** What the leaves of one level may not have. */
interface LevelRules {
  /** The level has no leaves. */
  noLeaf: boolean;
  /** Bits that are RES0. */
  res0: Mask;
  /** Bits of an output address beyond the CPU's PA space. */
  beyondPa: Mask;
  /** One leaf is larger than the PA space. */
  tooLarge: boolean;
}

/** Rules made before: a check after every step asks for the same ones. */
const made = new WeakMap<Geometry, Map<number, LeafRules>>();

/** The rules of a geometry on a CPU with `paBits` bits of PA. */
export function leafRules(geometry: Geometry, paBits: number): LeafRules {
  const known = made.get(geometry) ?? new Map<number, LeafRules>();
  made.set(geometry, known);
  const rules = known.get(paBits) ?? new LeafRules(geometry, paBits);
  known.set(paBits, rules);
  return rules;
}

/** Legality of single leaves of one geometry. */
export class LeafRules {
  readonly #levels: readonly LevelRules[];
  readonly #ownShareability: boolean;

  /** `paBits`: bits of PA the CPU has. */
  constructor(geometry: Geometry, paBits: number) {
    this.#levels = [-1, 0, 1, 2, 3].map((level) => levelRules(geometry, level, paBits));
    this.#ownShareability = addressLayout(geometry) !== AddressLayout.LPA2;
  }

  /** The first thing wrong with the leaf of `level` whose descriptor has these two words. */
  problem(low: number, high: number, level: number): FindingKind | undefined {
    const rules = this.#levels[level + 1] as LevelRules;
    if (rules.noLeaf || (level === 3 && (low & TABLE) === 0)) return 'entry-reserved';
    if (((low & rules.res0.low) | (high & rules.res0.high)) !== 0) return 'leaf-reserved-bits';
    if (rules.tooLarge || ((low & rules.beyondPa.low) | (high & rules.beyondPa.high)) !== 0)
      return 'leaf-beyond-pa';
    const memAttr = (low >>> A.DESC_MEMATTR_LSB) & (RESERVED.length - 1);
    const sh = (low >>> A.DESC_SH_LSB) & ((1 << A.DESC_SH_WIDTH) - 1);
    return RESERVED[memAttr] || (this.#ownShareability && sh === SH_RESERVED) ? 'leaf-attributes' : undefined;
  }
}

function levelRules(geometry: Geometry, level: number, paBits: number): LevelRules {
  const layout = addressLayout(geometry);
  const { granuleShift } = geometry;
  const shift = levelShift(granuleShift, level);
  const isLeaf = level === 3 || descriptorKind(1n, { granuleShift, level, layout }) === 'block';
  return {
    noLeaf: !isLeaf,
    res0: split(isLeaf ? res0(geometry, level, shift) : 0n),
    beyondPa: split(
      isLeaf ? descriptorBits(bitsBetween(Math.max(paBits, shift), addressBits(geometry)), layout) : 0n,
    ),
    tooLarge: isLeaf && shift > paBits,
  };
}

/** Between the address and the upper attributes, and below the address of a leaf of that alignment; nT is legal in a block. */
function res0(geometry: Geometry, level: number, shift: number): bigint {
  const layout = addressLayout(geometry);
  const end = layout === AddressLayout.LPA2 ? A.DESC_LPA2_ADDRESS_END : A.DESC_ADDRESS_END;
  let mask = bitsBetween(ADDRESS_LSB, shift) | bitsBetween(end, A.DESC_DBM_LSB);
  if (layout === AddressLayout.LPA) mask &= ~LPA_HIGH;
  return level < 3 ? mask & ~NT : mask;
}

/** Where a descriptor holds the bits of an address. */
function descriptorBits(pa: bigint, layout: AddressLayout): bigint {
  if (layout === AddressLayout.NARROW) return pa;
  const isLpa = layout === AddressLayout.LPA;
  const end = isLpa ? A.DESC_ADDRESS_END : A.DESC_LPA2_ADDRESS_END;
  const lsb = isLpa ? A.DESC_LPA_HIGH_LSB : A.DESC_LPA2_HIGH_LSB;
  return BigInt.asUintN(end, pa) | ((pa >> BigInt(end)) << BigInt(lsb));
}

/** Bits [lsb, end). */
function bitsBetween(lsb: number, end: number): bigint {
  return end > lsb ? fieldMask({ lsb, width: end - lsb }) : 0n;
}

function split(mask: bigint): Mask {
  return { low: Number(BigInt.asIntN(32, mask)), high: Number(BigInt.asIntN(32, mask >> 32n)) };
}
