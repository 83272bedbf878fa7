import * as A from '../abi/arm.js';
import { checkU64 } from '../core/check.js';
import { hex } from '../core/error.js';
import { decodeFsc } from './fault.js';
import { encode, extract, type FieldTable } from './fields.js';

/** The page number that HPFAR_EL2 holds is always in units of 4 KiB. */
const PAGE_SHIFT = 12n;

/** HPFAR_EL2. */
export const HPFAR_EL2: FieldTable = {
  name: 'HPFAR_EL2',
  fields: [
    {
      name: 'FIPA',
      lsb: A.HPFAR_FIPA_LSB,
      width: A.HPFAR_FIPA_WIDTH,
      about: 'Page of the IPA that faulted, bits 55:12.',
      meaning: (value) => hex(value << PAGE_SHIFT),
    },
  ],
};

/** HPFAR_EL2 for the IPA that faulted; bits above 55 are lost. Throws EINVAL if it is no u64. */
export function encodeHpfar(ipa: bigint): bigint {
  const pages = checkU64('ipa', ipa) >> PAGE_SHIFT;
  return encode(HPFAR_EL2, { FIPA: extract(pages, 0, A.HPFAR_FIPA_WIDTH) });
}

/** First byte of the IPA page that HPFAR_EL2 names. */
export function hpfarIpa(hpfar: bigint): bigint {
  return extract(checkU64('hpfar', hpfar), A.HPFAR_FIPA_LSB, A.HPFAR_FIPA_WIDTH) << PAGE_SHIFT;
}

/**
 * True if HPFAR_EL2 is written for the fault: translation, address size and access flag faults, and a permission
 * fault on a stage-1 table (Arm ARM, HPFAR_EL2).
 */
export function hpfarValid(fsc: number, s1ptw = false): boolean {
  const { type } = decodeFsc(fsc);
  if (type === 'permission') return s1ptw;
  return type === 'translation' || type === 'address-size' || type === 'access-flag';
}

/**
 * How much of the IPA that faulted an abort leaves in HPFAR_EL2 and FAR_EL2, by ESR_EL2: the page and the offset in
 * it, the page alone where a stage-1 table faulted, as FAR_EL2 has the VA of the access, or nothing.
 */
export function ipaInRegisters(esr: bigint): 'whole' | 'page' | 'none' {
  const ec = Number(extract(esr, A.ESR_EC_LSB, A.ESR_EC_WIDTH));
  const s1ptw = extract(esr, A.ESR_S1PTW_LSB) === 1n;
  const isLow = ec === A.Ec.DABT_LOW || ec === A.Ec.IABT_LOW;
  if (!isLow || !hpfarValid(Number(extract(esr, A.ESR_FSC_LSB, A.ESR_FSC_WIDTH)), s1ptw)) return 'none';
  return s1ptw ? 'page' : 'whole';
}
