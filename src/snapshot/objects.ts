import type { Machine } from '../core/machine.js';
import { type AddressSpace, addressSpaces } from '../kvm/mm.js';
import { vmsOf } from '../kvm/registry.js';
import type { Vm } from '../kvm/vm.js';
import { type Microarch, microarchs } from '../uarch/microarch.js';
import { type MicroMmu, mmus } from '../uarch/mmu.js';
import { type Translator, translators } from '../walk/translator.js';

/** What the host has of a machine: the objects over its memory, each kind in the order of creation. */
export interface MachineObjects {
  machine: Machine;
  addressSpaces: readonly AddressSpace[];
  /** With their vcpus. */
  vms: readonly Vm[];
  translators: readonly Translator[];
  cores: readonly Microarch[];
  mmus: readonly MicroMmu[];
}

/** The objects of a machine that are not destroyed. */
export function objectsOf(machine: Machine): MachineObjects {
  return {
    machine,
    addressSpaces: addressSpaces.of(machine),
    vms: vmsOf(machine),
    translators: translators.of(machine),
    cores: microarchs.of(machine),
    mmus: mmus.of(machine),
  };
}
