import { ESR_EC_LSB, ESR_EC_WIDTH, ESR_FSC_WIDTH, type Fsc, HPFAR_FIPA_LSB } from '../abi/arm.js';
import { type Disposition, ExitCode } from '../abi/kvm.js';
import * as L from '../abi/layout.js';
import { checkInteger, checkObject, checkU32, checkU64, U32_MOST } from '../core/check.js';
import type { Machine } from '../core/machine.js';

/** One exit of the guest. */
export interface GuestExit {
  /** ESR_EL2. */
  esr: bigint;
  /** FAR_EL2. */
  far: bigint;
  /** IPA of the fault; HPFAR_EL2, and PAR_EL1 where AT would be used, are made from it. */
  ipa: bigint;
  /** HPFAR_EL2 itself, instead of one made from `ipa`. */
  hpfar?: bigint | undefined;
  /** PAR_EL1 after AT S1E1R on FAR, instead of one made from `ipa`. Bit 0 set: the walk failed. */
  par?: bigint | undefined;
  /**
   * ExitCode; bit 31 set (EXIT_WITH_SERROR_LSB) if an SError was pending as well. Default TRAP. One that KVM does not
   * know ends as ExitReason.INTERNAL_ERROR.
   */
  exitCode?: number | undefined;
}

/** How an exit ended. */
export interface ExitResult {
  /** Return of handle_exit: 1 resume, 0 to user space, -errno. */
  ret: number;
  /** How it ended, beside `ret`. */
  disposition: Disposition;
  /** Entry of the path table (accounted output), 0 if none. */
  path: number;
}

/** Throws EINVAL unless every register given is a 64-bit bigint, and the exit code 32 bits. */
export function checkExit(exit: GuestExit): void {
  checkObject('exit', exit);
  for (const name of ['esr', 'far', 'ipa'] as const) checkU64(name, exit[name]);
  if (exit.hpfar !== undefined) checkU64('hpfar', exit.hpfar);
  if (exit.par !== undefined) checkU64('par', exit.par);
  if (exit.exitCode !== undefined) checkU32('exitCode', exit.exitCode);
}

/** Writes a request of a batch at `at`. */
export function writeRequest(machine: Machine, at: number, vcpu: number, exit: GuestExit): void {
  const { view } = machine;
  const page = exit.ipa >> 12n;
  view.setU32(at + L.REQUEST_VCPU, vcpu);
  view.setU32(at + L.REQUEST_EXIT_CODE, exit.exitCode ?? ExitCode.TRAP);
  view.setU64(at + L.REQUEST_ESR, exit.esr);
  view.setU64(at + L.REQUEST_FAR, exit.far);
  view.setU64(at + L.REQUEST_HPFAR, exit.hpfar ?? page << BigInt(HPFAR_FIPA_LSB));
  view.setU64(at + L.REQUEST_PAR, exit.par ?? page << 12n);
}

/** Reads the result of a batch at `at`. */
export function readResult(machine: Machine, at: number): ExitResult {
  const { view } = machine;
  return {
    ret: view.i32(at + L.RESULT_RET),
    disposition: view.u32(at + L.RESULT_DISPOSITION),
    path: view.u32(at + L.RESULT_PATH),
  };
}

const EC_MOST = 2 ** ESR_EC_WIDTH - 1;
const FSC_MOST = 2 ** ESR_FSC_WIDTH - 1;

/** ESR_EL2 of a stage-2 abort: exception class and fault type with level, IL set, other bits as given. Throws EINVAL for a field too wide. */
export function abortSyndrome(ec: number, fsc: Fsc | number, bits = 0): bigint {
  checkInteger('ec', ec, 0, EC_MOST);
  checkInteger('fsc', fsc, 0, FSC_MOST);
  checkInteger('bits', bits, -(2 ** 31), U32_MOST);
  return (BigInt(ec) << BigInt(ESR_EC_LSB)) | (1n << 25n) | BigInt(bits >>> 0) | BigInt(fsc);
}
