// The host table: objects to JSON.
import { VTTBR_VMID_LSB } from '../abi/arm.js';
import { VM_VTTBR } from '../abi/layout.js';
import type { Allocation } from '../core/arena.js';
import { hex, Stage2Error } from '../core/error.js';
import type { AddressSpace } from '../kvm/mm.js';
import type { Vm } from '../kvm/vm.js';
import { TraceError } from '../trace/error.js';
import { checkJson, parseJson } from '../trace/json.js';
import type { MachineObjects } from './objects.js';
import { ALLOCATIONS_MOST, type HostTable, hostTable } from './schema.js';

/** Objects take many times the room of their text. */
const TABLE_MOST = 8 << 20;

/**
 * The host table of the file `name`, its form checked.
 * @throws TraceError that names the field
 */
export function readTable(text: string, name: string): HostTable {
  if (text.length > TABLE_MOST) {
    const problem = `found a host table of ${text.length} characters, expected at most ${TABLE_MOST}`;
    throw new TraceError({ file: name }, problem);
  }
  const table = checkJson(hostTable, parseJson(text, name), name);
  const { addressSpaces, vms, translators, cores, mmus, others } = table;
  const owners = [
    ...addressSpaces.flatMap(({ areas, ...mm }) => [mm, ...areas]),
    ...vms.flatMap(({ vcpus, ...vm }) => [vm, ...vcpus]),
    ...[...translators, ...cores, ...mmus],
  ];
  const bitmaps = vms.flatMap(({ slots }) => slots).length;
  const count = owners.reduce((sum, { places }) => sum + places.length, others.length + bitmaps);
  if (count <= ALLOCATIONS_MOST) return table;
  const problem = `found ${count} allocations in the arena, expected at most ${ALLOCATIONS_MOST}`;
  throw new TraceError({ file: name }, problem);
}

/** The host table of a machine as JSON, u64 as hex strings. Throws EINVAL for an object that refers to none of them. */
export function writeTable(objects: MachineObjects): string {
  const table = {
    machine: objects.machine.parts,
    addressSpaces: objects.addressSpaces.map(addressSpaceState),
    vms: objects.vms.map((vm) => vmState(vm, objects)),
    translators: objects.translators.map(({ registers, cpu, places }) => ({
      registers,
      cpu: { features: cpu.features, choices: cpu.choices },
      places,
    })),
    cores: objects.cores.map(({ geometry, allocations }) => ({
      geometry,
      places: allocations.map(([start]) => start),
    })),
    mmus: objects.mmus.map(({ micro, translator, places }) => ({
      core: indexIn(objects.cores, micro, 'a core'),
      translator: indexIn(objects.translators, translator, 'a translator'),
      places,
    })),
    others: otherAllocations(objects),
  };
  const text = JSON.stringify(table, (_, value) => (typeof value === 'bigint' ? hex(value) : value));
  readTable(text, 'host table');
  return text;
}

function addressSpaceState({ offset, areas }: AddressSpace) {
  return {
    places: [offset],
    areas: areas.map(({ hva, size, kind, writable, hugeShift, pa, offset: record, ptes }) => ({
      hva,
      size,
      kind,
      writable,
      hugeShift,
      pa,
      places: ptes === 0 ? [record] : [record, ptes],
    })),
  };
}

function vmState(vm: Vm, { machine, addressSpaces }: MachineObjects) {
  const { id, check, privateSlots, idmap } = vm.variant;
  const { granuleShift, ipaBits, startLevel, layout } = vm.geometry;
  return {
    mm: vm.mm === undefined ? null : indexIn(addressSpaces, vm.mm, 'an address space'),
    kind: vm.kind,
    variant: { id, check, privateSlots, idmap },
    internal: vm.internal,
    geometry: { granuleShift, ipaBits, startLevel, layout },
    vmid: Number(machine.view.u64(vm.offset + VM_VTTBR) >> BigInt(VTTBR_VMID_LSB)),
    root: vm.rootPlace,
    places: vm.places,
    slots: vm.slots.used,
    generation: vm.slots.generation,
    prepared: vm.idmap.prepared,
    vcpus: vm.vcpus.map(({ places }) => ({ places })),
  };
}

function indexIn<T>(objects: readonly T[], object: T, what: string): number {
  const index = objects.indexOf(object);
  if (index < 0)
    throw new Stage2Error('EINVAL', `${what} of another machine, or destroyed: expected one of this`);
  return index;
}

/** What the arena holds that is of none of the objects. */
function otherAllocations({ machine, ...objects }: MachineObjects): Allocation[] {
  const { addressSpaces, vms, translators, cores, mmus } = objects;
  const owned = new Set([
    ...addressSpaces.flatMap(({ offset, areas }) => [offset, ...areas.flatMap((a) => [a.offset, a.ptes])]),
    ...vms.flatMap(({ places, slots, vcpus }) => [
      ...places,
      ...slots.used.map(({ dirtyBitmap }) => dirtyBitmap),
      ...vcpus.flatMap((vcpu) => vcpu.places),
    ]),
    ...[...translators, ...mmus].flatMap(({ places }) => places),
    ...cores.flatMap(({ allocations }) => allocations.map(([start]) => start)),
  ]);
  return machine.arena.allocations.filter(([start]) => !owned.has(start));
}
