// VTCR_EL2, VTTBR_EL2, HCR_EL2 and SCTLR_EL2 -> the regime a stage-2 walk runs under. Order of checks: Arm ARM,
// stage-2 translation; docs/notes/stage2-walk.md sections 0 to 3.
import * as A from "../src/abi/arm";
import * as W from "../src/abi/walk";
import { prepareKernel } from "./kernel_masks";
import { Regime } from "./walk_structs";

// What a regime turns on (Regime.flags).
export const ON: u32 = 1;
export const HA: u32 = 2;
export const HD: u32 = 4;
export const FWB: u32 = 8;
export const BIG_ENDIAN: u32 = 16;
export const PTW: u32 = 32;
export const CD: u32 = 64;
export const ID: u32 = 128;
export const DS: u32 = 256;

// @ts-ignore: decorator
@inline
export function field(value: u64, lsb: u32, width: u32): u32 {
  return <u32>((value >> lsb) & (((<u64>1) << width) - 1));
}

// @ts-ignore: decorator
@inline
export function flag(value: u64, lsb: u32): bool {
  return ((value >> lsb) & 1) != 0;
}

/** Lowest IPA bit that indexes a table of `level`. */
// @ts-ignore: decorator
@inline
export function levelShift(shift: u32, level: i32): u32 {
  return shift + <u32>(3 - level) * (shift - 3);
}

/** Bits of physical address that PARange or VTCR_EL2.PS encodes. */
function decodePs(ps: u32): u32 {
  if (ps == 0) return 32;
  if (ps == 1) return 36;
  if (ps == 6) return 52;
  if (ps == 7) return 56;
  return 36 + ps * 2 + (ps == 5 ? 2 : 0);
}

/** The CPU has FEAT_LPA2 for the granule. */
export function hasLpa2(r: Regime, granuleShift: u32): bool {
  if (granuleShift == 12) return (r.features & W.FEAT_LPA2_4K) != 0;
  return granuleShift == 14 && (r.features & W.FEAT_LPA2_16K) != 0;
}

/** Output address size: PS or IPS, cut to what the CPU and the granule have. */
export function outputBits(r: Regime, ps: u32, granuleShift: u32): u32 {
  const lpa = (r.features & W.FEAT_LPA) != 0;
  const narrow = !lpa || (granuleShift != 16 && !hasLpa2(r, granuleShift));
  return min<u32>(decodePs(ps), min<u32>(r.paMax, narrow ? A.DESC_ADDRESS_END : <u32>A.WIDE_ADDRESS_END));
}

/** Where descriptors keep bits 51:48; whatever PS says. */
export function layoutOf(r: Regime, granuleShift: u32, ds: bool): u32 {
  if (granuleShift == 16) return r.features & W.FEAT_LPA ? W.AddressLayout.LPA : W.AddressLayout.NARROW;
  return ds ? W.AddressLayout.LPA2 : W.AddressLayout.NARROW;
}

/** True if the translation table base register holds bits 51:48 in its bits 5:2. */
export function wideBase(r: Regime, granuleShift: u32, ps: u32, ds: bool): bool {
  return ds || (granuleShift == 16 && (r.features & W.FEAT_LPA) != 0 && ps == 6);
}

/** The first table's address from TTBR or VTTBR, aligned down to `alignBits`. */
export function baseAddress(ttbr: u64, wide: bool, alignBits: u32): u64 {
  const low = ttbr & (((<u64>1) << A.VTTBR_BADDR_WIDTH) - 1);
  if (!wide) return low & ~(<u64>1) & ~(((<u64>1) << alignBits) - 1);
  const high = <u64>field(ttbr, A.VTTBR_BADDR_HIGH_LSB, A.VTTBR_BADDR_HIGH_WIDTH) << A.VTTBR_BADDR_WIDTH;
  return (low | high) & ~(((<u64>1) << max<u32>(alignBits, 6)) - 1);
}

/** The granule is implemented. */
function hasGranule(r: Regime, shift: u32): bool {
  if (shift == 12) return (r.features & W.FEAT_GRANULE_4K) != 0;
  return (r.features & (shift == 14 ? W.FEAT_GRANULE_16K : W.FEAT_GRANULE_64K)) != 0;
}

/** The granule `shift`, or the one that stands in where the CPU has none such (0: a reserved encoding). */
export function implementedGranule(r: Regime, shift: u32): u32 {
  if (shift != 0 && hasGranule(r, shift)) return shift;
  const choice = field(r.choices, W.CHOICE_GRANULE_LSB, 2);
  const chosen: u32 = choice == W.ReservedGranule.SMALLEST ? 0 : 10 + choice * 2;
  if (chosen != 0 && hasGranule(r, chosen)) return chosen;
  if (hasGranule(r, 12)) return 12;
  return hasGranule(r, 14) ? 14 : 16;
}

export function tg0Shift(tg0: u32): u32 {
  if (tg0 == A.TG0_4K) return 12;
  if (tg0 == A.TG0_64K) return 16;
  return tg0 == A.TG0_16K ? 14 : 0;
}

