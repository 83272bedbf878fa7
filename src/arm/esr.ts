import * as A from '../abi/arm.js';
import { checkInteger, checkObject, checkOneOf } from '../core/check.js';
import { ACCESS_KINDS, type AccessKind } from './access.js';
import { fscName, isExternalAbort } from './fault.js';
import { type DecodedField, decode, encode, extract, type Field, type FieldTable } from './fields.js';

const EC: Field = {
  name: 'EC',
  lsb: A.ESR_EC_LSB,
  width: A.ESR_EC_WIDTH,
  meaning: (value) => A.Ec[Number(value)] ?? 'not named here',
};
const IL: Field = {
  name: 'IL',
  lsb: A.ESR_IL_LSB,
  width: 1,
  meaning: (value) => (value === 0n ? '16-bit instruction' : '32-bit instruction'),
};

function bit(name: string, lsb: number, set: string, clear: string): Field {
  return { name, lsb, width: 1, meaning: (value) => (value === 0n ? clear : set) };
}

/** Fields data and instruction aborts share. */
const FNV = bit('FnV', A.ESR_FNV_LSB, 'FAR invalid', 'FAR valid');
const EA: Field = { name: 'EA', lsb: A.ESR_EA_LSB, width: 1 };
const S1PTW = bit('S1PTW', A.ESR_S1PTW_LSB, 'stage-1 table walk', 'the access itself');
const fsc = (name: string): Field => ({
  name,
  lsb: A.ESR_FSC_LSB,
  width: A.ESR_FSC_WIDTH,
  meaning: (value) => fscName(Number(value)),
});

/** ESR_ELx of a data abort. The fields from SAS to AR count only with ISV. */
export const ESR_DATA_ABORT: FieldTable = {
  name: 'ESR_EL2',
  fields: [
    EC,
    IL,
    bit('ISV', A.ESR_ISV_LSB, 'syndrome valid', 'no syndrome'),
    {
      name: 'SAS',
      lsb: A.ESR_SAS_LSB,
      width: A.ESR_SAS_WIDTH,
      meaning: (value) => (value === 0n ? '1 byte' : `${1n << value} bytes`),
    },
    bit('SSE', A.ESR_SSE_LSB, 'sign-extend', 'zero-extend'),
    {
      name: 'SRT',
      lsb: A.ESR_SRT_LSB,
      width: A.ESR_SRT_WIDTH,
      meaning: (value) => (value === 31n ? 'xzr' : `x${value}`),
    },
    bit('SF', A.ESR_SF_LSB, '64-bit register', '32-bit register'),
    bit('AR', A.ESR_AR_LSB, 'acquire or release', 'plain'),
    FNV,
    EA,
    bit('CM', A.ESR_CM_LSB, 'cache maintenance or AT', 'load or store'),
    S1PTW,
    bit('WnR', A.ESR_WNR_LSB, 'write', 'read'),
    fsc('DFSC'),
  ],
};

/** ESR_ELx of an instruction abort. */
export const ESR_INSTRUCTION_ABORT: FieldTable = {
  name: 'ESR_EL2',
  fields: [EC, IL, FNV, EA, S1PTW, fsc('IFSC')],
};

/** ESR_ELx of any other exception: the syndrome is not taken apart. */
export const ESR_OTHER: FieldTable = {
  name: 'ESR_EL2',
  fields: [EC, IL, { name: 'ISS', lsb: A.ESR_ISS_LSB, width: A.ESR_ISS_WIDTH }],
};

/** The fields of ESR_ELx by its exception class. */
export function esrTable(esr: bigint): FieldTable {
  const ec = Number(extract(esr, A.ESR_EC_LSB, A.ESR_EC_WIDTH));
  if (ec === A.Ec.DABT_LOW || ec === A.Ec.DABT_CUR) return ESR_DATA_ABORT;
  return ec === A.Ec.IABT_LOW || ec === A.Ec.IABT_CUR ? ESR_INSTRUCTION_ABORT : ESR_OTHER;
}

