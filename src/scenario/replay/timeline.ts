import type { CapturedSlot, CapturedVm, Memslots } from '../../trace/index.js';

/** What the slots file says happened at a line of the trace. */
export type HostChange = { line: number } & (
  | { kind: 'dump'; name: string }
  | { kind: 'vmDestroy'; vm: number }
  | { kind: 'vmCreate'; vm: CapturedVm }
  | { kind: 'slotDelete'; slot: CapturedSlot }
  | { kind: 'slotCreate' | 'slotFlags' | 'slotMove'; slot: CapturedSlot }
  | { kind: 'hostOperation'; op: string }
);

/** What happens first when one line stands for several changes. */
const ORDER: Readonly<Record<HostChange['kind'], number>> = {
  dump: 0,
  slotDelete: 1,
  vmDestroy: 2,
  vmCreate: 3,
  slotCreate: 4,
  slotFlags: 4,
  slotMove: 4,
  hostOperation: 5,
};

/** The VMs of a capture; one that follows none has one, alive throughout. */
export function capturedVms(slots: Memslots, ipaBits: number): CapturedVm[] {
  if (slots.vms.length > 0) return slots.vms;
  return [{ vm: slots.slots[0]?.vm ?? 1, ipaBits, createdLine: 1, destroyedLine: null }];
}

/** The changes of a slots file by line. */
export function hostChanges(slots: Memslots, vms: readonly CapturedVm[]): HostChange[] {
  const changes: HostChange[] = [
    ...slots.dumps.map(({ line, name }) => ({ kind: 'dump' as const, line, name })),
    ...vms.flatMap(vmChanges),
    ...slotChanges(slots.slots, vms),
    ...slots.hostOperations.map(({ line, op }) => ({ kind: 'hostOperation' as const, line, op })),
  ];
  return changes.sort((a, b) => a.line - b.line || ORDER[a.kind] - ORDER[b.kind]);
}

function vmChanges(vm: CapturedVm): HostChange[] {
  const created: HostChange = { kind: 'vmCreate', line: vm.createdLine, vm };
  if (vm.destroyedLine === null) return [created];
  return [created, { kind: 'vmDestroy', line: vm.destroyedLine, vm: vm.vm }];
}

/** Each row of a slot is its creation or a change of the row before it; a row that ends alone is a deletion. */
function slotChanges(slots: readonly CapturedSlot[], vms: readonly CapturedVm[]): HostChange[] {
  const destroyed = new Map(vms.map((vm) => [vm.vm, vm.destroyedLine]));
  const sorted = [...slots].sort((a, b) => a.fromLine - b.fromLine);
  const previous = new Map<string, CapturedSlot>();
  const changes: HostChange[] = [];
  for (const slot of sorted) {
    const key = `${slot.vm} ${slot.slot}`;
    const old = previous.get(key);
    const kind = changeOf(old, slot);
    if (old !== undefined && kind === 'slotCreate') pushDelete(changes, old, destroyed);
    changes.push({ kind, line: slot.fromLine, slot });
    previous.set(key, slot);
  }
  for (const slot of previous.values()) pushDelete(changes, slot, destroyed);
  return changes;
}

function changeOf(
  old: CapturedSlot | undefined,
  slot: CapturedSlot,
): 'slotCreate' | 'slotFlags' | 'slotMove' {
  const follows = old?.untilLine === slot.fromLine && old.hva === slot.hva && old.size === slot.size;
  if (!follows) return 'slotCreate';
  return old.gpa === slot.gpa ? 'slotFlags' : 'slotMove';
}

/** The end of a row is a deletion unless its VM ends with it. */
function pushDelete(
  changes: HostChange[],
  slot: CapturedSlot,
  destroyed: ReadonlyMap<number, number | null>,
): void {
  if (slot.untilLine === null || slot.untilLine === destroyed.get(slot.vm)) return;
  changes.push({ kind: 'slotDelete', line: slot.untilLine, slot });
}

/** Reads a list of changes along the lines of a trace. */
export class Timeline {
  readonly #changes: readonly HostChange[];
  #next = 0;

  constructor(changes: readonly HostChange[]) {
    this.#changes = changes;
  }

  /** The next change that happened at `line` or before it; undefined if there is none left. */
  take(line: number): HostChange | undefined {
    const change = this.#changes[this.#next];
    if (change === undefined || change.line > line) return undefined;
    this.#next += 1;
    return change;
  }
}
