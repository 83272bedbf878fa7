import * as A from '../abi/arm.js';
import { checkU64 } from '../core/check.js';
import { Stage2Error } from '../core/error.js';
import { extract } from './fields.js';
import { paRangeBits } from './id.js';

/** What a CPU's MMU implements. */
export interface CpuFeatures {
  /** Physical address bits (ID_AA64MMFR0_EL1.PARange), 32 to 56; the walk uses at most 52. */
  paMax: number;
  /** Granules at stage 2, in KiB; stage 1 is taken to have the same. */
  granules: readonly (4 | 16 | 64)[];
  /** FEAT_LPA: 52-bit addresses with 64K granules. True exactly with a paMax of 52 or more; FEAT_LVA is taken to come with it. */
  lpa: boolean;
  /** FEAT_LPA2: granules, in KiB, with 52-bit addresses under VTCR_EL2.DS and TCR_EL1.DS. */
  lpa2: readonly (4 | 16)[];
  /** FEAT_TTST: small translation tables. */
  ttst: boolean;
  /** FEAT_XNX: XN[1:0] by exception level. */
  xnx: boolean;
  /** FEAT_HAFDBS: hardware update of the access flag. */
  haf: boolean;
  /** FEAT_HAFDBS: hardware dirty state as well; without `haf` it counts for nothing. */
  hdbs: boolean;
  /** FEAT_S2FWB. */
  fwb: boolean;
  /** FEAT_RAS: the syndrome of an external abort on a walk is never valid. Here it never is. */
  ras: boolean;
  /** Level of FEAT_BBM; from 1 on, bit 16 of a block is nT. */
  bbm: 0 | 1 | 2;
}

/** Nothing but 4K granules and 48-bit addresses. */
export const BASE_CPU: CpuFeatures = {
  paMax: 48,
  granules: [4],
  lpa: false,
  lpa2: [],
  ttst: false,
  xnx: false,
  haf: false,
  hdbs: false,
  fwb: false,
  ras: false,
  bbm: 0,
};

const V8_0: CpuFeatures = { ...BASE_CPU, granules: [4, 64] };
const V8_2: CpuFeatures = { ...BASE_CPU, granules: [4, 16, 64], xnx: true, haf: true, hdbs: true, ras: true };

/**
 * Real cores by name, from the ID registers their technical reference manuals give; `max` has all that is modelled.
 */
export const CPU_PRESETS: Readonly<Record<string, CpuFeatures>> = {
  'cortex-a53': { ...V8_0, paMax: 40 },
  'cortex-a57': { ...V8_0, paMax: 44 },
  'cortex-a72': { ...V8_0, paMax: 44 },
  'cortex-a76': { ...V8_2, paMax: 40 },
  'neoverse-n1': { ...V8_2, paMax: 48 },
  max: { ...V8_2, paMax: 52, lpa: true, lpa2: [4, 16], ttst: true, fwb: true, bbm: 2 },
};

/** The features of a named core. Throws EINVAL for a name that is none of CPU_PRESETS. */
export function cpuPreset(name: string): CpuFeatures {
  const cpu = Object.hasOwn(CPU_PRESETS, name) ? CPU_PRESETS[name] : undefined;
  if (cpu === undefined) {
    const names = Object.keys(CPU_PRESETS).join(', ');
    throw new Stage2Error('EINVAL', `cpu: found "${name}", expected one of ${names}`);
  }
  return cpu;
}

/** ID registers that say what stage 2 can do; absent ones read as 0. */
export interface IdRegisters {
  /** ID_AA64MMFR0_EL1: PARange and the granules. */
  mmfr0: bigint;
  /** ID_AA64MMFR1_EL1: HAFDBS and XNX. */
  mmfr1: bigint;
  /** ID_AA64MMFR2_EL1: ST, FWB and BBM. */
  mmfr2: bigint;
  /** ID_AA64PFR0_EL1, for FEAT_RAS. */
  pfr0?: bigint;
}

/** PARange of 52 bits. */
const PARANGE_52 = 6n;

