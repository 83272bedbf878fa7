import { WIDE_ADDRESS_END } from '../abi/arm.js';
import * as W from '../abi/walk.js';
import { type Choices, choiceBits } from '../arm/choices.js';
import type { CpuFeatures } from '../arm/cpu.js';
import { checkU64 } from '../core/check.js';
import { Stage2Error } from '../core/error.js';
import type { View } from '../core/view.js';

/** The registers a translation depends on. Those of stage 1 and SCTLR_EL2 are 0 unless given. */
export interface WalkRegisters {
  /** VTCR_EL2. */
  vtcr: bigint;
  /** VTTBR_EL2; the VMID counts for TLBs alone. */
  vttbr: bigint;
  /** HCR_EL2; what counts are VM, DC, TGE, PTW, FWB, CD and ID. */
  hcr: bigint;
  /** SCTLR_EL2; what counts is EE, the byte order of stage-2 tables. */
  sctlrEl2?: bigint;
  /** SCTLR_EL1; what counts are M, A, C, I, WXN and EE. */
  sctlrEl1?: bigint;
  /** TCR_EL1. */
  tcrEl1?: bigint;
  /** TTBR0_EL1. */
  ttbr0El1?: bigint;
  /** TTBR1_EL1. */
  ttbr1El1?: bigint;
  /** MAIR_EL1. */
  mairEl1?: bigint;
}

/** The CPU that translates: what it implements, and how it settles what the architecture leaves open. */
export interface WalkCpu {
  /** What ID_AA64MMFR0_EL1 to ID_AA64MMFR2_EL1 say. */
  features: CpuFeatures;
  /** Default: DEFAULT_CHOICES. */
  choices?: Partial<Choices>;
}

/** What the stage-2 registers decode to. */
export interface Regime {
  /** False if the configuration itself faults: then no other field but `granuleShift` and `iaBits` counts. */
  valid: boolean;
  /** log2 of the granule in bytes: 12, 14 or 16. */
  granuleShift: number;
  /** IPA bits one level resolves. */
  stride: number;
  /** -1 to 3. */
  startLevel: number;
  /** 0 if VTCR_EL2.T0SZ is out of range. */
  iaBits: number;
  /** Bits of an output address: VTCR_EL2.PS, as far as the CPU has them. */
  oaBits: number;
  /** Where descriptors keep address bits 51:48. */
  layout: W.AddressLayout;
  /** First table, VTTBR_EL2.BADDR aligned down to its size. */
  tableBase: bigint;
}

const PA_MAX_LEAST = 32;
const PA_MAX_MOST = 56;
const GRANULES: Readonly<Record<number, number>> = {
  4: W.FEAT_GRANULE_4K,
  16: W.FEAT_GRANULE_16K,
  64: W.FEAT_GRANULE_64K,
};
const LPA2: Readonly<Record<number, number>> = { 4: W.FEAT_LPA2_4K, 16: W.FEAT_LPA2_16K };

const FIELDS: Readonly<Record<keyof WalkRegisters, number>> = {
  vtcr: W.REGIME_VTCR,
  vttbr: W.REGIME_VTTBR,
  hcr: W.REGIME_HCR,
  sctlrEl2: W.REGIME_SCTLR_EL2,
  sctlrEl1: W.REGIME_SCTLR_EL1,
  tcrEl1: W.REGIME_TCR_EL1,
  ttbr0El1: W.REGIME_TTBR0_EL1,
  ttbr1El1: W.REGIME_TTBR1_EL1,
  mairEl1: W.REGIME_MAIR_EL1,
};
const REGISTERS = Object.keys(FIELDS) as readonly (keyof WalkRegisters)[];

/** Throws EINVAL that names the register unless each is a u64. */
export function checkRegisters(registers: WalkRegisters): void {
  for (const name of REGISTERS) checkU64(name, registers[name] ?? 0n);
}

/** Writes the registers into the regime record at `at`. */
export function writeRegisters(view: View, at: number, registers: WalkRegisters): void {
  for (const name of REGISTERS) view.setU64(at + FIELDS[name], registers[name] ?? 0n);
}

/** A CPU as the core takes it. */
export interface CpuWords {
  features: number;
  choices: number;
  paMax: number;
}

/** Encodes a CPU. Throws EINVAL naming what it cannot be. */
export function encodeCpu({ features, choices = {} }: WalkCpu): CpuWords {
  return { features: featureBits(features), choices: choiceBits(choices), paMax: features.paMax };
}

/** Writes the CPU into the regime record at `at`. */
export function writeCpu(view: View, at: number, { features, choices, paMax }: CpuWords): void {
  view.setU32(at + W.REGIME_FEATURES, features);
  view.setU32(at + W.REGIME_CHOICES, choices);
  view.setU32(at + W.REGIME_PA_MAX, paMax);
}

/** Reads what the core derived from the inputs of the record at `at`. */
export function readRegime(view: View, at: number): Regime {
  return {
    valid: view.u32(at + W.REGIME_VALID) !== 0,
    granuleShift: view.u32(at + W.REGIME_GRANULE_SHIFT),
    stride: view.u32(at + W.REGIME_STRIDE),
    startLevel: view.i32(at + W.REGIME_START_LEVEL),
    iaBits: view.u32(at + W.REGIME_IA_BITS),
    oaBits: view.u32(at + W.REGIME_OA_BITS),
    layout: view.u32(at + W.REGIME_LAYOUT),
    tableBase: view.u64(at + W.REGIME_BASE),
  };
}

function featureBits(features: CpuFeatures): number {
  const { paMax, granules, lpa, lpa2, ttst, xnx, haf, hdbs, fwb, bbm } = features;
  if (!Number.isInteger(paMax) || paMax < PA_MAX_LEAST || paMax > PA_MAX_MOST) {
    throw new Stage2Error('EINVAL', `paMax ${paMax}: expected ${PA_MAX_LEAST} to ${PA_MAX_MOST}`);
  }
  if (granules.length === 0) {
    throw new Stage2Error('EINVAL', 'granules: found none, expected at least one of 4, 16, 64');
  }
  // FEAT_LPA is what a PARange of so many bits means.
  if (lpa !== paMax >= WIDE_ADDRESS_END) {
    throw new Stage2Error(
      'EINVAL',
      `lpa ${lpa} with paMax ${paMax}: expected it from ${WIDE_ADDRESS_END} bits on`,
    );
  }
  if (lpa2.length > 0 && !lpa) {
    throw new Stage2Error('EINVAL', `lpa2 ${lpa2.join(', ')} without lpa: expected none`);
  }
  return (
    sum('granules', granules, GRANULES) |
    sum('lpa2', lpa2, LPA2) |
    (lpa ? W.FEAT_LPA : 0) |
    (ttst ? W.FEAT_TTST : 0) |
    (xnx ? W.FEAT_XNX : 0) |
    (haf ? W.FEAT_HAF : 0) |
    (hdbs ? W.FEAT_HDBS : 0) |
    (fwb ? W.FEAT_S2FWB : 0) |
    (bbm > 0 ? W.FEAT_NT : 0)
  );
}

function sum(what: string, list: readonly number[], bits: Readonly<Record<number, number>>): number {
  return list.reduce((total, each) => {
    const bit = bits[each];
    if (bit === undefined) {
      throw new Stage2Error('EINVAL', `${what}: found ${each}, expected ${Object.keys(bits).join(', ')}`);
    }
    return total | bit;
  }, 0);
}
