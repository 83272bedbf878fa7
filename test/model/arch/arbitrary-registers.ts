// Registers that make sense for a processor, and now and then do not. Bits of features outside the model stay clear.

import fc from 'fast-check';
import { DEFAULT_CHOICES } from '../../../src/arm/choices.js';
import { at, index, mairByte, pick, rarely, usually, usuallyClear, usuallySet } from './arbitrary-draws.js';
import { createEnvironment, type Environment } from './environment.js';
import { hasLpa2, maxTxsz } from './geometry.js';
import { BankedMemory } from './memory.js';
import { isStage1Enabled, stage1Geometry, stage1Parameters } from './stage1-parameters.js';
import { isStage2Enabled, stage2Geometry, stage2Parameters } from './stage2-parameters.js';
import type { WalkGeometry } from './table-walk.js';
import type { CpuFeatures, GranuleKib, Registers } from './types.js';

const TG0: Record<GranuleKib, number> = { 4: 0, 64: 1, 16: 2 };
const TG1: Record<GranuleKib, number> = { 16: 1, 4: 2, 64: 3 };
const PS_BY_SIZE: Record<number, number> = { 32: 0, 36: 1, 40: 2, 42: 3, 44: 4, 48: 5, 52: 6 };

/** Fields of the registers that the model knows; noise reaches no others, nor MAIR_EL1's UNPREDICTABLE encodings. */
const KNOWN: Required<Registers> = {
  vtcr: 0x3_0067_ffffn,
  vttbr: 0xffff_ffff_ffff_ffffn,
  hcr: 0x4003_0800_1005n,
  sctlrEl2: 0x200_0000n,
  sctlrEl1: 0x208_1007n,
  tcrEl1: 0x818_07e7_ffff_ffffn,
  ttbr0El1: 0xffff_ffff_ffff_ffffn,
  ttbr1El1: 0xffff_ffff_ffff_ffffn,
  mairEl1: 0n,
};

const REGISTER_NAMES = Object.keys(KNOWN) as (keyof Registers)[];

/** Mostly the implemented size, where the tables are reachable. */
const addressSize = rarely(fc.nat(7), 6);

const rangeRecipe = fc.record({ granule: index, size: index, sh: fc.nat(3), disabled: usuallyClear(20) });

export const registersRecipe = fc.record({
  stage2: rangeRecipe,
  lower: rangeRecipe,
  upper: rangeRecipe,
  ds: fc.boolean(),
  stage1Ds: fc.boolean(),
  ps: addressSize,
  ips: addressSize,
  vtcrFlags: fc.record({ ha: fc.boolean(), hd: fc.boolean(), walk: fc.nat(15) }),
  hcr: fc.record({
    vm: usuallySet(16),
    ptw: usuallyClear(4),
    dc: usuallyClear(12),
    tge: usuallyClear(30),
    cd: usuallyClear(8),
    id: usuallyClear(8),
    fwb: fc.boolean(),
  }),
  stage1: fc.record({
    m: usuallySet(12),
    a: usuallyClear(8),
    c: usuallySet(5),
    i: fc.boolean(),
    wxn: usuallyClear(4),
    ee: usuallyClear(6),
  }),
  tcr: fc.record({
    ha: fc.boolean(),
    hd: fc.boolean(),
    tbi: fc.nat(3),
    hpd: usually(0, [1, 2, 3], 4),
    tbid: fc.nat(3),
  }),
  ee: usuallyClear(6),
  mair: fc.array(mairByte, { minLength: 8, maxLength: 8 }),
  noise: rarely(
    fc.tuple(fc.constantFrom(...REGISTER_NAMES), fc.array(fc.nat(63), { minLength: 1, maxLength: 3 })),
    8,
  ),
});

export type RegistersRecipe = typeof registersRecipe extends fc.Arbitrary<infer T> ? T : never;

/** The registers but for their tables, and the geometry they ask for. */
export interface Setup {
  features: CpuFeatures;
  registers: Required<Registers>;
  stage2: WalkGeometry;
  stage1: { lower: WalkGeometry; upper: WalkGeometry };
  stage1Enabled: boolean;
  stage2Enabled: boolean;
}

