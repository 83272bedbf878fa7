import * as A from '../abi/arm.js';
import { checkInteger, checkObject, checkOneOf } from '../core/check.js';
import { ACCESS_KINDS, type AccessKind } from './access.js';
import { exceptionClassName } from './exception-class.js';
import { fscName, isExternalAbort } from './fault.js';
import { type DecodedField, decode, encode, extract, type Field, type FieldTable } from './fields.js';
import { flag } from './meanings.js';

const EC: Field = {
  name: 'EC',
  lsb: A.ESR_EC_LSB,
  width: A.ESR_EC_WIDTH,
  about: 'Exception class: why the exception was taken, and how the other fields read.',
  meaning: (value) => exceptionClassName(Number(value)),
};
const IL = flag(
  'IL',
  A.ESR_IL_LSB,
  ['16-bit instruction', '32-bit instruction'],
  'Length of the instruction; 1 where it is not known.',
);

/** Fields data and instruction aborts share. */
const FNV = flag(
  'FnV',
  A.ESR_FNV_LSB,
  ['FAR valid', 'FAR invalid'],
  'FAR not valid: only external aborts set it.',
);
const EA = flag(
  'EA',
  A.ESR_EA_LSB,
  ['no external abort type', 'external abort of a type of this CPU'],
  'External abort type, which every CPU defines for itself.',
);
const S1PTW = flag(
  'S1PTW',
  A.ESR_S1PTW_LSB,
  ['the access itself', 'stage-1 table walk'],
  'Whether stage 2 stopped the walk of the stage-1 tables, and not the access that it was for.',
);
const fsc = (name: string): Field => ({
  name,
  lsb: A.ESR_FSC_LSB,
  width: A.ESR_FSC_WIDTH,
  about: 'Fault status code: what the fault was, and at which level.',
  meaning: (value) => fscName(Number(value)),
});

/** A field that describes the instruction, which ISV vouches for. */
const vouched = (field: Field): Field => ({
  ...field,
  ignored: (esr) => (extract(esr, A.ESR_ISV_LSB) === 0n ? 'ISV is 0' : undefined),
});

/** ESR_ELx of a data abort. The fields from SAS to AR count only with ISV. */
export const ESR_DATA_ABORT: FieldTable = {
  name: 'ESR_EL2',
  fields: [
    EC,
    IL,
    flag(
      'ISV',
      A.ESR_ISV_LSB,
      ['no syndrome', 'syndrome valid'],
      'Instruction syndrome valid: SAS to AR describe the load or store, so that it can be emulated.',
    ),
    vouched({
      name: 'SAS',
      lsb: A.ESR_SAS_LSB,
      width: A.ESR_SAS_WIDTH,
      about: 'Size of the access.',
      meaning: (value) => (value === 0n ? '1 byte' : `${1n << value} bytes`),
    }),
    vouched(flag('SSE', A.ESR_SSE_LSB, ['zero-extend', 'sign-extend'], 'How a load fills the register.')),
    vouched({
      name: 'SRT',
      lsb: A.ESR_SRT_LSB,
      width: A.ESR_SRT_WIDTH,
      about: 'Register that is loaded or stored.',
      meaning: (value) => (value === 31n ? 'xzr' : `x${value}`),
    }),
    vouched(flag('SF', A.ESR_SF_LSB, ['32-bit register', '64-bit register'], 'Width of that register.')),
    vouched(
      flag('AR', A.ESR_AR_LSB, ['plain', 'acquire or release'], 'Whether the instruction orders others.'),
    ),
    FNV,
    EA,
    flag(
      'CM',
      A.ESR_CM_LSB,
      ['load or store', 'cache maintenance or AT'],
      'Whether it was cache maintenance or an address translation; these report as a write.',
    ),
    S1PTW,
    flag('WnR', A.ESR_WNR_LSB, ['read', 'write'], 'Write not read: what the access was.'),
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
  fields: [
    EC,
    IL,
    {
      name: 'ISS',
      lsb: A.ESR_ISS_LSB,
      width: A.ESR_ISS_WIDTH,
      about: 'Instruction specific syndrome: its form depends on EC.',
      meaning: () => 'not taken apart for this class',
    },
  ],
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
  const common = { IL: 1n, S1PTW: bitOf(abort.s1ptw) };
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
    CM: bitOf(maintenance),
    WnR: bitOf(maintenance || write),
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
    SSE: bitOf(syndrome.sse),
    SRT: BigInt(syndrome.srt),
    SF: bitOf(syndrome.sf),
    AR: bitOf(syndrome.ar),
  };
}

function bitOf(on: boolean | undefined): bigint {
  return on ? 1n : 0n;
}
