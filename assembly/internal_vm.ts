// The fault in a slot that an internal VM should not take, as RFC 04/11 answers it: a virtual SError, and the guest
// goes on at the same instruction. With SErrors masked it faults again, for ever. Source: fault-path.md section 3.
import { HCR_VSE_LSB, PSTATE_A_LSB } from "../src/abi/arm";
import { Disposition, EFAULT, LogMessage } from "../src/abi/kvm";
import { VCPU_REFAULT } from "../src/abi/layout";
import { logMessage } from "./account";
import { injectVabt } from "./inject";
import { Refault, Vcpu, Vm } from "./structs";

/** The arm of site U2. 0, or -EFAULT for a fault that comes back for ever, in a VM that is to end then. */
export function internalVmFault(vcpu: Vcpu, vm: Vm): i32 {
  logMessage(LogMessage.INTERNAL_VM_FAULT);
  const forever = isRefault(vcpu);
  injectVabt(vcpu);
  vcpu.disposition = forever ? Disposition.REFAULT_LOOP : Disposition.INJECT_VABT;
  return forever && vm.refaultFails ? -EFAULT : 0;
}

/**
 * Notes the fault. True if it is the last one again and the guest could not take the SError in between: nothing that
 * the two of them do ends this, only an interrupt whose handler unmasks SErrors.
 */
function isRefault(vcpu: Vcpu): bool {
  const last = changetype<Refault>(changetype<usize>(vcpu) + VCPU_REFAULT);
  const pending = ((vcpu.hcr >> HCR_VSE_LSB) & 1) != 0;
  const masked = ((vcpu.pstate >> PSTATE_A_LSB) & 1) != 0;
  const again = pending && masked && vcpu.pc == last.pc && vcpu.hpfar == last.hpfar;
  last.pc = vcpu.pc;
  last.hpfar = vcpu.hpfar;
  last.repeats = again ? last.repeats + 1 : 0;
  return again;
}
