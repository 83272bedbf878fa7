// What KVM injects into the guest. Source: fault-path.md section 2.11.
import { Ec, ESR_EC_LSB, ESR_IL_LSB, Fsc, HCR_VSE_LSB, PSTATE_AARCH32_LSB, PSTATE_EL1H, PSTATE_EL1H_MASKED } from "../src/abi/arm";
import { PSTATE_EL1T, PSTATE_MODE_WIDTH } from "../src/abi/arm";
import { PabtOutcome } from "../src/abi/event";
import { Vcpu } from "./structs";

// Exception vectors for an exception taken to EL1, by the state it is taken from.
const VECTOR_EL1T: u64 = 0x000;
const VECTOR_EL1H: u64 = 0x200;
const VECTOR_EL0: u64 = 0x400;
const VECTOR_AARCH32: u64 = 0x600;

/** State the vcpu is in, as the outcome codes name it. */
export function guestState(vcpu: Vcpu): PabtOutcome {
  if ((vcpu.pstate >> PSTATE_AARCH32_LSB) & 1) return PabtOutcome.AARCH32;
  const mode = vcpu.pstate & ((1 << PSTATE_MODE_WIDTH) - 1);
  if (mode == PSTATE_EL1H) return PabtOutcome.EL1H;
  return mode == PSTATE_EL1T ? PabtOutcome.EL1T : PabtOutcome.EL0;
}

function vector(state: PabtOutcome): u64 {
  if (state == PabtOutcome.AARCH32) return VECTOR_AARCH32;
  if (state == PabtOutcome.EL0) return VECTOR_EL0;
  return state == PabtOutcome.EL1H ? VECTOR_EL1H : VECTOR_EL1T;
}

/** A synchronous external abort at `address`, fetch or data, taken to EL1. Returns the state it was taken from. */
export function injectAbort(vcpu: Vcpu, address: u64, fetch: bool): PabtOutcome {
  const state = guestState(vcpu);
  const fromEl1 = state == PabtOutcome.EL1H || state == PabtOutcome.EL1T;
  const ec: u64 = fetch ? (fromEl1 ? <u64>Ec.IABT_CUR : <u64>Ec.IABT_LOW) : fromEl1 ? <u64>Ec.DABT_CUR : <u64>Ec.DABT_LOW;
  vcpu.elrEl1 = vcpu.pc;
  vcpu.spsrEl1 = vcpu.pstate;
  vcpu.pc = vcpu.vbarEl1 + vector(state);
  vcpu.pstate = PSTATE_EL1H_MASKED;
  vcpu.farEl1 = address;
  vcpu.esrEl1 = (vcpu.esr & ((<u64>1) << ESR_IL_LSB)) | (ec << ESR_EC_LSB) | Fsc.EXTERNAL;
  return state;
}

/** kvm_inject_vabt: a virtual SError, taken when the guest unmasks it. The PC stays. */
export function injectVabt(vcpu: Vcpu): void {
  vcpu.hcr |= (<u64>1) << HCR_VSE_LSB;
}
