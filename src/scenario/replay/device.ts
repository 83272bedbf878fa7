import { Disposition } from '../../abi/kvm.js';
import type { ExitResult, Vcpu } from '../../kvm/index.js';
import { transferRegister } from './syndrome.js';
import type { FaultWindow } from './windows.js';
import type { World } from './world.js';

const ZERO_REGISTER = 31;
const LENGTHS = [1, 2, 4, 8];

/**
 * Gets the register ready that a device write stores from, and the in-kernel bus. True if the captured kernel answered
 * a device that the slots file does not call in-kernel.
 */
export function prepareDevice(world: World, vcpu: Vcpu, { mmio, end, fault }: FaultWindow): boolean {
  if (mmio === undefined) return false;
  const register = transferRegister(fault.esr);
  const stores = mmio.op === 'write' && register !== undefined && register !== ZERO_REGISTER;
  if (stores) vcpu.setRegister(register, mmio.val);
  if (end === undefined || !LENGTHS.includes(mmio.len)) return false;
  return world.bus.learn(mmio.gpa, mmio.len, end.kind === 'entry');
}

/** Whether v4.13 hands on the device access that the trace shows, if both made one. */
export function isSameAccess(vcpu: Vcpu, { disposition }: ExitResult, { mmio }: FaultWindow): boolean {
  const isDevice = disposition === Disposition.MMIO_USER || disposition === Disposition.MMIO_KERNEL;
  if (!isDevice || mmio === undefined) return true;
  const ours = vcpu.run.mmio;
  const isWrite = mmio.op === 'write';
  if (ours.pa !== mmio.gpa || ours.length !== mmio.len || ours.isWrite !== isWrite) return false;
  return !isWrite || ours.data === mmio.val;
}
