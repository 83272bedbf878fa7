import * as L from '../../abi/layout.js';
import type { Machine } from '../../core/machine.js';
import { bitmapBytes } from '../../kvm/memslots.js';
import type { MemorySlot } from '../../kvm/slot_table.js';
import type { Variant } from '../../kvm/variant.js';
import type { Vcpu } from '../../kvm/vcpu.js';
import { Vm } from '../../kvm/vm.js';
import type { MachineState, SlotState } from '../machine-state.js';
import { cacheAreas, type PlacedMm, placeMm } from './address-space.js';
import { limitAllocator, writeMachine } from './machine.js';
import { fillCache, placeTables } from './tables.js';

/** Bytes a machine of a scenario needs, generously. */
const MEMORY_PAGES = 96;

/** Memory that one scenario after the other may use. */
export function scenarioMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: MEMORY_PAGES });
}

/** Makes `machine` that of `state`, and the vcpu that is about to fault. `check` is the variant's site U2. */
export function setUp(machine: Machine, state: MachineState, check: Variant['check']): Vcpu {
  writeMachine(machine, state);
  const mm = placeMm(machine, state.mm);
  const vm = new Vm(machine, { variant: { id: 'scenario', check, privateSlots: false, idmap: false } });
  writeVm(vm, state, mm);
  placeTables(vm, state.guest.ipa, state.tables);
  const vcpu = vm.createVcpu();
  vcpu.set(L.VCPU_PSTATE, BigInt(state.guest.pstate));
  machine.view.setU32(vcpu.offset + L.VCPU_TASK_MM, state.mm === undefined ? 0 : mm.offset);
  cacheAreas(machine, vcpu.offset, mm, state.mm);
  fillCache(machine, vcpu.offset, state.cache.pages);
  limitAllocator(machine, state.cache.budget);
  return vcpu;
}

/** Slots, notifier and kind of the VM. kvm->mm is compared with NULL only, so any mm does. */
function writeVm(vm: Vm, { slots, vm: state }: MachineState, mm: PlacedMm): void {
  const { machine, offset } = vm;
  vm.slots.publish(slots.used.map((slot, id) => memorySlot(machine, slot, id)));
  vm.slots.lru = slots.lru;
  machine.view.setU32(offset + L.VM_MM, state.hasMm ? mm.offset : 0);
  machine.view.setU32(offset + L.VM_FLAG_INTERNAL, Number(state.internalFlag));
  machine.view.setU32(offset + L.VM_NOTIFIER_COUNT, state.invalidations);
  machine.view.setU32(offset + L.VM_RACE, Number(state.race));
}

function memorySlot(machine: Machine, slot: SlotState, id: number): MemorySlot {
  const { baseGfn, npages, hva, flags } = slot;
  return {
    id,
    baseGfn,
    npages,
    userspaceAddr: hva,
    flags,
    dirtyBitmap: slot.hasBitmap ? bitmap(machine, npages) : 0,
  };
}

function bitmap(machine: Machine, npages: bigint): number {
  const bytes = bitmapBytes(npages);
  const at = machine.arena.allocate(bytes);
  machine.view.fill(at, bytes);
  return at;
}
