import { ESR_FSC_WIDTH } from '../abi/arm.js';
import { checkFlag, checkInteger, checkObject, checkOneOf, checkU64 } from '../core/check.js';
import type { AccessKind } from './access.js';
import { type AccessSyndrome, encodeAbort } from './esr.js';
import { isExternalAbort } from './fault.js';
import { encodeHpfar, hpfarValid } from './hpfar.js';
import { encodeParFault, encodeParSuccess } from './par.js';

/** A fault of either stage, in as far as its reporting depends on it. */
export interface ReportableFault {
  /** Fault status code, six bits. */
  fsc: number;
  /** Stage of translation that faulted. */
  stage: 1 | 2;
  /** A stage-2 fault on the access to a stage-1 table. */
  s1ptw: boolean;
  /** What stage 2 was given: for a stage-1 table, the address of the descriptor. */
  ipa: bigint;
  /** The access that faulted writes. */
  write: boolean;
}

/** The access that faulted, as the guest made it. */
export interface FaultingAccess {
  /** The virtual address. */
  va: bigint;
  /** Kind of access, which decides exception class, CM and WnR. */
  access: AccessKind;
  /** Exception level that executes the instruction; an AT may come from EL2. */
  from: 0 | 1 | 2;
  /** How the instruction appears in the syndrome, if it can: {@link decodeMemoryInstruction}. */
  syndrome?: AccessSyndrome | undefined;
}

/** What an exception leaves in the registers of the exception level it is taken to. */
export interface FaultReport {
  /** Exception level that takes it. */
  el: 1 | 2;
  /** ESR_ELx of `el`. */
  esr: bigint;
  /** FAR_ELx of `el`: the virtual address as the access had it. */
  far: bigint;
  /** HPFAR_EL2; absent where it is UNKNOWN. */
  hpfar?: bigint;
}

/**
 * How the CPU reports a fault (Arm ARM, AArch64.Abort): a stage-2 fault to EL2, a stage-1 fault to EL1, and what an
 * AT at EL2 takes, to EL2. HCR_EL2.TGE and TEA, which move others to EL2, are taken as 0. Throws EINVAL naming a field
 * that cannot be.
 */
export function reportFault(fault: ReportableFault, access: FaultingAccess): FaultReport {
  checkFault(fault);
  checkObject('access', access);
  checkU64('va', access.va);
  checkOneOf('from', access.from, LEVELS);
  const el = fault.stage === 2 || access.from === 2 ? 2 : 1;
  const { fsc, stage, s1ptw, write } = fault;
  const esr = encodeAbort({
    fsc,
    stage,
    s1ptw,
    write,
    access: access.access,
    fromCurrent: access.from === el,
    ...(access.syndrome === undefined ? {} : { syndrome: access.syndrome }),
  });
  const report = { el, esr, far: access.va } as const;
  return stage === 2 && hpfarValid(fsc, s1ptw) ? { ...report, hpfar: encodeHpfar(fault.ipa) } : report;
}

const LEVELS = [0, 1, 2];
const STAGES = [1, 2];
const FSC_MOST = 2 ** ESR_FSC_WIDTH - 1;

function checkFault(fault: ReportableFault): void {
  const { fsc, stage, s1ptw, ipa, write } = checkObject('fault', fault);
  checkInteger('fault.fsc', fsc, 0, FSC_MOST);
  checkOneOf('fault.stage', stage, STAGES);
  checkFlag('fault.s1ptw', s1ptw);
  checkU64('fault.ipa', ipa);
  checkFlag('fault.write', write);
}

/** What an address translation came to. */
export type AtResult =
  | {
      /** It came to an address. */
      ok: true;
      /** Of the byte asked for. */
      pa: bigint;
      /** Of both stages, combined. */
      memory: {
        /** A byte as in MAIR_EL1. */
        attr: number;
        /** SH[1:0]. */
        sh: number;
      };
    }
  | {
      /** It faulted. */
      ok: false;
      /** The first fault met. */
      fault: ReportableFault;
    };

const OUTER_SHAREABLE = 2;
const NORMAL_NC = 0x44;

/**
 * PAR_EL1 after an AT executed at `from` (Arm ARM, AArch64.AT and AArch64.EncodePAR), or undefined if the AT takes an
 * exception instead, which {@link reportFault} gives: on an external abort, and at EL1 on a stage-2 fault of the
 * stage-1 walk.
 */
export function parOf(result: AtResult, from: 1 | 2 = 2): bigint | undefined {
  checkObject('result', result);
  checkOneOf('from', from, STAGES);
  if (result.ok) {
    const { attr, sh } = checkObject('result.memory', result.memory);
    return encodeParSuccess(result.pa, { attr, sh: isOuterShareable(attr) ? OUTER_SHAREABLE : sh });
  }
  checkFault(result.fault);
  const { fsc, s1ptw, stage } = result.fault;
  const exception = isExternalAbort(fsc) || (s1ptw && from === 1);
  return exception ? undefined : encodeParFault(fsc, s1ptw, stage);
}

/** Device memory and memory that is nowhere cacheable are outer shareable, whatever the tables say. */
function isOuterShareable(attr: number): boolean {
  return attr >> 4 === 0 || attr === NORMAL_NC;
}
