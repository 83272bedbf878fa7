import type { Machine } from '../core/machine.js';
import type { Vm } from './vm.js';

/** The VMs of each machine; a machine nobody holds is forgotten with them. */
const live = new WeakMap<Machine, Set<Vm>>();

/** Adds a VM to those of its machine. */
export function enlist(vm: Vm): void {
  const vms = live.get(vm.machine) ?? new Set();
  live.set(vm.machine, vms.add(vm));
}

/** Takes a destroyed VM from those of its machine. */
export function strike(vm: Vm): void {
  live.get(vm.machine)?.delete(vm);
}

/** The VMs of a machine that are not destroyed, in the order of their creation. */
export function vmsOf(machine: Machine): readonly Vm[] {
  return [...(live.get(machine) ?? [])];
}