/** Decodes ESR_ELx. Throws EINVAL for a value that is no u64. */
export function decodeEsr(esr: bigint): DecodedField[] {
  return decode(esrTable(esr), esr);
}

/** How a single load or store of one register appears in the syndrome. */
export interface AccessSyndrome {
  /** log2 of the bytes accessed, 0 to 3. */
  sas: number;
  /** Register number, 31 for the zero register. */
  srt: number;
  /** The register is 64 bits wide. */
  sf: boolean;
  /** The load extends the sign. */
  sse?: boolean;
  /** Load-acquire or store-release. */
  ar?: boolean;
}

/** A data or instruction abort. */
export interface Abort {
  /** Fault status code, six bits: DFSC or IFSC. */
  fsc: number;
  /** What faulted: `execute` makes an instruction abort, all else a data abort. */
  access: AccessKind;
  /** Stage of the fault. Default 2. */
  stage?: 1 | 2;
  /** The fault came from the access to a stage-1 table. */
  s1ptw?: boolean;
  /** WnR of a load, store or atomic. Default: true for the kinds that only write. */
  write?: boolean;
  /** It is taken to the exception level it comes from. Default: from a lower one. */
  fromCurrent?: boolean;
  /** Given for a load or store the hardware can describe; ignored where the architecture has ISV 0. */
  syndrome?: AccessSyndrome;
}

const FSC_MOST = 2 ** A.ESR_FSC_WIDTH - 1;

/** Kinds that ESR_ELx.CM marks: cache maintenance, which DC ZVA is none of, and AT. */
const MAINTENANCE: ReadonlySet<AccessKind> = new Set([
  'at-read',
  'at-write',
  'cache-op',
  'cache-invalidate',
  'icache-op',
]);

/**
 * ESR_ELx of an abort (Arm ARM, ESR_EL2, ISS encodings of data and instruction aborts). Cache maintenance and AT
 * report as a write. Throws EINVAL for a field too wide.
 */
export function encodeAbort(abort: Abort): bigint {
  checkObject('abort', abort);
  checkOneOf('access', abort.access, ACCESS_KINDS);
  checkInteger('fsc', abort.fsc, 0, FSC_MOST);
  const common = { IL: 1n, S1PTW: flag(abort.s1ptw) };
  const current = abort.fromCurrent === true;
  if (abort.access === 'execute') {
    return encode(ESR_INSTRUCTION_ABORT, {
      ...common,
      EC: BigInt(current ? A.Ec.IABT_CUR : A.Ec.IABT_LOW),
      IFSC: BigInt(abort.fsc),
    });
  }
  const maintenance = MAINTENANCE.has(abort.access);
  const write = abort.write ?? (abort.access === 'write' || abort.access === 'cache-zero');
  return encode(ESR_DATA_ABORT, {
    ...common,
    EC: BigInt(current ? A.Ec.DABT_CUR : A.Ec.DABT_LOW),
    ...syndromeFields(abort),
    CM: flag(maintenance),
    WnR: flag(maintenance || write),
    DFSC: BigInt(abort.fsc),
  });
}

/**
 * ISV to AR: set only for a described load or store at stage 2 that is neither a stage-1 walk nor an external abort.
 * Without FEAT_RAS an external abort may set them; here it does not.
 */
function syndromeFields({ access, fsc, stage, s1ptw, syndrome }: Abort): Record<string, bigint> {
  if (syndrome === undefined || stage === 1 || s1ptw || isExternalAbort(fsc)) return {};
  if (MAINTENANCE.has(access) || access === 'cache-zero') return {};
  checkObject('syndrome', syndrome);
  checkInteger('syndrome.sas', syndrome.sas, 0, 3);
  checkInteger('syndrome.srt', syndrome.srt, 0, 31);
  return {
    ISV: 1n,
    SAS: BigInt(syndrome.sas),
    SSE: flag(syndrome.sse),
    SRT: BigInt(syndrome.srt),
    SF: flag(syndrome.sf),
    AR: flag(syndrome.ar),
  };
}

function flag(on: boolean | undefined): bigint {
  return on ? 1n : 0n;
}