/** Largest TxSZ allowed. */
export function maxTxsz(r: Regime, granuleShift: u32): u32 {
  if (!(r.features & W.FEAT_TTST)) return 39;
  return granuleShift == 16 ? 47 : 48;
}

/** Start level that SL2 and SL0 encode for the granule, or -2 if the encoding is invalid. */
function startLevel(r: Regime, sl0: u32, sl2: bool, ds: bool): i32 {
  if (r.granuleShift == 12) {
    if (sl2) return sl0 == 0 ? -1 : -2;
    if (sl0 == 3) return r.features & W.FEAT_TTST ? 3 : -2;
    return sl0 == 2 && r.paMax < 44 ? -2 : 2 - <i32>sl0;
  }
  if (sl0 == 3) return r.granuleShift == 14 && ds ? 0 : -2;
  if (sl0 == 2 && r.paMax < (r.granuleShift == 14 ? 42 : <u32>44)) return -2;
  return 3 - <i32>sl0;
}

function flags(r: Regime, ds: bool): u32 {
  const vtcr = r.vtcr;
  const hcr = r.hcr;
  let f: u32 = ds ? DS : 0;
  if (flag(hcr, A.HCR_VM_LSB) || flag(hcr, A.HCR_DC_LSB)) f |= ON;
  if (flag(vtcr, A.VTCR_HA_LSB) && (r.features & W.FEAT_HAF) != 0) f |= HA;
  // HD matters only together with HA.
  if ((f & HA) != 0 && flag(vtcr, A.VTCR_HD_LSB) && (r.features & W.FEAT_HDBS) != 0) f |= HD;
  if (flag(hcr, A.HCR_FWB_LSB) && (r.features & W.FEAT_S2FWB) != 0) f |= FWB;
  if (flag(hcr, A.HCR_PTW_LSB) && !flag(hcr, A.HCR_TGE_LSB)) f |= PTW;
  if (flag(hcr, A.HCR_CD_LSB)) f |= CD;
  if (flag(hcr, A.HCR_ID_LSB)) f |= ID;
  if (flag(r.sctlrEl2, A.SCTLR_EE_LSB)) f |= BIG_ENDIAN;
  return f;
}

/** Bits of input address, or 0 if T0SZ faults. */
function inputBits(r: Regime, ds: bool): u32 {
  const t0sz = field(r.vtcr, A.VTCR_T0SZ_LSB, A.VTCR_T0SZ_WIDTH);
  const lpa = (r.features & W.FEAT_LPA) != 0;
  const widest: u32 = lpa && r.granuleShift != 16 && !ds ? A.DESC_ADDRESS_END : A.WIDE_ADDRESS_END;
  return clampTxsz(r, t0sz, 64 - min<u32>(r.paMax, widest), maxTxsz(r, r.granuleShift));
}

/** 64 - TxSZ with TxSZ in [low, high]; outside it 0 (a fault), or clamped where the choice says so. */
export function clampTxsz(r: Regime, txsz: u32, low: u32, high: u32): u32 {
  const clamps = (r.choices & W.CHOICE_T0SZ_CLAMP) != 0;
  if (txsz < low) return clamps && (r.features & W.FEAT_LPA) == 0 ? 64 - low : 0;
  if (txsz > high) return clamps ? 64 - high : 0;
  return 64 - txsz;
}

/** Decodes the registers of `r` into its derived fields; `valid` says whether the configuration walks at all. */
export function decodeRegime(r: Regime): void {
  decode(r);
  prepareKernel(r);
}

function decode(r: Regime): void {
  const vtcr = r.vtcr;
  r.valid = 0;
  r.granuleShift = implementedGranule(r, tg0Shift(field(vtcr, A.VTCR_TG0_LSB, A.VTCR_TG0_WIDTH)));
  r.stride = r.granuleShift - 3;
  const ds = flag(vtcr, A.VTCR_DS_LSB) && hasLpa2(r, r.granuleShift);
  r.flags = flags(r, ds);
  r.layout = layoutOf(r, r.granuleShift, ds);
  const ps = field(vtcr, A.VTCR_PS_LSB, A.VTCR_PS_WIDTH);
  r.oaBits = outputBits(r, ps, r.granuleShift);
  r.iaBits = inputBits(r, ds);
  const sl2 = ds && r.granuleShift == 12 && flag(vtcr, A.VTCR_SL2_LSB);
  r.startLevel = startLevel(r, field(vtcr, A.VTCR_SL0_LSB, A.VTCR_SL0_WIDTH), sl2, ds);
  if (r.iaBits == 0 || r.startLevel < -1) return;
  const shift = levelShift(r.granuleShift, r.startLevel);
  if (r.iaBits < shift + 1 || r.iaBits > shift + r.stride + 4) return;
  r.tableBase = baseAddress(r.vttbr, wideBase(r, r.granuleShift, ps, ds), r.iaBits - shift + 3);
  r.valid = 1;
}
