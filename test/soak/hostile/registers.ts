// Registers: any 64 bits, and those of a walk that can begin, a few bits of them flipped.
import * as A from '../../../src/abi/arm.js';
import * as W from '../../../src/abi/walk.js';
import type { WalkRegisters } from '../../../src/walk/regime.js';
import type { Random } from './random.js';
import type { World } from './world.js';

const GRANULE_SHIFTS = [12, 14, 16];
const TG0: Record<number, number> = { 12: A.TG0_4K, 14: A.TG0_16K, 16: A.TG0_64K };
const TG1: Record<number, number> = { 12: A.TG1_4K, 14: A.TG1_16K, 16: A.TG1_64K };
/** SL2:SL0 of start levels -1 to 3; 0 where there is none. */
const START_CODES: Record<number, readonly number[]> = {
  12: [4, 2, 1, 0, 3],
  14: [0, 3, 2, 1, 0],
  16: [0, 0, 2, 1, 0],
};
const FIRST_LEVELS: Record<number, number> = { 12: -1, 14: 0, 16: 1 };
/** Sizes that mostly reach all there is: 52, 48, 56 and 44 bits. */
const PS = [6, 6, 6, 5, 5, 7, 4];

export function hostileRegisters(
  random: Random,
  world: World,
  features: number,
  calm: boolean,
): Required<WalkRegisters> {
  const any = (likely: bigint) => {
    if (calm) return likely;
    return random.oneIn(16) ? random.u64() : flipped(random, likely);
  };
  return {
    vtcr: any(likelyVtcr(random, features)),
    vttbr: any(likelyBase(random, world)),
    hcr: any(likelyHcr(random)),
    sctlrEl2: any(at(A.SCTLR_EE_LSB, random.oneIn(8))),
    sctlrEl1: any(likelySctlr(random)),
    tcrEl1: any(likelyTcr(random)),
    ttbr0El1: any(likelyBase(random, world)),
    ttbr1El1: any(likelyBase(random, world)),
    mairEl1: random.u64(),
  };
}

function at(lsb: number, value: number | boolean): bigint {
  return BigInt(value) << BigInt(lsb);
}

/** One or two bits otherwise, now and then. */
function flipped(random: Random, value: bigint): bigint {
  if (!random.oneIn(10)) return value;
  const once = value ^ at(random.below(64), 1);
  return random.oneIn(2) ? once : once ^ at(random.below(64), 1);
}

/** A start level and an input size that go together, mostly. */
function likelyVtcr(random: Random, features: number): bigint {
  const granule = random.pick(GRANULE_SHIFTS);
  const first = FIRST_LEVELS[granule] as number;
  const level = first + random.below(4 - first);
  const base = granule + (3 - level) * (granule - 3);
  const ds = random.oneIn(2) || (granule !== 16 && level === first);
  const most = Math.min(base + granule + 1, ds || granule === 16 ? 52 : 48);
  const bits = base + 1 + random.below(Math.max(most - base, 1));
  const code = START_CODES[granule]?.[level + 1] ?? 0;
  const ha = (features & W.FEAT_HAF) !== 0 && !random.oneIn(3);
  return (
    at(A.VTCR_T0SZ_LSB, 64 - bits) |
    at(A.VTCR_SL0_LSB, code & 3) |
    at(A.VTCR_SL2_LSB, code >> 2) |
    at(A.VTCR_SH0_LSB, random.below(4)) |
    at(A.VTCR_TG0_LSB, TG0[granule] as number) |
    at(A.VTCR_PS_LSB, random.oneIn(8) ? random.below(8) : random.pick(PS)) |
    at(A.VTCR_HA_LSB, ha) |
    at(A.VTCR_HD_LSB, random.oneIn(2)) |
    at(A.VTCR_DS_LSB, ds)
  );
}

/** A first table in RAM or where none should be, in either form of a base register, with what else it holds. */
function likelyBase(random: Random, { tables, traps }: World): bigint {
  const pa = random.pick(random.oneIn(8) ? traps : tables);
  const low = BigInt.asUintN(48, pa) | (random.u64() & (0xffffn << 48n));
  return random.oneIn(3) ? low : low | ((pa >> 48n) << BigInt(A.VTTBR_BADDR_HIGH_LSB));
}

function likelyHcr(random: Random): bigint {
  return (
    at(A.HCR_VM_LSB, !random.oneIn(8)) |
    at(A.HCR_PTW_LSB, random.oneIn(6)) |
    at(A.HCR_DC_LSB, random.oneIn(12)) |
    at(A.HCR_TGE_LSB, random.oneIn(24)) |
    at(A.HCR_CD_LSB, random.oneIn(6)) |
    at(A.HCR_ID_LSB, random.oneIn(6)) |
    at(A.HCR_FWB_LSB, random.oneIn(2))
  );
}

function likelySctlr(random: Random): bigint {
  return (
    at(A.SCTLR_M_LSB, !random.oneIn(12)) |
    at(A.SCTLR_A_LSB, random.oneIn(8)) |
    at(A.SCTLR_C_LSB, random.oneIn(2)) |
    at(A.SCTLR_I_LSB, random.oneIn(2)) |
    at(A.SCTLR_WXN_LSB, random.oneIn(6)) |
    at(A.SCTLR_EE_LSB, random.oneIn(8))
  );
}

/** All garbage but for the sizes and granules, without which most walks would not begin. */
function likelyTcr(random: Random): bigint {
  const size = () => 12 + random.below(37);
  const fixed = [
    [A.TCR_T0SZ_LSB, A.TCR_TXSZ_WIDTH, size()],
    [A.TCR_T1SZ_LSB, A.TCR_TXSZ_WIDTH, size()],
    [A.TCR_EPD0_LSB, 1, 0],
    [A.TCR_EPD1_LSB, 1, 0],
    [A.TCR_TG0_LSB, A.TCR_TG_WIDTH, TG0[random.pick(GRANULE_SHIFTS)] as number],
    [A.TCR_TG1_LSB, A.TCR_TG_WIDTH, TG1[random.pick(GRANULE_SHIFTS)] as number],
    [A.TCR_IPS_LSB, A.TCR_IPS_WIDTH, random.pick(PS)],
  ] as const;
  return fixed.reduce(
    (tcr, [lsb, width, value]) => (tcr & ~at(lsb, (1 << width) - 1)) | at(lsb, value),
    random.u64(),
  );
}
