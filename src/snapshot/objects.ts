import type { Machine } from '../core/machine.js';
import { type AddressSpace, addressSpaces } from '../kvm/mm.js';
import { vmsOf } from '../kvm/registry.js';
import type { Vm } from '../kvm/vm.js';
import { type Microarch, microarchs } from '../uarch/microarch.js';
import { type MicroMmu, mmus } from '../uarch/mmu.js';
import { type Translator, translators } from '../walk/translator.js';

/** What the host has of a machine: the objects over its memory, each kind in the order of creation. */
export interface MachineObjects {
  /** Whose memory they are in. */
  machine: Machine;
  /** Host processes, whether a VM uses them or not. */
  addressSpaces: readonly AddressSpace[];
  /** With their vcpus. */
  vms: readonly Vm[];
  /** Registers under which its memory is walked. */
  translators: readonly Translator[];
  /** Modelled cores. */
  cores: readonly Microarch[];
  /** TLBs and table walkers of these cores. */
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
