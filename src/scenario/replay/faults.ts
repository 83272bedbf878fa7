import { Ec } from '../../abi/arm.js';
import { Event } from '../../abi/event.js';
import { Disposition, LOG_MESSAGES, LogMessage } from '../../abi/kvm.js';
import { Site } from '../../abi/site.js';
import { FaultLog } from '../../core/fault-log.js';
import type { Machine } from '../../core/machine.js';
import { type PathCount, readPaths } from '../../core/paths.js';
import { describeClass, type SiteCounts } from '../../cost/index.js';
import { type ExitResult, RFC_VARIANT, type Variant, type Vm } from '../../kvm/index.js';
import type { CapturedVm, ExitEvent, Memslots, MmioEvent, TraceEvent } from '../../trace/index.js';
import { type Difference, DifferenceTally } from './differences.js';
import { errnoText } from './errno.js';
import { applyHostEvent } from './host-events.js';
import { type DirtyLogs, hostOperation } from './host-operation.js';
import { FaultServer } from './serve.js';
import { classOf } from './syndrome.js';
import { type HostChange, hostChanges, Timeline } from './timeline.js';
import { type FaultWindow, type HostMemoryEvent, type WindowSink, WindowTracker } from './windows.js';
import { World } from './world.js';

/** How faults ended, by disposition, with -errno behind a failure. */
export type Outcomes = Record<string, number>;

/** The faults of one captured class. */
export interface ClassCount {
  /** Such as "translation fault, level 3, write". */
  class: string;
  /** kvm_guest_fault lines: captured = taken + notTaken. */
  captured: number;
  /** Those that v4.13 takes too, once or more often. */
  taken: number;
  /** Those that it does not take; the differences of this kind say why. */
  notTaken: number;
  /** How v4.13 answered those it took; one taken again after a retry counts twice. */
  outcomes: Outcomes;
}

/** The guest faults of a capture in the emulated v4.13. */
export interface FaultsReplay {
  /** kvm_guest_fault lines: captured = taken + notTaken. */
  captured: number;
  /** Those that v4.13 takes too, once or more often. */
  taken: number;
  /** Those that it does not take. */
  notTaken: number;
  /** Faults v4.13 takes besides: after a retry that the captured kernel did not need. */
  takenAgain: number;
  /** Aborts that the captured kernel answered before its fault handler; they are not taken. */
  injectedBefore: {
    /** Instruction aborts. */
    fetch: number;
    /** Data aborts. */
    data: number;
  };
  /** By class, in the order of their numbers (CLASS_* of src/abi/event.ts). */
  classes: ClassCount[];
  /** How v4.13 answered, over all classes. */
  outcomes: Outcomes;
  /** What v4.13 does otherwise, by reason. */
  differences: Difference[];
  /** What the dirty log of v4.13 has, against the capture's. */
  dirtyLogs: DirtyLogs;
  /** Lines the emulated kernel logged, by message. */
  kernelLog: Record<string, number>;
  /** Distinct paths through the handler and how many faults took each: what a cost is computed from. */
  paths: PathCount[];
  /** Faults whose path found no room in the table. */
  pathsUnrecorded: number;
  /** How often the condition of each branch site was false and true, by Site number. */
  sites: SiteCounts;
  /** A record of each fault that was taken (src/abi/fault-log.ts), in order; empty if none were asked for. */
  records: Uint8Array;
}

/** Looks at each captured fault as it is replayed. */
export interface FaultObserver {
  /** Before it is taken, with the VM that is alive. */
  before(window: FaultWindow, vm: Vm | undefined): void;
  /** After: a result for each time v4.13 took it, none if it does not fault there. */
  after(window: FaultWindow, vm: Vm | undefined, results: readonly ExitResult[]): void;
}

/** Options of a replay of faults. */
export interface FaultReplayOptions {
  /** Form of the patch in the emulated kernel. Default: the RFC as posted. */
  variant?: Variant;
  /** Keep a record of each fault, about a hundred bytes. Default false. */
  keepRecords?: boolean;
  /** Looks at each fault before and after it is replayed. */
  observer?: FaultObserver;
}

/** Faults that one window of the trace may have, and more. */
const LOG_RECORDS = 64;

/** Replays the guest faults of a capture, event by event. What it keeps does not grow with the trace, records apart. */
export class FaultReplay implements WindowSink {
  readonly #changes: ReadonlySet<number>;
  readonly #timeline: Timeline;
  readonly #differences = new DifferenceTally();
  readonly #world: World;
  readonly #server: FaultServer;
  readonly #windows: WindowTracker;
  readonly #log: FaultLog | undefined;
  readonly #observer: FaultObserver | undefined;
  readonly #records: Uint8Array[] = [];
  readonly #classes = new Map<number, ClassCount>();
  readonly #outcomes: Outcomes = {};
  readonly #injectedBefore = { fetch: 0, data: 0 };
  readonly #dirtyLogs: DirtyLogs = { captured: 0, equal: 0 };
  #takenAgain = 0;

