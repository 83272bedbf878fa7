import * as L from '../abi/layout.js';
import { checkU64 } from '../arm/fields.js';
import { Stage2Error } from '../core/error.js';
import type { View } from '../core/view.js';

/** The registers and features a stage-2 walk depends on. */
export interface WalkRegisters {
  vtcr: bigint;
  vttbr: bigint;
  hcr: bigint;
  /** Physical address bits of the CPU, 32 to 56. The walk itself knows no FEAT_LPA: it uses at most 48. */
  paMax: number;
  features: WalkFeatures;
}

/** Features of the CPU; absent ones are off. */
export interface WalkFeatures {
  /** FEAT_XNX: XN[1:0] by exception level. */
  xnx?: boolean;
  /** FEAT_HAFDBS: VTCR_EL2.HA counts. */
  hafdbs?: boolean;
  /** FEAT_TTST: T0SZ up to 48, start level 3 with 4K. */
  ttst?: boolean;
}

/** What the registers decode to. */
export interface Regime {
  /** False if the configuration itself faults: then no other field but `granuleShift` and `iaBits` counts. */
  valid: boolean;
  granuleShift: number;
  /** IPA bits one level resolves. */
  stride: number;
  startLevel: number;
  iaBits: number;
  oaBits: number;
  /** First table, VTTBR_EL2.BADDR aligned down to its size. */
  tableBase: bigint;
}

const PA_MAX_LEAST = 32;
const PA_MAX_MOST = 56;

/** Throws EINVAL that names the register unless the walk can take them. */
export function checkRegisters(registers: WalkRegisters): void {
  for (const name of ['vtcr', 'vttbr', 'hcr'] as const) checkU64(name, registers[name]);
  const { paMax } = registers;
  if (!Number.isInteger(paMax) || paMax < PA_MAX_LEAST || paMax > PA_MAX_MOST) {
    throw new Stage2Error('EINVAL', `paMax ${paMax}: expected ${PA_MAX_LEAST} to ${PA_MAX_MOST}`);
  }
}

/** Writes the inputs of a regime record at `at`. */
export function writeRegime(view: View, at: number, registers: WalkRegisters): void {
  view.setU64(at + L.REGIME_VTCR, registers.vtcr);
  view.setU64(at + L.REGIME_VTTBR, registers.vttbr);
  view.setU64(at + L.REGIME_HCR, registers.hcr);
  view.setU32(at + L.REGIME_FEATURES, featureBits(registers.features));
  view.setU32(at + L.REGIME_PA_MAX, registers.paMax);
}

/** Reads what the core derived from the inputs of the record at `at`. */
export function readRegime(view: View, at: number): Regime {
  return {
    valid: view.u32(at + L.REGIME_VALID) !== 0,
    granuleShift: view.u32(at + L.REGIME_GRANULE_SHIFT),
    stride: view.u32(at + L.REGIME_STRIDE),
    startLevel: view.i32(at + L.REGIME_START_LEVEL),
    iaBits: view.u32(at + L.REGIME_IA_BITS),
    oaBits: view.u32(at + L.REGIME_OA_BITS),
    tableBase: view.u64(at + L.REGIME_BASE),
  };
}

function featureBits({ xnx, hafdbs, ttst }: WalkFeatures): number {
  return (xnx ? L.FEAT_XNX : 0) | (hafdbs ? L.FEAT_HAFDBS : 0) | (ttst ? L.FEAT_TTST : 0);
}
