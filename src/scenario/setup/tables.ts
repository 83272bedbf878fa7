import * as L from '../../abi/layout.js';
import { levelShift } from '../../arm/index.js';
import { Stage2Error } from '../../core/error.js';
import type { Machine } from '../../core/machine.js';
import type { Vm } from '../../kvm/vm.js';
import type { TablesState } from '../machine-state.js';

const ADDRESS_MASK = ((1n << 48n) - 1n) & ~0xfffn;
const TABLE_DESCRIPTOR = 3n;
const TABLE = 2n;

export function outputAddress(desc: bigint): bigint {
  return desc & ADDRESS_MASK;
}

/** A level-2 entry that is neither empty nor a table. */
export function isBlock(desc: bigint): boolean {
  return desc !== 0n && (desc & TABLE) === 0n;
}

/** Writes the stage-2 entries for `ipa`. */
export function placeTables(vm: Vm, ipa: bigint, state: TablesState): void {
  const { machine } = vm;
  if (!state.level1) return;
  const level2 = allocate(machine);
  machine.writeRam(entry(vm, vm.tables.pgd, 1, ipa), level2 | TABLE_DESCRIPTOR);
  const hasTable = (state.level2 & TABLE) !== 0n;
  const desc = hasTable ? state.level2 | allocate(machine) : state.level2;
  machine.writeRam(entry(vm, level2, 2, ipa), desc);
  if (desc !== 0n) machine.writeRam(entry(vm, outputAddress(desc), 3, ipa), state.level3);
}

/** PA of the entry for `ipa` in the table at `table`. The first level's index takes all bits above. */
function entry(vm: Vm, table: bigint, level: number, ipa: bigint): bigint {
  const index = ipa >> BigInt(levelShift(vm.geometry.granuleShift, level));
  return table + (level === 1 ? index : index & 0x1ffn) * 8n;
}

function allocate(machine: Machine): bigint {
  const page = BigInt.asUintN(64, machine.core.tableAlloc());
  if (page === 0n) throw new Stage2Error('ENOMEM', 'the pool of table pages is empty');
  return page;
}

/** Puts `pages` table pages into the vcpu's cache. */
export function fillCache(machine: Machine, vcpu: number, pages: number): void {
  const cache = vcpu + L.VCPU_CACHE;
  machine.view.setU32(cache + L.CACHE_NOBJS, pages);
  for (let i = 0; i < pages; i++) machine.view.setU64(cache + L.CACHE_OBJECTS + i * 8, allocate(machine));
}
