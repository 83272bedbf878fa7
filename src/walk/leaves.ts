import { ENOSPC } from '../abi/kvm.js';
import * as L from '../abi/layout.js';
import { AddressLayout } from '../abi/walk.js';
import { type DescriptorFormat, levelShift } from '../arm/descriptor.js';
import { checkLive } from '../core/check.js';
import { Machine } from '../core/machine.js';
import { checkRegime, type Regime } from './regime.js';

/** One valid leaf of the tables. */
export interface TableLeaf {
  /** First IPA that it maps. */
  ipa: bigint;
  /** As it stands in the table. */
  desc: bigint;
  /** 3 for a page, less for a block. */
  level: number;
}

const LEAVES_AT_ONCE = 512;

/**
 * Every valid leaf below the regime's first table by ascending IPA, as the software walk of the core sees them:
 * without the checks of the hardware walk. Tables that link each other in a circle give as many leaves as levels
 * allow; the caller makes sure that they do not.
 * @throws Stage2Error EINVAL if the registers describe no walk
 */
export function tableLeaves(machine: Machine, regime: Regime): Generator<TableLeaf> {
  checkLive('machine', machine, Machine, 'Machine');
  checkRegime(regime);
  return regimeLeaves(machine, regime);
}

function* regimeLeaves(machine: Machine, regime: Regime): Generator<TableLeaf> {
  const vm = machine.arena.allocate(L.VM_SIZEOF, 64);
  try {
    writeVm(machine, vm, regime);
    yield* leavesOf(machine, vm, regime.granuleShift, regime.iaBits);
  } finally {
    machine.arena.release(vm);
  }
}

/** Every valid leaf of the tables of the struct kvm at offset `vm`, by ascending IPA. */
export function* leavesOf(
  machine: Machine,
  vm: number,
  granuleShift: number,
  ipaBits: number,
): Generator<TableLeaf> {
  const { arena, core, view } = machine;
  const buffer = arena.allocate(L.VISITOR_SIZEOF + LEAVES_AT_ONCE * L.LEAF_SIZEOF);
  const visitor = buffer + LEAVES_AT_ONCE * L.LEAF_SIZEOF;
  const end = 1n << BigInt(ipaBits);
  try {
    let next = 0n;
    let full = true;
    while (full && next < end) {
      view.setU32(visitor + L.DUMP_VISITOR_OUT, view.base + buffer);
      view.setU32(visitor + L.DUMP_VISITOR_CAPACITY, LEAVES_AT_ONCE);
      view.setU32(visitor + L.DUMP_VISITOR_FOUND, 0);
      full = core.stage2Dump(vm, next, end - next, visitor) === -ENOSPC;
      const leaves = readLeaves(machine, buffer, view.u32(visitor + L.DUMP_VISITOR_FOUND));
      yield* leaves;
      const last = leaves.at(-1);
      if (last !== undefined) next = last.ipa + (1n << BigInt(levelShift(granuleShift, last.level)));
    }
  } finally {
    arena.release(buffer);
  }
}

/** The part of struct kvm that a table walk reads. */
function writeVm({ view }: Machine, at: number, regime: Regime): void {
  view.fill(at, L.VM_SIZEOF);
  view.setU64(at + L.VM_PGD, regime.tableBase);
  view.setU32(at + L.VM_GRANULE_SHIFT, regime.granuleShift);
  view.setU32(at + L.VM_STRIDE, regime.stride);
  view.setU32(at + L.VM_START_LEVEL, regime.startLevel);
  view.setU32(at + L.VM_IA_BITS, regime.iaBits);
  const { layout = AddressLayout.NARROW }: DescriptorFormat = regime;
  view.setU32(at + L.VM_LAYOUT, layout);
}

function readLeaves({ view }: Machine, buffer: number, n: number): TableLeaf[] {
  return Array.from({ length: n }, (_, i) => {
    const at = buffer + i * L.LEAF_SIZEOF;
    return {
      ipa: view.u64(at + L.LEAF_IPA),
      desc: view.u64(at + L.LEAF_DESC),
      level: view.i32(at + L.LEAF_LEVEL),
    };
  });
}
