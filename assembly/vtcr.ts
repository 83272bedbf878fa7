// VTCR_EL2, VTTBR_EL2 and HCR_EL2 -> the regime a walk runs under. Order of checks: Arm ARM, stage-2
// translation; docs/notes/stage2-walk.md sections 1 to 3.
import * as A from "../src/abi/arm";
import { FEAT_TTST } from "../src/abi/layout";
import { Regime } from "./structs";

// @ts-ignore: decorator
@inline
function field(value: u64, lsb: u32, width: u32): u32 {
  return <u32>((value >> lsb) & (((<u64>1) << width) - 1));
}

/** Bits of physical address that PARange or VTCR_EL2.PS encodes. */
export function decodePs(ps: u32): u32 {
  if (ps == 0) return 32;
  if (ps == 1) return 36;
  if (ps == 6) return 52;
  if (ps == 7) return 56;
  return 36 + ps * 2 + (ps == 5 ? 2 : 0);
}

function granuleShift(tg0: u32): u32 {
  if (tg0 == A.TG0_64K) return 16;
  return tg0 == A.TG0_16K ? 14 : 12;
}

/** Start level that SL0 encodes for the granule, or -2 if the encoding is invalid. */
function startLevel(r: Regime, sl0: u32): i32 {
  if (r.granuleShift == 12) {
    if (sl0 == 3) return r.features & FEAT_TTST ? 3 : -2;
    if (sl0 == 2 && r.paMax < 44) return -2;
    return 2 - <i32>sl0;
  }
  if (sl0 == 3) return -2;
  if (sl0 == 2 && r.paMax < (r.granuleShift == 14 ? 42 : <u32>44)) return -2;
  return 3 - <i32>sl0;
}

/** Largest T0SZ allowed. */
function maxT0sz(r: Regime): u32 {
  if (!(r.features & FEAT_TTST)) return 39;
  return r.granuleShift == 16 ? 47 : 48;
}

/** Decodes the registers of `r` into its derived fields; `valid` says whether the configuration walks at all. */
export function decodeRegime(r: Regime): void {
  const vtcr = r.vtcr;
  r.granuleShift = granuleShift(field(vtcr, A.VTCR_TG0_LSB, A.VTCR_TG0_WIDTH));
  r.stride = r.granuleShift - 3;
  const paMax = min<u32>(r.paMax, 48);
  r.oaBits = min<u32>(decodePs(field(vtcr, A.VTCR_PS_LSB, A.VTCR_PS_WIDTH)), paMax);
  const t0sz = field(vtcr, A.VTCR_T0SZ_LSB, A.VTCR_T0SZ_WIDTH);
  r.iaBits = 64 - t0sz;
  r.startLevel = startLevel(r, field(vtcr, A.VTCR_SL0_LSB, A.VTCR_SL0_WIDTH));
  r.valid = 0;
  if (t0sz < 64 - paMax || t0sz > maxT0sz(r) || r.startLevel < -1) return;
  const shift = levelShift(r.granuleShift, r.startLevel);
  if (r.iaBits < shift + 1 || r.iaBits > shift + r.stride + 4) return;
  const tableBytes = (<u64>1) << (r.iaBits - shift + 3);
  r.tableBase = (r.vttbr & (((<u64>1) << A.VTTBR_BADDR_WIDTH) - 1) & ~1) & ~(tableBytes - 1);
  r.valid = 1;
}

/** Lowest IPA bit that indexes a table of `level`. */
// @ts-ignore: decorator
@inline
export function levelShift(shift: u32, level: i32): u32 {
  return shift + <u32>(3 - level) * (shift - 3);
}
