// Whether what operations change can be: what the core uses unchecked, because nobody but itself writes it.
import { PATH_SIGNATURE, PATH_WORDS, SIG_MAX } from '../abi/event.js';
import * as L from '../abi/layout.js';
import { hex } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import { Findings } from '../kvm/fsck/findings.js';
import { cachesOf, PoolPages } from '../kvm/fsck/pages.js';
import type { AddressSpace } from '../kvm/mm.js';
import { SlotTable } from '../kvm/slot_table.js';
import type { Vcpu } from '../kvm/vcpu.js';
import type { Vm } from '../kvm/vm.js';
import type { MachineObjects } from './objects.js';
import { checkPredictors } from './predictors.js';
import { Problem } from './problem.js';
import { checkTlbs } from './tlbs.js';

/** Throws a Problem that says what of the memory of a machine cannot be, or cannot be in a snapshot. */
export function checkState(objects: MachineObjects): void {
  const { machine, addressSpaces, vms, cores } = objects;
  for (let field = L.HEADER_FAULT_LOG; field < L.HEADER_SIZE; field += 4)
    if (machine.header(field) !== 0) throw new Problem('a log is attached to the machine: end it first');
  checkBus(objects);
  checkPages(objects);
  if (machine.accounted) checkPaths(machine);
  for (const vm of vms) checkSlotHint(vm);
  const areas = new Map(
    addressSpaces.map((mm) => [mm, new Set([0, ...mm.areas.map((area) => area.offset)])]),
  );
  for (const { mm, vcpus } of vms)
    if (mm !== undefined) for (const vcpu of vcpus) checkAreaCache(vcpu, mm, areas.get(mm) ?? new Set());
  for (const core of cores) {
    checkTlbs(core);
    checkPredictors(core);
  }
}

/** The devices of the in-kernel bus lie in an allocation of the embedder. */
function checkBus({ machine }: MachineObjects): void {
  const [at, bytes] = [
    machine.header(L.HEADER_IO_BUS),
    machine.header(L.HEADER_IO_BUS_COUNT) * L.IODEV_SIZEOF,
  ];
  if (bytes === 0) return;
  const room = machine.arena.allocations.find(
    ([start, length]) => start <= at && at + bytes <= start + length,
  );
  if (room === undefined) throw new Problem(`the bus at ${at} is in no allocation of the arena`);
}

/** The list of free table pages and the pages that are kept for tables to come. */
function checkPages({ machine, vms }: MachineObjects): void {
  const findings = new Findings(1);
  const pages = new PoolPages(machine, findings);
  for (const vm of vms) {
    for (const cache of cachesOf(vm)) pages.readCache(cache, vm.offset);
    pages.readReserve(vm.idmap.reserve, vm.offset);
  }
  const [finding] = findings.list;
  if (finding === undefined) return;
  const { kind, address, expected, found } = finding;
  throw new Problem(`${kind} at ${hex(address)}: found ${found}, expected ${expected}`);
}

/** The signatures follow each other, and each is in the table once. */
function checkPaths(machine: Machine): void {
  const { view } = machine;
  const [first, end] = [machine.pathArena, machine.header(L.HEADER_PATH_ARENA)];
  const entries = new Set<number>();
  let entry = first;
  while (entry < end && entry < machine.header(L.HEADER_PATH_ARENA_END)) {
    const words = view.u32(entry + PATH_WORDS);
    if (words > SIG_MAX) throw new Problem(`a signature of ${words} words, at most ${SIG_MAX} are kept`);
    entries.add(entry);
    entry += PATH_SIGNATURE + words * 4;
  }
  if (entry !== end || entries.size !== machine.header(L.HEADER_PATH_COUNT))
    throw new Problem(`the ${entries.size} signatures of faults do not end at ${end}`);
  const slots = machine.header(L.HEADER_PATH_TABLE_MASK) + 1;
  // At most half full: an empty place ends every search.
  if (entries.size * 2 > slots) throw new Problem(`${entries.size} signatures for ${slots} places`);
  const listed = view.words(machine.header(L.HEADER_PATH_TABLE), slots).filter((at) => at !== 0);
  if (listed.length !== entries.size || listed.some((at) => !entries.delete(at)))
    throw new Problem('the table of signatures does not list each once');
}

/** The slot that was found last is one of the table: its record is taken as it is. */
function checkSlotHint({ machine: { view }, slots: { offset, capacity } }: Vm): void {
  const hint = view.u32(offset + SlotTable.hintPlace(capacity));
  if (hint >= capacity) throw new Problem(`the slot found last is ${hint}, of ${capacity}`);
}

/** Areas of the current tree alone, unless the next look-up forgets them. */
function checkAreaCache(
  { machine: { view }, offset }: Vcpu,
  mm: AddressSpace,
  areas: ReadonlySet<number>,
): void {
  const [own, current] = [view.u32(offset + L.VCPU_VMACACHE_SEQ), view.u32(mm.offset + L.MM_SEQNUM)];
  if (own > current) throw new Problem(`a vcpu knows tree ${own} of areas, the last is ${current}`);
  if (own < current) return;
  for (let at = offset + L.VCPU_VMACACHE; at < offset + L.VCPU_CACHE; at += 4) {
    if (!areas.has(view.u32(at))) throw new Problem(`a vcpu knows an area at ${view.u32(at)}, where none is`);
  }
}
