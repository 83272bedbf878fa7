import { HCR_VM_LSB } from '../abi/arm.js';
import { VM_VTTBR } from '../abi/layout.js';
import type { WalkRegisters } from '../walk/regime.js';
import { addressBits, vtcr } from './geometry.js';
import { checkVm } from './registry.js';
import type { Vm } from './vm.js';

/**
 * The registers that a hardware walk of the VM's stage-2 tables depends on, as KVM loads them before it enters the
 * guest: VTCR_EL2, VTTBR_EL2, and HCR_EL2 with VM alone. Stage 1 is off. `paBits` is the CPU's PARange in bits, by
 * default as many as the VM's descriptors hold. Throws EINVAL for a PARange that no CPU has.
 */
export function guestRegisters(vm: Vm, paBits = addressBits(checkVm(vm).geometry)): WalkRegisters {
  checkVm(vm);
  return {
    vtcr: vtcr(vm.geometry, paBits),
    vttbr: vm.machine.view.u64(vm.offset + VM_VTTBR),
    hcr: 1n << BigInt(HCR_VM_LSB),
  };
}