  /** The slots file and the VMs have passed `replayableVms`. */
  constructor(slots: Memslots, vms: readonly CapturedVm[], options: FaultReplayOptions = {}) {
    const changes = hostChanges(slots, vms);
    this.#changes = new Set(changes.map(({ line }) => line));
    this.#timeline = new Timeline(changes);
    this.#world = new World(slots, vms, options.variant ?? RFC_VARIANT, this.#differences);
    this.#server = new FaultServer(this.#world, this.#differences);
    this.#windows = new WindowTracker(this);
    this.#observer = options.observer;
    if (options.keepRecords) this.#log = new FaultLog(this.#world.machine, LOG_RECORDS);
  }

  /** The VM of the v4.13 world that is alive. */
  get vm(): Vm | undefined {
    return this.#world.live?.vm;
  }

  /** Takes the next event of the trace. */
  feed(event: TraceEvent): void {
    for (
      let change = this.#timeline.take(event.line);
      change !== undefined;
      change = this.#timeline.take(event.line)
    ) {
      this.#change(change);
    }
    if (this.#isUnlisted(event)) {
      const reason = 'the trace marks a change of a VM, a slot or the host that the slots file does not have';
      this.#differences.add('assumption', reason, event.line);
    }
    this.#windows.feed(event);
  }

  /** The end of the trace. */
  finish(): FaultsReplay {
    this.#windows.flush();
    const { machine } = this.#world;
    const classes = [...this.#classes.entries()].sort(([a], [b]) => a - b).map(([, row]) => row);
    const sum = (key: 'captured' | 'taken' | 'notTaken') => classes.reduce((n, row) => n + row[key], 0);
    const log = machine.logCounts();
    return {
      captured: sum('captured'),
      taken: sum('taken'),
      notTaken: sum('notTaken'),
      takenAgain: this.#takenAgain,
      injectedBefore: this.#injectedBefore,
      classes,
      outcomes: this.#outcomes,
      differences: this.#differences.rows(),
      dirtyLogs: this.#dirtyLogs,
      kernelLog: Object.fromEntries(
        Array.from({ length: LOG_MESSAGES }, (_, i) => [String(LogMessage[i]), log[i] ?? 0]),
      ),
      paths: readPaths(machine),
      pathsUnrecorded: machine.eventCount(Event.FAULT_UNRECORDED),
      sites: siteCounts(machine),
      records: concatenated(this.#records),
    };
  }

  #change(change: HostChange): void {
    switch (change.kind) {
      case 'vmCreate':
        this.#world.createVm(change.vm);
        break;
      case 'vmDestroy':
        this.#windows.flush();
        this.#world.destroyVm();
        break;
      case 'slotCreate':
      case 'slotFlags':
      case 'slotMove':
        this.#world.changeSlot(change.slot, change.line, change.kind === 'slotCreate');
        break;
      case 'slotDelete':
        this.#world.deleteSlot(change.slot);
        break;
      case 'hostOperation':
        hostOperation(this.#world, change, this.#dirtyLogs, this.#differences);
        break;
      default:
    }
  }

  /** A line that tells what the slots file is there to tell, but does not. A failed call changed nothing. */
  #isUnlisted(event: TraceEvent): boolean {
    const marks =
      event.kind === 'vmCreate' ||
      event.kind === 'vmDestroy' ||
      event.kind === 'hostOp' ||
      (event.kind === 'memslotMarker' && event.rc === 0);
    return marks && !this.#changes.has(event.line);
  }

  fault(window: FaultWindow): void {
    const row = this.#rowOf(window.fault.esr);
    this.#observer?.before(window, this.vm);
    const results = this.#server.serve(window);
    this.#observer?.after(window, this.vm, results);
    if (this.#log !== undefined) this.#records.push(this.#log.drain());
    row.captured += 1;
    if (results.length === 0) row.notTaken += 1;
    else row.taken += 1;
    this.#takenAgain += Math.max(0, results.length - 1);
    for (const result of results) {
      const outcome = outcomeText(result);
      for (const outcomes of [row.outcomes, this.#outcomes]) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    this.#world.pages.recycle();
  }

  host(event: HostMemoryEvent): void {
    const { live } = this.#world;
    if (live !== undefined) applyHostEvent(this.#world, live.vm, event);
  }

  injected(exit: ExitEvent): void {
    this.#injectedBefore[exit.ec === Ec.IABT_LOW ? 'fetch' : 'data'] += 1;
  }

  mmioRead(thread: string, event: MmioEvent): void {
    const vcpu = this.#world.vcpuOf(thread);
    if (vcpu?.awaitsMmioRead) vcpu.completeMmioRead(event.val);
  }

  #rowOf(esr: bigint): ClassCount {
    const key = classOf(esr);
    let row = this.#classes.get(key);
    if (row === undefined) {
      row = { class: describeClass(key).text, captured: 0, taken: 0, notTaken: 0, outcomes: {} };
      this.#classes.set(key, row);
    }
    return row;
  }
}

function outcomeText({ ret, disposition }: ExitResult): string {
  const name = String(Disposition[disposition]);
  return ret < 0 ? `${name} ${errnoText(ret)}` : name;
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function siteCounts(machine: Machine): SiteCounts {
  const counts = Array.from({ length: Site.COUNT }, (_, site) => machine.siteCounts(site));
  return { isFalse: counts.map(([isFalse]) => isFalse), isTrue: counts.map(([, isTrue]) => isTrue) };
}