/**
 * The features that the ID registers name (Arm ARM, ID_AA64MMFR0_EL1 to ID_AA64MMFR2_EL1 and ID_AA64PFR0_EL1).
 * @throws Stage2Error EINVAL for a value that is no u64 and for a reserved PARange
 */
export function cpuFromId({ mmfr0, mmfr1, mmfr2, pfr0 = 0n }: IdRegisters): CpuFeatures {
  for (const [name, value] of Object.entries({ MMFR0: mmfr0, MMFR1: mmfr1, MMFR2: mmfr2, PFR0: pfr0 })) {
    checkU64(`ID_AA64${name}_EL1`, value);
  }
  const range = extract(mmfr0, A.MMFR0_PARANGE_LSB, A.MMFR0_PARANGE_WIDTH);
  const paMax = paRangeBits(range);
  if (paMax === undefined) {
    throw new Stage2Error('EINVAL', `ID_AA64MMFR0_EL1.PARange: found ${range}, expected 0 to 7`);
  }
  const hafdbs = extract(mmfr1, A.MMFR1_HAFDBS_LSB, A.MMFR1_HAFDBS_WIDTH);
  const bbm = extract(mmfr2, A.MMFR2_BBM_LSB, A.MMFR2_BBM_WIDTH);
  return {
    paMax,
    ...granulesOf(mmfr0),
    lpa: range >= PARANGE_52,
    ttst: extract(mmfr2, A.MMFR2_ST_LSB, A.MMFR2_ST_WIDTH) !== 0n,
    xnx: extract(mmfr1, A.MMFR1_XNX_LSB, A.MMFR1_XNX_WIDTH) !== 0n,
    haf: hafdbs >= 1n,
    hdbs: hafdbs >= 2n,
    fwb: extract(mmfr2, A.MMFR2_FWB_LSB, A.MMFR2_FWB_WIDTH) !== 0n,
    ras: extract(pfr0, A.PFR0_RAS_LSB, A.PFR0_RAS_WIDTH) !== 0n,
    bbm: bbm === 0n ? 0 : bbm === 1n ? 1 : 2,
  };
}

/** TGran4 and TGran64 are signed: 15 is "not implemented". */
const NOT_IMPLEMENTED = 15n;

/** Stage-2 granules: TGranX_2, which at 0 says "as TGranX for stage 1". */
function granulesOf(mmfr0: bigint): Pick<CpuFeatures, 'granules' | 'lpa2'> {
  const field = (lsb: number): bigint => extract(mmfr0, lsb, A.MMFR0_TGRAN_WIDTH);
  const granules: (4 | 16 | 64)[] = [];
  const lpa2: (4 | 16)[] = [];
  const has4 = stage2Granule(field(A.MMFR0_TGRAN4_2_LSB), field(A.MMFR0_TGRAN4_LSB) + 1n);
  const has16 = stage2Granule(field(A.MMFR0_TGRAN16_2_LSB), field(A.MMFR0_TGRAN16_LSB));
  const has64 = stage2Granule(field(A.MMFR0_TGRAN64_2_LSB), field(A.MMFR0_TGRAN64_LSB) + 1n);
  if (has4.implemented) granules.push(4);
  if (has16.implemented) granules.push(16);
  if (has64.implemented) granules.push(64);
  if (has4.lpa2) lpa2.push(4);
  if (has16.lpa2) lpa2.push(16);
  return { granules, lpa2 };
}

/** `own` is TGranX_2: 1 no, 2 yes, 3 with 52 bits. `stage1` is coded as TGran16: 0 no, 1 yes, 2 with 52 bits. */
function stage2Granule(own: bigint, stage1: bigint): { implemented: boolean; lpa2: boolean } {
  if (own !== 0n) return { implemented: own >= 2n, lpa2: own >= 3n };
  const implemented = stage1 !== 0n && stage1 <= NOT_IMPLEMENTED;
  return { implemented, lpa2: implemented && stage1 >= 2n };
}
