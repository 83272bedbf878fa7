// TCR_EL1, SCTLR_EL1 and a TTBR -> the parameters of one stage-1 walk of the EL1&0 regime. Arm ARM, "Translation
// table walk", stage 1.
import * as A from "../src/abi/arm";
import * as W from "../src/abi/walk";
import { NORMAL_NC } from "./memory_type";
import { baseAddress, clampTxsz, field, flag, hasLpa2, implementedGranule, layoutOf, levelShift } from "./vtcr";
import { maxTxsz, outputBits, tg0Shift, wideBase } from "./vtcr";
import { Regime } from "./walk_structs";

/** VA bit that selects TTBR0_EL1 or TTBR1_EL1; with a tag above it, the top of the address. */
const SELECT_BIT: u32 = 55;

// The parameters, set by decodeStage1.
export let upper: bool = false;
export let granuleShift: u32 = 12;
export let iaBits: u32 = 0;
export let oaBits: u32 = 0;
export let layout: u32 = 0;
export let ds: bool = false;
export let firstLevel: i32 = 0;
export let firstTable: u64 = 0;
export let hierarchical: bool = false;
/** Memory type and shareability of the reads of the tables. */
export let walkType: u32 = 0;
export let walkSh: u32 = 0;

/** Stage 1 is on: SCTLR_EL1.M, which HCR_EL2.DC and TGE force off. */
export function stage1On(r: Regime): bool {
  const forcedOff = flag(r.hcr, A.HCR_DC_LSB) || flag(r.hcr, A.HCR_TGE_LSB);
  return flag(r.sctlrEl1, A.SCTLR_M_LSB) && !forcedOff;
}

/** Bits of address below the tag: 56 with TBI, which TBID keeps to data. */
export function addressTop(r: Regime, va: u64, access: u32): u32 {
  const high = flag(va, SELECT_BIT);
  const tbi = flag(r.tcrEl1, high ? A.TCR_TBI1_LSB : A.TCR_TBI0_LSB);
  const tbid = flag(r.tcrEl1, high ? A.TCR_TBID1_LSB : A.TCR_TBID0_LSB);
  return tbi && !(tbid && access == W.AccessType.EXECUTE) ? SELECT_BIT + 1 : 64;
}

function tg1Shift(tg1: u32): u32 {
  if (tg1 == A.TG1_4K) return 12;
  if (tg1 == A.TG1_64K) return 16;
  return tg1 == A.TG1_16K ? 14 : 0;
}

/** Decodes the half of the address space that `va` is in. False if a translation fault at level 0 comes of it. */
export function decodeStage1(r: Regime, va: u64, access: u32): bool {
  const tcr = r.tcrEl1;
  upper = flag(va, SELECT_BIT);
  const tg = field(tcr, upper ? A.TCR_TG1_LSB : A.TCR_TG0_LSB, A.TCR_TG_WIDTH);
  granuleShift = implementedGranule(r, upper ? tg1Shift(tg) : tg0Shift(tg));
  ds = flag(tcr, A.TCR_DS_LSB) && hasLpa2(r, granuleShift);
  layout = layoutOf(r, granuleShift, ds);
  const ips = field(tcr, A.TCR_IPS_LSB, A.TCR_IPS_WIDTH);
  oaBits = outputBits(r, ips, granuleShift);
  const txsz = field(tcr, upper ? A.TCR_T1SZ_LSB : A.TCR_T0SZ_LSB, A.TCR_TXSZ_WIDTH);
  // FEAT_LVA is taken to come with FEAT_LPA.
  const wide = ds || (granuleShift == 16 && (r.features & W.FEAT_LPA) != 0);
  iaBits = clampTxsz(r, txsz, wide ? 12 : 16, maxTxsz(r, granuleShift));
  hierarchical = !flag(tcr, upper ? A.TCR_HPD1_LSB : A.TCR_HPD0_LSB);
  decodeWalkMemory(r);
  if (iaBits == 0 || !inRange(va, addressTop(r, va, access))) return false;
  if (flag(tcr, upper ? A.TCR_EPD1_LSB : A.TCR_EPD0_LSB)) return false;
  decodeFirstTable(r, wideBase(r, granuleShift, ips, ds));
  return true;
}

/** True if the bits of `va` from iaBits to the top are all those of its half. */
function inRange(va: u64, top: u32): bool {
  const above = (<i64>(va << (64 - top)) >> (64 - top)) >> iaBits;
  return above == (upper ? -1 : 0);
}

function decodeFirstTable(r: Regime, wide: bool): void {
  const stride = granuleShift - 3;
  firstLevel = 3 - <i32>((iaBits - 1 - granuleShift) / stride);
  const tableBits = iaBits - levelShift(granuleShift, firstLevel) + 3;
  firstTable = baseAddress(upper ? r.ttbr1 : r.ttbr0, wide, tableBits);
}

/** The type that IRGN and ORGN give the walk; non-cacheable while SCTLR_EL1.C is clear. */
function decodeWalkMemory(r: Regime): void {
  const tcr = r.tcrEl1;
  walkSh = field(tcr, upper ? A.TCR_SH1_LSB : A.TCR_SH0_LSB, 2);
  walkType = NORMAL_NC;
  if (!flag(r.sctlrEl1, A.SCTLR_C_LSB)) return;
  const inner = field(tcr, upper ? A.TCR_IRGN1_LSB : A.TCR_IRGN0_LSB, 2);
  const outer = field(tcr, upper ? A.TCR_ORGN1_LSB : A.TCR_ORGN0_LSB, 2);
  walkType = (walkHalf(outer) << 4) | walkHalf(inner);
}

/** RGN: NC, WB RA WA, WT RA, WB RA as a nibble of MAIR_EL1. */
function walkHalf(rgn: u32): u32 {
  if (rgn == 0) return 4;
  if (rgn == 1) return 0xf;
  return rgn == 2 ? 0xa : 0xe;
}
