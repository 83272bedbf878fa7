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
