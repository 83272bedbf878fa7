import { hex } from '../../core/error.js';
import {
  type CapturedSlot,
  type CapturedVm,
  type Dump,
  type Memslots,
  TraceError,
  type TraceEvent,
} from '../../trace/index.js';
import { isGuestAbort } from './syndrome.js';
import { capturedVms } from './timeline.js';

/** KVM_MIN_IPA and the most that the tables of a 4K granule without FEAT_LPA2 resolve. */
const IPA_BITS_MIN = 32;
const IPA_BITS_MAX = 48;
/** Host page-table entries and tables of the emulated host are kept for every page of a slot. */
const SLOT_BYTES_MAX = 256n << 30n;
const HVA_LIMIT = 1n << 48n;
const IPA_LIMIT = 1n << 52n;
const PAGE_MASK = 0xfffn;
/** KVM's default for a VM whose creation asked for no IPA size. */
const DEFAULT_IPA_BITS = 40;

/** A dump to compare with, and the file it came from. */
export interface ExpectedDump {
  /** Name of the file, for messages and the result. */
  file: string;
  /** Of the captured kernel's tables. */
  dump: Dump;
}

/**
 * The VMs that a replay of the capture creates.
 * @throws TraceError on a slots file that no one replay can follow: `file` names it
 */
export function replayableVms(
  slots: Memslots,
  file: string,
  dumps: readonly ExpectedDump[] = [],
): CapturedVm[] {
  if (slots.hostPageSize !== 4096) {
    throw new TraceError(
      { file, field: 'host_page_size' },
      `found ${slots.hostPageSize}, expected a capture of a host with 4096-byte pages`,
    );
  }
  for (const expected of dumps) checkDump(expected, slots, file);
  const vms = capturedVms(slots, dumps[0]?.dump.geometry.iaBits ?? DEFAULT_IPA_BITS);
  checkVms(vms, file);
  checkSlots(slots, vms, file);
  return vms;
}

/** A dump has to be of this capture, and where the capture follows VMs it has to have a line. */
function checkDump({ file: dumpFile, dump }: ExpectedDump, slots: Memslots, file: string): void {
  if (dump.trace !== slots.trace) {
    const problem = `found "${dump.trace}", expected "${slots.trace}", the trace that ${file} belongs to`;
    throw new TraceError({ file: dumpFile, field: 'trace' }, problem);
  }
  if (dump.geometry.granule !== 4096) {
    const problem = `found ${dump.geometry.granule}, expected 4096`;
    throw new TraceError({ file: dumpFile, field: 'geometry.granule' }, problem);
  }
  if (slots.vms.length > 0 && !slots.dumps.some(({ name }) => name === dump.name)) {
    const problem = `found no line for the dump "${dump.name}" of ${dumpFile}, expected one`;
    throw new TraceError({ file, field: 'dumps' }, problem);
  }
}

function checkVms(vms: readonly CapturedVm[], file: string): void {
  let alive: CapturedVm | undefined;
  for (const [index, vm] of [...vms.entries()].sort(([, a], [, b]) => a.createdLine - b.createdLine)) {
    const field = `vms[${index}]`;
    if (vm.ipaBits < IPA_BITS_MIN || vm.ipaBits > IPA_BITS_MAX) {
      const problem = `found ${vm.ipaBits}, expected ${IPA_BITS_MIN} to ${IPA_BITS_MAX}`;
      throw new TraceError({ file, field: `${field}.ipa_bits` }, problem);
    }
    if (alive !== undefined && (alive.destroyedLine ?? Number.POSITIVE_INFINITY) > vm.createdLine) {
      const problem = `found VM ${vm.vm} created at line ${vm.createdLine}, expected VM ${alive.vm} to be gone by then: a trace does not tell which VM an event belongs to`;
      throw new TraceError({ file, field }, problem);
    }
    alive = vm;
  }
}

