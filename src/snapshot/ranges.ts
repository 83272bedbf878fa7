// What of a machine's memory a snapshot does not hold, and what nobody but the host writes.
import * as L from '../abi/layout.js';
import * as U from '../abi/uarch.js';
import { REGIME_BASE, REGIME_SIZEOF, TRANSLATION_SIZEOF } from '../abi/walk.js';
import type { Allocation } from '../core/arena.js';
import { SlotTable } from '../kvm/slot_table.js';
import type { Vm } from '../kvm/vm.js';
import { btbLevels } from '../uarch/btb-layout.js';
import type { Microarch } from '../uarch/microarch.js';
import { TLB_FIELDS } from '../uarch/tlb-layout.js';
import type { MachineObjects } from './objects.js';

/** Bytes of the host: what is behind a record that a file can hold another value for. */
export interface FixedRange {
  what: string;
  at: Allocation;
}

/**
 * What means nothing between two operations, in ascending order: room that is free, records of the operation before,
 * and what the core derives from the rest, linear addresses included. In a file it is zero.
 */
export function unsavedRanges(objects: MachineObjects): Allocation[] {
  const { machine, vms, translators, cores, mmus } = objects;
  const ranges: Allocation[] = [
    [L.HEADER_OFFSET + L.HEADER_CHUNK_SHIFT + 4, L.HEADER_FAULT_LOG - L.HEADER_CHUNK_SHIFT - 4],
    [machine.header(L.HEADER_CHUNKS), L.CHUNKS * 8],
    [machine.header(L.HEADER_SCRATCH), TRANSLATION_SIZEOF + 8],
    ...machine.arena.free,
    ...vms.flatMap(unsavedOfVm),
    ...translators.flatMap(({ places }) =>
      places.map((at): Allocation => [at + REGIME_BASE, REGIME_SIZEOF - REGIME_BASE + TRANSLATION_SIZEOF]),
    ),
    ...mmus.flatMap(({ places }) => places.map((at): Allocation => [at, TRANSLATION_SIZEOF])),
    ...cores.flatMap((core): Allocation[] => [
      [core.offset + U.CORE_RETURNS_USED + 4, U.CORE_COUNTS - U.CORE_RETURNS_USED - 4],
      [core.offset + U.CORE_STEPS, U.CORE_SIZEOF - U.CORE_STEPS],
    ]),
  ];
  return sorted(ranges);
}

/** By their place, those of no bytes left out. */
export function sorted(ranges: readonly Allocation[]): Allocation[] {
  return ranges.filter(([, bytes]) => bytes > 0).sort((a, b) => a[0] - b[0]);
}

function unsavedOfVm({ tables, idmap, vcpus }: Vm): Allocation[] {
  const [visitor] = tables.places as [number];
  const [plan] = idmap.places as [number];
  return [
    [visitor, L.VISITOR_SIZEOF],
    [plan + L.MAP_VISITOR_CACHE, L.MAP_VISITOR_FLAGS - L.MAP_VISITOR_CACHE],
    ...vcpus.flatMap(({ places: [, request, result] }): Allocation[] => [
      [request as number, L.REQUEST_SIZEOF],
      [result as number, L.RESULT_SIZEOF],
    ]),
  ];
}

/** What the constructors of the objects write and no operation changes: pointers, sizes, shapes. */
export function fixedRanges(objects: MachineObjects): FixedRange[] {
  const { machine, addressSpaces, vms, translators, cores } = objects;
  const named = (what: string, ...ranges: Allocation[]): FixedRange[] => ranges.map((at) => ({ what, at }));
  return [
    ...named('the header', ...HEADER_FIXED.map(([at, bytes]): Allocation => [L.HEADER_OFFSET + at, bytes])),
    ...named('the tables of banks', ...machine.tables),
    ...addressSpaces.flatMap(({ offset, areas }, i) =>
      named(
        `address space ${i}`,
        [offset + L.MM_ROOT, 4],
        ...areas.map(({ offset: area }): Allocation => [area, L.AREA_SIZEOF]),
      ),
    ),
    ...vms.flatMap((vm, i) => named(`VM ${i}`, ...fixedOfVm(vm))),
    ...translators.flatMap(({ regimeOffset }, i) => named(`translator ${i}`, [regimeOffset, REGIME_BASE])),
    ...cores.flatMap((core, i) => named(`core ${i}`, ...fixedOfCore(core))),
  ];
}

const HEADER_FIXED: readonly Allocation[] = [
  [L.HEADER_MAGIC, L.HEADER_PATH_COUNT],
  [L.HEADER_PATH_ARENA_END, 4],
  [L.HEADER_POOL_PA, L.HEADER_POOL_FREE - L.HEADER_POOL_PA],
  [L.HEADER_POOL_STACK, L.HEADER_POOL_BUDGET - L.HEADER_POOL_STACK],
  [L.HEADER_SCRATCH, L.HEADER_CHUNK_SHIFT + 4 - L.HEADER_SCRATCH],
  [L.HEADER_FAULT_LOG, L.HEADER_SIZE - L.HEADER_FAULT_LOG],
];

function fixedOfVm({ offset, slots, vcpus }: Vm): Allocation[] {
  const hint = SlotTable.hintPlace(slots.capacity);
  return [
    [offset + L.VM_MM, L.VM_NOTIFIER_COUNT - L.VM_MM],
    [offset + L.VM_CHECK, L.VM_RACE - L.VM_CHECK],
    [offset + L.VM_SLOT_CAPACITY, L.VM_SIZEOF - L.VM_SLOT_CAPACITY],
    [slots.offset, hint],
    [slots.offset + hint + 4, 4],
    ...vcpus.map((vcpu): Allocation => [vcpu.offset, L.VCPU_PC]),
  ];
}

/** Of the header of a cache, a TLB, the last level of a BTB and one in front of it: what says its shape. */
const CACHE_SHAPE = 36;
const TLB_SHAPE = 28;
const BTB_SHAPE = { last: 20, front: 12 };

function fixedOfCore({ machine, offset, geometry }: Microarch): Allocation[] {
  const shapes: readonly (readonly [field: number, bytes: number])[] = [
    ...[U.CORE_L1I, U.CORE_L1D, U.CORE_L2, U.CORE_L3].map((field) => [field, CACHE_SHAPE] as const),
    ...Object.values(TLB_FIELDS).map((field) => [field, TLB_SHAPE] as const),
    ...btbLevels(geometry).map(
      ({ field, last }) => [field, last ? BTB_SHAPE.last : BTB_SHAPE.front] as const,
    ),
  ];
  const parts = shapes.map(([field, bytes]): Allocation => [machine.view.u32(offset + field), bytes]);
  return [[offset, U.CORE_HISTORY], ...parts.filter(([at]) => at !== 0)];
}
