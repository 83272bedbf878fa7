// TCR_EL1, SCTLR_EL1 and HCR_EL2 decoded for one address range of stage 1. Arm ARM D8.2, D24.2 (TCR_EL1).
import { type Access, isFetch } from './access.js';
import { bit, bits, field } from './bits.js';
import type { Environment } from './environment.js';
import {
  hasLpa2,
  LAST_LEVEL,
  legalTxsz,
  maxTxsz,
  outputSize,
  pageBits,
  selectGranule,
  strideBits,
} from './geometry.js';
import type { WalkGeometry } from './table-walk.js';
import type { CpuFeatures, GranuleKib } from './types.js';

export interface Stage1Parameters {
  granule: GranuleKib;
  txsz: number;
  ttbr: bigint;
  /** EPDx: no walks from this TTBR. */
  walksDisabled: boolean;
  hierarchyDisabled: boolean;
  sh: number;
  ds: boolean;
  ha: boolean;
  hd: boolean;
}

/** SCTLR_EL1 as the EL1&0 regime sees it. */
export interface Stage1Control {
  alignmentCheck: boolean;
  cached: boolean;
  instructionsCached: boolean;
  writeImpliesXn: boolean;
  bigEndian: boolean;
}

const TG0 = [4, 64, 16, undefined] as const;
const TG1 = [undefined, 16, 4, 64] as const;

/** HCR_EL2.DC and TGE act as if SCTLR_EL1.M were clear. */
export function isStage1Enabled({ registers: { hcr, sctlrEl1 } }: Environment): boolean {
  return bit(sctlrEl1, 0) && !bit(hcr, 12) && !bit(hcr, 27);
}

export function stage1Control({ registers: { sctlrEl1 } }: Environment): Stage1Control {
  return {
    alignmentCheck: bit(sctlrEl1, 1),
    cached: bit(sctlrEl1, 2),
    instructionsCached: bit(sctlrEl1, 12),
    writeImpliesXn: bit(sctlrEl1, 19),
    bigEndian: bit(sctlrEl1, 25),
  };
}

/** VA[55] selects the range, tagged or not. */
function isUpperRange(va: bigint): boolean {
  return bit(va, 55);
}

export function stage1Parameters(env: Environment, va: bigint): Stage1Parameters {
  const { features, choices, registers } = env;
  const { tcrEl1: tcr, ttbr0El1, ttbr1El1 } = registers;
  const upper = isUpperRange(va);
  const encoded = upper ? TG1[field(tcr, 31, 30)] : TG0[field(tcr, 15, 14)];
  const granule = selectGranule(features, choices, encoded);
  return {
    granule,
    txsz: upper ? field(tcr, 21, 16) : field(tcr, 5, 0),
    ttbr: upper ? ttbr1El1 : ttbr0El1,
    walksDisabled: bit(tcr, upper ? 23 : 7),
    hierarchyDisabled: bit(tcr, upper ? 42 : 41),
    sh: upper ? field(tcr, 29, 28) : field(tcr, 13, 12),
    ds: bit(tcr, 59) && hasLpa2(features, granule),
    ha: bit(tcr, 39) && features.haf,
    hd: bit(tcr, 40) && features.hdbs,
  };
}

/** Undefined where the configuration faults. */
export function stage1Geometry(
  env: Environment,
  { granule, txsz, ds }: Stage1Parameters,
): WalkGeometry | undefined {
  const { features, choices, registers } = env;
  const bounds = { min: minTxsz(features, granule, ds), max: maxTxsz(features, granule) };
  const legal = legalTxsz(txsz, bounds, features, choices);
  if (legal === undefined) return undefined;
  const inputBits = 64 - legal;
  const ips = field(registers.tcrEl1, 34, 32);
  return {
    granule,
    inputBits,
    outputBits: outputSize(features, granule, ips),
    startLevel: startLevel(inputBits, granule),
    ds,
    wideBase: ds || (features.lpa && granule === 64 && ips === 0b110),
  };
}

/** 52-bit virtual addresses: FEAT_LVA at 64K, DS elsewhere. */
function minTxsz(features: CpuFeatures, granule: GranuleKib, ds: boolean): number {
  return ds || (granule === 64 && features.lpa) ? 12 : 16;
}

/** As many levels as the input size needs. */
function startLevel(inputBits: number, granule: GranuleKib): number {
  const levels = Math.ceil((inputBits - pageBits(granule)) / strideBits(granule));
  return LAST_LEVEL + 1 - levels;
}

/** The highest bit of an address that is not a tag. TBIDx leaves the tags of instruction addresses in. */
export function topAddressBit(
  { registers: { tcrEl1: tcr } }: Environment,
  va: bigint,
  access: Access,
): number {
  const upper = isUpperRange(va);
  const ignored = bit(tcr, upper ? 38 : 37) && !(isFetch(access) && bit(tcr, upper ? 52 : 51));
  return ignored ? 55 : 63;
}

/** All bits from the top one down to the input size are copies of VA[55]. */
export function isCanonical(va: bigint, inputBits: number, topBit: number): boolean {
  const high = bits(va, topBit, inputBits);
  const copies = isUpperRange(va) ? bits(-1n, topBit, inputBits) : 0n;
  return high === copies;
}
