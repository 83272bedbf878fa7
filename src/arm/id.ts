import * as A from '../abi/arm.js';
import type { FieldTable } from './fields.js';

/** Physical address bits by ID_AA64MMFR0_EL1.PARange and by VTCR_EL2.PS. */
const PA_BITS = [32, 36, 40, 42, 44, 48, 52, 56];

/** Physical address bits that PARange or PS encodes; undefined for a reserved value. */
export function paRangeBits(range: bigint): number | undefined {
  return PA_BITS[Number(range)];
}

/** The PARange or PS encoding of a number of physical address bits; undefined if there is none. */
export function paRangeOf(bits: number): number | undefined {
  const range = PA_BITS.indexOf(bits);
  return range < 0 ? undefined : range;
}

function paRangeName(range: bigint): string {
  const bits = paRangeBits(range);
  return bits === undefined ? 'reserved' : `${bits}-bit PA`;
}

const implemented = (value: bigint): string => (value === 0n ? 'no' : 'yes');

/** ID_AA64MMFR0_EL1: the physical address range. */
export const ID_AA64MMFR0_EL1: FieldTable = {
  name: 'ID_AA64MMFR0_EL1',
  fields: [
    {
      name: 'PARange',
      lsb: A.MMFR0_PARANGE_LSB,
      width: A.MMFR0_PARANGE_WIDTH,
      about: 'Physical address bits that the CPU has.',
      meaning: paRangeName,
    },
  ],
};

/** ID_AA64MMFR1_EL1: hardware update of the access flag, and XN[1:0]. */
export const ID_AA64MMFR1_EL1: FieldTable = {
  name: 'ID_AA64MMFR1_EL1',
  fields: [
    {
      name: 'HAFDBS',
      lsb: A.MMFR1_HAFDBS_LSB,
      width: A.MMFR1_HAFDBS_WIDTH,
      about: 'Whether the hardware can set the access flag and dirty state (FEAT_HAFDBS).',
      meaning: (v) => ['none', 'access flag'][Number(v)] ?? 'access flag and dirty state',
    },
    {
      name: 'XNX',
      lsb: A.MMFR1_XNX_LSB,
      width: A.MMFR1_XNX_WIDTH,
      about: 'Whether stage 2 tells execution at EL1 and EL0 apart (FEAT_XNX).',
      meaning: implemented,
    },
  ],
};

/** ID_AA64MMFR2_EL1: small translation tables, and HCR_EL2.FWB. */
export const ID_AA64MMFR2_EL1: FieldTable = {
  name: 'ID_AA64MMFR2_EL1',
  fields: [
    {
      name: 'ST',
      lsb: A.MMFR2_ST_LSB,
      width: A.MMFR2_ST_WIDTH,
      about: 'Whether address spaces of less than 25 bits can be translated (FEAT_TTST).',
      meaning: implemented,
    },
    {
      name: 'FWB',
      lsb: A.MMFR2_FWB_LSB,
      width: A.MMFR2_FWB_WIDTH,
      about: 'Whether HCR_EL2.FWB is there (FEAT_S2FWB).',
      meaning: implemented,
    },
  ],
};
