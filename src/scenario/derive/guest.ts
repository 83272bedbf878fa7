import {
  Ec,
  ESR_CM_LSB,
  ESR_EC_LSB,
  ESR_IL_LSB,
  ESR_ISV_LSB,
  ESR_S1PTW_LSB,
  ESR_SAS_LSB,
  ESR_SF_LSB,
  ESR_SRT_LSB,
  ESR_SSE_LSB,
  ESR_WNR_LSB,
  Fsc,
  PSTATE_AARCH32_LSB,
  PSTATE_EL1H,
  PSTATE_EL1T,
} from '../../abi/arm.js';
import { MmioOutcome, PabtOutcome } from '../../abi/event.js';
import type { Facts, RecordedCall } from '../facts.js';
import type { GuestState } from '../machine-state.js';

const LEVEL = 3;
const ZERO_REGISTER = 31;
const SOME_REGISTER = 1;
const PSTATE_EL0 = 0;

/** The abort's syndrome and the guest's mode; a device access takes its form from the outcome of io_mem_abort. */
export function deriveGuest(facts: Facts, ipa: bigint): GuestState {
  return { esr: syndrome(facts), ipa, pstate: pstate(facts) };
}

function syndrome(facts: Facts): bigint {
  const ec = facts.holds('is_iabt') ? Ec.IABT_LOW : Ec.DABT_LOW;
  const fields: [number, number][] = [
    [ESR_EC_LSB, ec],
    [ESR_IL_LSB, 1],
    [ESR_CM_LSB, facts.holds('is_cm') ? 1 : 0],
    ...accessFields(facts, facts.call('io_mem_abort')),
  ];
  return fields.reduce(
    (esr, [lsb, value]) => esr | (BigInt(value) << BigInt(lsb)),
    BigInt(faultStatus(facts)),
  );
}

function faultStatus(facts: Facts): number {
  if (facts.holds('type_sea')) return facts.holds('type_ext') ? Fsc.EXTERNAL : Fsc.EXTERNAL_WALK | LEVEL;
  if (facts.holds('type_access')) return Fsc.ACCESS_FLAG | LEVEL;
  if (facts.holds('type_perm')) return Fsc.PERMISSION | LEVEL;
  return facts.holds('fsc_known') ? Fsc.TRANSLATION | LEVEL : Fsc.ALIGNMENT;
}

/** ISV and what it vouches for, S1PTW and WnR. */
function accessFields(facts: Facts, io: RecordedCall | undefined): [number, number][] {
  const kind = io === undefined ? undefined : io.code & 3;
  if (io === undefined || kind === MmioOutcome.NO_ISV)
    return [[ESR_WNR_LSB, facts.holds('is_write') ? 1 : 0]];
  if (kind === MmioOutcome.S1PTW) {
    return [
      [ESR_ISV_LSB, 1],
      [ESR_S1PTW_LSB, 1],
    ];
  }
  const has = (bit: MmioOutcome): number => (io.code & bit ? 1 : 0);
  const toZero = has(MmioOutcome.ZERO_REGISTER) || io.q('rt_zero_w');
  return [
    [ESR_ISV_LSB, 1],
    [ESR_WNR_LSB, kind === MmioOutcome.WRITE ? 1 : 0],
    [ESR_SAS_LSB, (io.code >> MmioOutcome.DETAIL_LSB) & 3],
    [ESR_SSE_LSB, has(MmioOutcome.SIGN_EXTEND)],
    [ESR_SF_LSB, has(MmioOutcome.SF)],
    [ESR_SRT_LSB, toZero ? ZERO_REGISTER : SOME_REGISTER],
  ];
}

function pstate(facts: Facts): number {
  if (facts.holds('guest_aarch32')) return 1 << PSTATE_AARCH32_LSB;
  const mode = injectedFrom(facts);
  if (mode === PabtOutcome.EL0) return PSTATE_EL0;
  return mode === PabtOutcome.EL1T ? PSTATE_EL1T : PSTATE_EL1H;
}

/** The mode an injected abort was taken from; undefined if none was injected. */
function injectedFrom(facts: Facts): PabtOutcome | undefined {
  const fetch = facts.call('kvm_inject_pabt');
  if (fetch !== undefined) return fetch.code;
  const io = facts.call('io_mem_abort');
  const injected = io !== undefined && (io.code & 3) === MmioOutcome.S1PTW;
  return injected ? io.code >> MmioOutcome.DETAIL_LSB : undefined;
}
