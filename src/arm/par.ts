import * as A from '../abi/arm.js';
import { checkInteger, checkObject, checkU64 } from '../core/check.js';
import { hex } from '../core/error.js';
import { fscName } from './fault.js';
import { type DecodedField, decode, encode, extract, type FieldTable } from './fields.js';
import { flag, reservedOne, shareability } from './meanings.js';
import { mairAttrName } from './memattr.js';

const F = flag('F', A.PAR_F_LSB, ['translated', 'fault'], 'Whether the address translation faulted.');
const RES1 = reservedOne(A.PAR_RES1_LSB);

/** PAR_EL1 after a translation that worked; ATTR is coded as in MAIR_EL1. */
export const PAR_SUCCESS: FieldTable = {
  name: 'PAR_EL1',
  fields: [
    {
      name: 'ATTR',
      lsb: A.PAR_ATTR_LSB,
      width: A.PAR_ATTR_WIDTH,
      about: 'Memory type of the address, coded as in MAIR_EL1.',
      meaning: (value) => mairAttrName(Number(value)),
    },
    {
      name: 'PA',
      lsb: A.PAR_PA_LSB,
      width: A.PAR_PA_LPA_WIDTH,
      about: 'Page of the physical address.',
      meaning: (value) => hex(value << BigInt(A.PAR_PA_LSB)),
    },
    RES1,
    {
      name: 'NS',
      lsb: A.PAR_NS_LSB,
      width: 1,
      about: 'Address space of the result in the Secure state.',
      ignored: () => 'Non-secure state',
    },
    {
      name: 'SH',
      lsb: A.PAR_SH_LSB,
      width: A.PAR_SH_WIDTH,
      about: 'Shareability of the address.',
      meaning: shareability,
    },
    F,
  ],
};

/** PAR_EL1 after a fault. */
export const PAR_FAULT: FieldTable = {
  name: 'PAR_EL1',
  fields: [
    RES1,
    flag('S', A.PAR_S_LSB, ['stage 1', 'stage 2'], 'Stage of translation that faulted.'),
    flag(
      'PTW',
      A.PAR_PTW_LSB,
      ['the access itself', 'stage-1 table walk'],
      'Whether stage 2 stopped the walk of the stage-1 tables.',
    ),
    {
      name: 'FST',
      lsb: A.PAR_FST_LSB,
      width: A.PAR_FST_WIDTH,
      about: 'Fault status code: what the fault was, and at which level.',
      meaning: (value) => fscName(Number(value)),
    },
    F,
  ],
};

/** Decodes PAR_EL1 by its F bit. Throws EINVAL for a value that is no u64. */
export function decodePar(par: bigint): DecodedField[] {
  return decode(extract(par, A.PAR_F_LSB) === 0n ? PAR_SUCCESS : PAR_FAULT, par);
}

/** PAR_EL1 for an address that translated to `pa`. Throws EINVAL if `pa` is no u64. */
export function encodeParSuccess(pa: bigint, result: { attr: number; sh: number }): bigint {
  checkObject('result', result);
  const frame = extract(checkU64('pa', pa), A.PAR_PA_LSB, A.PAR_PA_LPA_WIDTH);
  return encode(PAR_SUCCESS, {
    PA: frame,
    ATTR: BigInt(checkInteger('attr', result.attr, 0, 0xff)),
    SH: BigInt(checkInteger('sh', result.sh, 0, 3)),
    RES1: 1n,
  });
}

const FST_MOST = 0x3f;

/** PAR_EL1 for an address translation that faulted. Throws EINVAL for a fault status code of more than six bits. */
export function encodeParFault(fsc: number, s1ptw = false, stage: 1 | 2 = 2): bigint {
  return encode(PAR_FAULT, {
    F: 1n,
    FST: BigInt(checkInteger('fsc', fsc, 0, FST_MOST)),
    PTW: s1ptw ? 1n : 0n,
    S: stage === 2 ? 1n : 0n,
    RES1: 1n,
  });
}
