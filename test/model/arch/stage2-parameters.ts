// VTCR_EL2 and HCR_EL2 decoded, and what makes the configuration itself fault. docs/notes/stage2-walk.md sections 1
// and 2.
import { bit, field } from './bits.js';
import type { Environment } from './environment.js';
import {
  entryBits,
  hasLpa2,
  LAST_LEVEL,
  legalTxsz,
  maxTxsz,
  outputSize,
  selectGranule,
  strideBits,
} from './geometry.js';
import type { WalkGeometry } from './table-walk.js';
import type { CpuFeatures, GranuleKib } from './types.js';

const MOST_CONCATENATED = 4; // log2: 16 tables

export interface Stage2Parameters {
  granule: GranuleKib;
  ds: boolean;
  ha: boolean;
  hd: boolean;
  sh0: number;
  bigEndian: boolean;
  fwb: boolean;
  ptw: boolean;
  /** HCR_EL2.CD and ID. */
  cd: boolean;
  id: boolean;
}

const TG0 = [4, 64, 16, undefined] as const;

export function isStage2Enabled({ registers: { hcr } }: Environment): boolean {
  return bit(hcr, 0) || bit(hcr, 12);
}

export function stage2Parameters({ features, choices, registers }: Environment): Stage2Parameters {
  const { vtcr, hcr, sctlrEl2 } = registers;
  const granule = selectGranule(features, choices, TG0[field(vtcr, 15, 14)]);
  return {
    granule,
    ds: bit(vtcr, 32) && hasLpa2(features, granule),
    ha: bit(vtcr, 21) && features.haf,
    hd: bit(vtcr, 22) && features.hdbs,
    sh0: field(vtcr, 13, 12),
    bigEndian: bit(sctlrEl2, 25),
    fwb: bit(hcr, 46) && features.fwb,
    ptw: bit(hcr, 2) && !bit(hcr, 27),
    cd: bit(hcr, 32),
    id: bit(hcr, 33),
  };
}

/** Undefined where the configuration faults. */
export function stage2Geometry(
  env: Environment,
  { granule, ds }: Stage2Parameters,
): WalkGeometry | undefined {
  const { features, choices, registers } = env;
  const { vtcr } = registers;
  const bounds = { min: minT0sz(features, granule, ds), max: maxTxsz(features, granule) };
  const t0sz = legalTxsz(field(vtcr, 5, 0), bounds, features, choices);
  if (t0sz === undefined) return undefined;
  const inputBits = 64 - t0sz;
  const startLevel = encodedStartLevel(vtcr, granule, ds, features);
  if (startLevel === undefined || !fitsStartLevel(inputBits, granule, startLevel)) return undefined;
  const ps = field(vtcr, 18, 16);
  return {
    granule,
    inputBits,
    outputBits: outputSize(features, granule, ps),
    startLevel,
    ds,
    wideBase: ds || (features.lpa && granule === 64 && ps === 0b110),
  };
}

/** An IPA wider than the implemented PA is not legal. */
function minT0sz(features: CpuFeatures, granule: GranuleKib, ds: boolean): number {
  const widest = features.lpa && granule !== 64 && !ds ? 48 : 52;
  return 64 - Math.min(features.paMax, widest);
}

function encodedStartLevel(
  vtcr: bigint,
  granule: GranuleKib,
  ds: boolean,
  features: CpuFeatures,
): number | undefined {
  const sl0 = field(vtcr, 7, 6);
  const { paMax, ttst } = features;
  switch (granule) {
    case 4:
      if (ds && bit(vtcr, 33)) return sl0 === 0 ? -1 : undefined;
      return [2, 1, paMax >= 44 ? 0 : undefined, ttst ? 3 : undefined][sl0];
    case 16:
      return [3, 2, paMax >= 42 ? 1 : undefined, ds ? 0 : undefined][sl0];
    case 64:
      return [3, 2, paMax >= 44 ? 1 : undefined, undefined][sl0];
  }
}

/** Between one bit of index and a whole table times the concatenation limit. */
function fitsStartLevel(inputBits: number, granule: GranuleKib, startLevel: number): boolean {
  const resolved = inputBits - entryBits(granule, startLevel);
  return startLevel <= LAST_LEVEL && resolved >= 1 && resolved <= strideBits(granule) + MOST_CONCATENATED;
}