export function buildSetup(recipe: RegistersRecipe, features: CpuFeatures): Setup {
  const { hcr, ps } = recipe;
  const registers: Required<Registers> = {
    vtcr: legalVtcr(recipe, features) | at(16, ps ?? implementedPs(features)),
    vttbr: 0n,
    hcr:
      at(0, hcr.vm) |
      at(2, hcr.ptw) |
      at(12, hcr.dc) |
      at(27, hcr.tge) |
      at(31, 1) |
      at(32, hcr.cd) |
      at(33, hcr.id) |
      at(46, hcr.fwb),
    sctlrEl2: at(25, recipe.ee),
    sctlrEl1: sctlrEl1(recipe),
    tcrEl1: tcrEl1(recipe, features),
    ttbr0El1: 0n,
    ttbr1El1: 0n,
    mairEl1: recipe.mair.reduce((mair, byte, n) => mair | at(8 * n, byte), 0n),
  };
  const env = environmentOf(features, registers);
  const range = (va: bigint) => stage1Geometry(env, stage1Parameters(env, va)) as WalkGeometry;
  return {
    features,
    registers,
    stage2: stage2Geometry(env, stage2Parameters(env)) as WalkGeometry,
    stage1: { lower: range(0n), upper: range(1n << 55n) },
    stage1Enabled: isStage1Enabled(env),
    stage2Enabled: isStage2Enabled(env),
  };
}

/** Some bits flipped, after the tables were laid out. */
export function addNoise(registers: Required<Registers>, { noise }: RegistersRecipe): Required<Registers> {
  if (noise === undefined) return registers;
  const [name, positions] = noise;
  const flipped = positions.reduce((mask, position) => mask ^ at(position, 1), 0n);
  return { ...registers, [name]: registers[name] ^ (flipped & KNOWN[name]) };
}

function environmentOf(features: CpuFeatures, registers: Registers): Environment {
  return createEnvironment(features, DEFAULT_CHOICES, registers, new BankedMemory([], []));
}

function implementedPs({ paMax }: CpuFeatures): number {
  return PS_BY_SIZE[paMax] as number;
}

const START_LEVELS = 5;
const SIZES = 64;

/** A T0SZ and a start level that go together: the first that do, counted from a random pair on. */
function legalVtcr({ stage2, ds, vtcrFlags }: RegistersRecipe, features: CpuFeatures): bigint {
  const granule = pick(features.granules, stage2.granule);
  const { ha, hd, walk } = vtcrFlags;
  const flags = at(31, 1) | at(21, ha) | at(22, hd) | at(8, walk) | at(12, stage2.sh);
  const base = flags | at(14, TG0[granule]) | at(32, ds);
  for (let pair = stage2.size % (START_LEVELS * SIZES); ; pair = (pair + 1) % (START_LEVELS * SIZES)) {
    const sl = Math.floor(pair / SIZES);
    const vtcr = base | at(0, pair % SIZES) | at(6, sl & 3) | at(33, sl >> 2);
    if (isLegal(features, vtcr)) return vtcr;
  }
}

function isLegal(features: CpuFeatures, vtcr: bigint): boolean {
  const env = environmentOf(features, { vtcr, vttbr: 0n, hcr: 0n });
  return stage2Geometry(env, stage2Parameters(env)) !== undefined;
}

function sctlrEl1({ stage1 }: RegistersRecipe): bigint {
  const { m, a, c, i, wxn, ee } = stage1;
  return at(0, m) | at(1, a) | at(2, c) | at(12, i) | at(19, wxn) | at(25, ee);
}

function tcrEl1(recipe: RegistersRecipe, features: CpuFeatures): bigint {
  const { lower, upper, stage1Ds, ips, tcr } = recipe;
  const lowerGranule = pick(features.granules, lower.granule);
  const upperGranule = pick(features.granules, upper.granule);
  return (
    at(0, legalTxsz(features, lowerGranule, stage1Ds, lower.size)) |
    at(7, lower.disabled) |
    at(12, lower.sh) |
    at(14, TG0[lowerGranule]) |
    at(16, legalTxsz(features, upperGranule, stage1Ds, upper.size)) |
    at(23, upper.disabled) |
    at(28, upper.sh) |
    at(30, TG1[upperGranule]) |
    at(32, ips ?? implementedPs(features)) |
    at(37, tcr.tbi) |
    at(39, tcr.ha) |
    at(40, tcr.hd) |
    at(41, tcr.hpd) |
    at(51, tcr.tbid) |
    at(59, stage1Ds)
  );
}

function legalTxsz(features: CpuFeatures, granule: GranuleKib, ds: boolean, size: number): number {
  const wide = (ds && hasLpa2(features, granule)) || (granule === 64 && features.lpa);
  const min = wide ? 12 : 16;
  return min + (size % (maxTxsz(features, granule) - min + 1));
}
