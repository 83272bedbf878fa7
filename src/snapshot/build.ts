// The objects of a host table, made again where they were: their own constructors check what they are made of and write
// what no operation changes.
import { KVM_MEM_MAX_NR_PAGES } from '../abi/kvm.js';
import { Stage2Error } from '../core/error.js';
import { Machine } from '../core/machine.js';
import { ipaSpaceRefusal } from '../kvm/arch.js';
import { bitmapBytes } from '../kvm/memslots.js';
import { AddressSpace } from '../kvm/mm.js';
import type { MemorySlot } from '../kvm/slot_table.js';
import type { MmioHandler } from '../kvm/vcpu.js';
import { Vm } from '../kvm/vm.js';
import { Microarch } from '../uarch/microarch.js';
import { MicroMmu } from '../uarch/mmu.js';
import { Translator } from '../walk/translator.js';
import type { MachineObjects } from './objects.js';
import type { AddressSpaceState, HostTable, VmState } from './schema.js';

/** What the host gives a machine that is restored, and no file can hold. */
export interface RestoreHost {
  /** Another core than the package's, as `new Machine` takes it. */
  core?: WebAssembly.Module;
  /** The embedder's own memory, and the 64 KiB aligned offset in it. */
  memory?: WebAssembly.Memory;
  /** Byte of `memory` at which the machine begins, a multiple of 64 KiB; by default 0. */
  memoryBase?: number;
  /** Answers the device accesses of each VM whose policy is `mmio: 'handler'`, by its index. */
  onMmio?: readonly (MmioHandler | undefined)[];
}

/** Throws Stage2Error for what none of the objects can be, and for places that overlap or leave the arena. */
export function buildObjects(table: HostTable, { onMmio = [], ...where }: RestoreHost): MachineObjects {
  const machine = new Machine({ ...table.machine, ...where });
  try {
    return buildIn(machine, table, onMmio);
  } catch (error) {
    machine.destroy();
    throw error;
  }
}

function buildIn(
  machine: Machine,
  table: HostTable,
  onMmio: readonly (MmioHandler | undefined)[],
): MachineObjects {
  const addressSpaces = table.addressSpaces.map((state) => buildAddressSpace(machine, state));
  const vms = table.vms.map((state, i) => buildVm(machine, state, addressSpaces, onMmio[i]));
  const { arena } = machine;
  const translators = table.translators.map(({ registers, cpu, places }) =>
    arena.withPlaces(places, () => new Translator(machine, registers, cpu)),
  );
  const cores = table.cores.map(({ geometry, places }) =>
    arena.withPlaces(places, () => new Microarch(machine, geometry)),
  );
  const mmus = table.mmus.map(({ core, translator, places }) => {
    const [micro, walker] = [pick(cores, core, 'core'), pick(translators, translator, 'translator')];
    return arena.withPlaces(places, () => new MicroMmu(micro, walker));
  });
  for (const [start, bytes] of table.others) arena.withPlaces([start], () => arena.allocate(bytes, 1));
  return { machine, addressSpaces, vms, translators, cores, mmus };
}

function pick<T>(objects: readonly T[], index: number, what: string): T {
  const object = objects[index];
  if (object === undefined)
    throw new Stage2Error('EINVAL', `${what} ${index}: expected one of the ${objects.length} there are`);
  return object;
}

function buildAddressSpace(machine: Machine, { places, areas }: AddressSpaceState): AddressSpace {
  const mm = machine.arena.withPlaces(places, () => new AddressSpace(machine));
  const specs = areas.map(({ places: _, ...area }) => area);
  machine.arena.withPlaces(
    areas.flatMap((area) => area.places),
    () => mm.mapAll(specs),
  );
  return mm;
}

function buildVm(
  machine: Machine,
  state: VmState,
  addressSpaces: readonly AddressSpace[],
  onMmio: MmioHandler | undefined,
): Vm {
  const { kind, internal, variant, geometry, vmid } = state;
  const options = {
    kind,
    internal,
    variant,
    geometry,
    vmid,
    ...(state.mm !== null && { mm: pick(addressSpaces, state.mm, 'address space') }),
    ...(onMmio && { onMmio }),
  };
  const { arena, roots } = machine;
  const vm = roots.withPlaces([state.root], () =>
    arena.withPlaces(state.places, () => new Vm(machine, options)),
  );
  for (const slot of state.slots) buildBitmap(machine, slot);
  checkSlots(vm, state.slots);
  vm.slots.resume(state.slots, state.generation);
  for (const { places } of state.vcpus) arena.withPlaces(places, () => vm.createVcpu());
  return vm;
}

function buildBitmap({ arena }: Machine, { dirtyBitmap, npages }: MemorySlot): void {
  if (dirtyBitmap !== 0) arena.withPlaces([dirtyBitmap], () => arena.allocate(bitmapBytes(npages) * 2));
}

/** Throws EINVAL for slots that no KVM_SET_USER_MEMORY_REGION leaves. */
function checkSlots(vm: Vm, slots: readonly MemorySlot[]): void {
  let end = 0n;
  for (const slot of [...slots].sort((a, b) => (a.baseGfn < b.baseGfn ? -1 : 1))) {
    const { id, baseGfn, npages } = slot;
    const possible =
      id < vm.slots.capacity &&
      npages > 0n &&
      npages <= BigInt(KVM_MEM_MAX_NR_PAGES) &&
      baseGfn >= end &&
      ipaSpaceRefusal(vm, slot) === undefined;
    if (!possible) throw new Stage2Error('EINVAL', `slot ${id}: expected pages of its own in the IPA space`);
    end = baseGfn + npages;
  }
  if (new Set(slots.map(({ id }) => id)).size < slots.length)
    throw new Stage2Error('EINVAL', 'two slots of one id: expected one');
}
