import { classifyBacking } from './backing.js';
import { TraceError } from './error.js';
import type { MemslotProbeEvent, TraceEvent } from './event.js';
import { checkSlots } from './memslot-rules.js';
import type { CapturedSlot, Memslots } from './memslot-types.js';

/** What the probe events do not tell. */
export interface SlotTraits {
  /** In bytes. */
  hostPageSize: number;
  /** What is behind the slots, in words: `anon-4k`, `anon-thp`, `hugetlb-2m`, `file`, or any other text. */
  backing: string;
}

/**
 * The memory slots of a trace that has the `kvm_memslot` probe on __kvm_set_memory_region, and of one VM.
 * @throws TraceError if there is no such event, or if the slots cannot all be of one VM
 */
export async function slotsOfTrace(
  events: AsyncIterable<TraceEvent>,
  file: string,
  { hostPageSize, backing }: SlotTraits,
): Promise<Memslots> {
  const slots: CapturedSlot[] = [];
  const inForce = new Map<number, CapturedSlot>();
  for await (const event of events) {
    if (event.kind !== 'memslotProbe') continue;
    const before = inForce.get(event.slot);
    if (before !== undefined) before.untilLine = event.line;
    inForce.delete(event.slot);
    if (event.size === 0n) continue;
    const slot = newSlot(event, before, backing);
    slots.push(slot);
    inForce.set(event.slot, slot);
  }
  if (slots.length === 0) throw new TraceError({ file }, 'found no kvm_memslot event, expected at least one');
  checkSlots(slots, hostPageSize, file);
  return {
    trace: file,
    kernel: 'unknown kernel',
    cpu: 'unknown CPU',
    hostPageSize,
    vms: [],
    slots,
    phases: [],
    hostOperations: [],
    dumps: [],
    mmioRanges: [],
  };
}

/** A row that begins with `event`; `before` is what the slot was until then. */
function newSlot(
  { slot, gpa, size, flags, hva, line }: MemslotProbeEvent,
  before: CapturedSlot | undefined,
  backing: string,
): CapturedSlot {
  const { kind, hugeShift } = classifyBacking(backing);
  const op = before === undefined ? 'create' : before.gpa === gpa ? 'flags' : 'move';
  return {
    vm: 1,
    slot,
    gpa,
    size,
    flags,
    hva,
    backing,
    backingKind: kind,
    hugeShift,
    op,
    phase: null,
    fromLine: line,
    untilLine: null,
  };
}

/** A `*.memslots.json` of slots alone. */
export interface MemslotsJson extends Pick<Memslots, 'trace' | 'kernel' | 'cpu'> {
  /** In bytes. */
  host_page_size: number;
  /** Empty: all slots are of VM 1. */
  vms: never[];
  /** In the order in which they came into force. */
  slots: MemslotJson[];
  /** Empty: a probe tells of none. */
  phases: never[];
  /** Empty: a probe tells of none. */
  host_operations: never[];
  /** Empty: a probe tells of none. */
  dumps: never[];
  /** Empty: a probe tells of none. */
  mmio_ranges: Record<string, never>;
}

/** A slot, for the lines of the trace from `from_line` to before `until_line`. */
export interface MemslotJson
  extends Omit<CapturedSlot, 'backingKind' | 'hugeShift' | 'phase' | 'fromLine' | 'untilLine'> {
  /** First line of the trace, 1-based, for which the slot is in force. */
  from_line: number;
  /** Null: to the end of the trace. */
  until_line: number | null;
}

/** The slots as a `*.memslots.json`, which parseMemslots reads. */
export function memslotsJson({ trace, kernel, cpu, hostPageSize, slots }: Memslots): MemslotsJson {
  return {
    trace,
    kernel,
    cpu,
    host_page_size: hostPageSize,
    vms: [],
    slots: slots.map(({ backingKind, hugeShift, phase, fromLine, untilLine, ...slot }) => ({
      ...slot,
      from_line: fromLine,
      until_line: untilLine,
    })),
    phases: [],
    host_operations: [],
    dumps: [],
    mmio_ranges: {},
  };
}