function checkSlots(slots: Memslots, vms: readonly CapturedVm[], file: string): void {
  const bits = new Map(vms.map((vm) => [vm.vm, vm.ipaBits]));
  for (const [index, slot] of slots.slots.entries()) {
    const ipaBits = bits.get(slot.vm);
    if (ipaBits === undefined) {
      const problem = `found ${slot.vm}, expected one of ${[...bits.keys()].join(', ')}`;
      throw new TraceError({ file, field: `slots[${index}].vm` }, problem);
    }
    if (slot.gpa + slot.size > 1n << BigInt(ipaBits)) {
      const problem = `found a slot that ends at ${hex(slot.gpa + slot.size)}, expected an end inside the ${ipaBits}-bit IPA space of VM ${slot.vm}`;
      throw new TraceError({ file, field: `slots[${index}].gpa` }, problem);
    }
    if (slot.hva + slot.size > HVA_LIMIT) {
      const problem = `found ${hex(slot.hva)}, expected host memory below 2^48, which is all a v4.13 process has`;
      throw new TraceError({ file, field: `slots[${index}].hva` }, problem);
    }
  }
  const vm = vms.find(({ vm }) => backedBytes(slots.slots, vm) > SLOT_BYTES_MAX);
  if (vm === undefined) return;
  const problem = `found slots of more than ${SLOT_BYTES_MAX >> 30n} GiB in VM ${vm.vm}, expected at most that`;
  throw new TraceError({ file, field: 'slots' }, problem);
}

/** Host memory behind all slots a VM ever has; rows of one slot share theirs. */
export function backedBytes(slots: readonly CapturedSlot[], vm: number): bigint {
  const ranges = new Map(
    slots.filter((slot) => slot.vm === vm).map(({ hva, size }) => [`${hva} ${size}`, size]),
  );
  return [...ranges.values()].reduce((sum, size) => sum + size, 0n);
}

/**
 * Tells damaged lines from lines of no interest: a line that is no event, an interpreted event that is cut off or of
 * another form, a stage-2 operation nobody knows, an address that cannot be. Lost events are no damage; they are counted.
 * @throws TraceError that names the line
 */
export function checkEvent(event: TraceEvent, file: string): void {
  const problem = problemOf(event);
  if (problem !== undefined) throw new TraceError({ file, line: event.line }, problem);
}

function problemOf(event: TraceEvent): string | undefined {
  switch (event.kind) {
    case 'unparsed':
      return event.reason === 'events lost' ? undefined : `found a damaged line (${event.reason})`;
    case 'other':
      if (!event.name.startsWith('s2_')) return undefined;
      return `found the unknown stage-2 operation ${event.name}, expected s2_map, s2_map_ret, s2_unmap, s2_relax, s2_relax_perms, s2_wrprotect, s2_mkold or s2_test_clear_young`;
    case 'guestFault':
      return problemOfIpa(event.ipa) ?? problemOfSyndrome(event.esr);
    case 's2Map':
    case 's2Unmap':
    case 's2WrProtect':
      return problemOfIpa(event.ipa) ?? problemOfSize(event.size);
    case 's2Relax':
    case 's2MkOld':
      return problemOfIpa(event.ipa & ~PAGE_MASK);
    default:
      return undefined;
  }
}

function problemOfIpa(ipa: bigint): string | undefined {
  if ((ipa & PAGE_MASK) !== 0n) return `found IPA ${hex(ipa)}, expected a multiple of 4096`;
  return ipa < IPA_LIMIT ? undefined : `found IPA ${hex(ipa)}, expected an address below 2^52`;
}

function problemOfSyndrome(esr: bigint): string | undefined {
  if (isGuestAbort(esr)) return undefined;
  return `found hsr ${hex(esr)}, expected the syndrome of an instruction or data abort of the guest`;
}

function problemOfSize(size: bigint): string | undefined {
  if (size !== 0n && (size & PAGE_MASK) === 0n && size <= IPA_LIMIT) return undefined;
  return `found size ${hex(size)}, expected a multiple of 4096 up to 2^52`;
}
