import { checkLive, checkObject, gone, refuse } from '../core/check.js';
import { Machine } from '../core/machine.js';
import type { Vm } from './vm.js';

/** The VMs of each machine; a machine nobody holds is forgotten with them. */
const live = new WeakMap<Machine, Set<Vm>>();
/** Who is told when a VM comes. */
const listeners = new WeakMap<Machine, Set<() => void>>();

/** Adds a VM to those of its machine. */
export function enlist(vm: Vm): void {
  const vms = live.get(vm.machine) ?? new Set();
  live.set(vm.machine, vms.add(vm));
  for (const listener of listeners.get(vm.machine) ?? []) listener();
}

/** Takes a destroyed VM from those of its machine. */
export function strike(vm: Vm): void {
  live.get(vm.machine)?.delete(vm);
}

/** Throws EINVAL unless it is a VM that is not destroyed. */
export function checkVm(vm: Vm): Vm {
  const { machine, destroyed } = checkObject('vm', vm);
  if (live.get(machine)?.has(vm)) return vm;
  if (destroyed) throw gone('VM');
  return refuse('vm', vm, 'a Vm');
}

/** The VMs of a machine that are not destroyed, in the order of their creation. */
export function vmsOf(machine: Machine): readonly Vm[] {
  return [...(live.get(machine) ?? [])];
}

/** A machine that is not destroyed, and the one VM of it if that is what was given. Throws EINVAL for anything else. */
export function targetOf(target: Machine | Vm): [machine: Machine, only: Vm | undefined] {
  if (target instanceof Machine) return [checkLive('target', target, Machine, 'Machine'), undefined];
  if (!('machine' in checkObject('target', target))) refuse('target', target, 'a Machine or a Vm');
  return [checkVm(target).machine, target];
}

/** Calls `listener` whenever a VM of the machine was created, until what this returns is called. */
export function onVms(machine: Machine, listener: () => void): () => void {
  const all = listeners.get(machine) ?? new Set();
  listeners.set(machine, all.add(listener));
  return () => void all.delete(listener);
}
