// An internal VM on a host with memory set aside for it, in one call.
import type { Machine } from '../../src/core/machine.js';
import {
  createHost,
  type HostOptions,
  type InternalPolicy,
  type MemoryRegion,
  type SlotResult,
  setMemoryRegion,
  Vm,
  type VmOptions,
} from '../../src/kvm/index.js';
import { checkTables, type RawLeaf, strayPages } from './check-tables.js';
import { MIB, region, SMALL_HOST } from './lab.js';

/** What the host sets aside: the upper half of its 1 GiB of RAM, which begins at 1 GiB. */
export const SET_ASIDE = 0x6000_0000n;
export const SET_ASIDE_BYTES = 512n * MIB;
/** Where the host's RAM ends. */
export const RAM_END = SET_ASIDE + SET_ASIDE_BYTES;
/** Device registers of the host. */
export const DEVICE = 0x900_0000n;

export interface InternalLab {
  machine: Machine;
  vm: Vm;
}

/** A VM without mm, with the policy's fields that are given and the others as posted. */
export function internalLab(
  internal: Partial<InternalPolicy> = {},
  options: Omit<VmOptions, 'internal'> & { host?: HostOptions } = {},
): InternalLab {
  const { host, ...vmOptions } = options;
  const machine = createHost({ ...SMALL_HOST, setAsideBytes: SET_ASIDE_BYTES, ...host });
  return { machine, vm: new Vm(machine, { ...vmOptions, internal }) };
}

/** Sets a private slot: 2 MiB of what the host has set aside, in slot 512, unless told otherwise. */
export function privateSlot(vm: Vm, fields: Partial<MemoryRegion> = {}): SlotResult {
  return setMemoryRegion(vm, region({ slot: 512, guestPhysAddr: SET_ASIDE, userspaceAddr: 0n, ...fields }));
}

/** Everything that a slot change may alter: entries, slots, table pages in use. */
export function stateOf({ machine, vm }: InternalLab): { leaves: RawLeaf[]; slots: unknown; taken: number } {
  return {
    leaves: checkTables(vm).leaves,
    slots: vm.slots.used,
    taken: machine.tablePages - machine.freeTablePages,
  };
}

/** Table pages that nothing leads to. */
export function lostPages({ machine, vm }: InternalLab): number {
  return strayPages(machine, [checkTables(vm)], []).size;
}
