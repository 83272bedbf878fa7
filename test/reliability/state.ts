// What an operation may change, so that it can be compared: the leaves of a VM, its slots, and the pages that are free.
import { expect } from 'vitest';
import * as L from '../../src/abi/layout.js';
import type { Machine } from '../../src/core/machine.js';
import { fsck, type HostOptions, type Vm } from '../../src/kvm/index.js';
import { SMALL_HOST } from '../model/lab.js';

/** Room for a dump, and no records of events: hundreds of machines are made. */
export const HOST: HostOptions = {
  ...SMALL_HOST,
  ramBytes: 128n << 20n,
  tablePages: 160,
  arenaBytes: 2 << 20,
  accounted: false,
};

const MOST_LEAVES = 1 << 15;

export interface State {
  /** The leaves as the core dumps them. */
  leaves: Uint8Array;
  slots: ReturnType<typeof slotsOf>;
  freePages: number;
}

export const slotsOf = (vm: Vm) => vm.slots.used.map(({ dirtyBitmap: _, ...slot }) => slot);
export const stateOf = (vm: Vm): State => ({
  leaves: dumpOf(vm),
  slots: slotsOf(vm),
  freePages: vm.machine.freeTablePages,
});

/** Where the leaves of a VM are dumped. */
const buffers = new WeakMap<Vm, number>();

function bufferOf(vm: Vm): number {
  const { arena, view } = vm.machine;
  const buffer = buffers.get(vm) ?? arena.allocate(MOST_LEAVES * L.LEAF_SIZEOF);
  // Records have padding that the core does not write.
  if (!buffers.has(vm)) view.fill(buffer, MOST_LEAVES * L.LEAF_SIZEOF);
  buffers.set(vm, buffer);
  return buffer;
}

/** Every leaf as its record of the dump: thousands are compared for every allocation. */
function dumpOf(vm: Vm): Uint8Array {
  const { core, view } = vm.machine;
  const buffer = bufferOf(vm);
  const found = vm.tables.withVisitor((visitor) => {
    view.setU32(visitor + L.DUMP_VISITOR_OUT, view.base + buffer);
    view.setU32(visitor + L.DUMP_VISITOR_CAPACITY, MOST_LEAVES);
    expect(core.stage2Dump(vm.offset, 0n, 1n << BigInt(vm.geometry.ipaBits), visitor)).toBe(0);
    return view.u32(visitor + L.DUMP_VISITOR_FOUND);
  });
  return view.bytes(buffer, found * L.LEAF_SIZEOF).slice();
}

export const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

/** Throws unless nothing is inconsistent and no page is lost. */
export function expectSound(machine: Machine): void {
  const { findings, pool } = fsck(machine);
  expect(findings).toEqual([]);
  expect(pool.unowned).toBe(0);
}
