import { Ec } from '../../abi/arm.js';
import type {
  EntryEvent,
  ExitEvent,
  GuestFaultEvent,
  MmioEvent,
  S2MapEvent,
  TraceEvent,
  UserspaceExitEvent,
} from '../../trace/index.js';
import { PROT_W } from './prot.js';

/** The host took a range of memory away, or aged it. */
export interface RangeEvent {
  /** kvm_unmap_hva_range or kvm_age_hva. */
  kind: 'unmap' | 'age';
  /** 1-based line of the trace. */
  line: number;
  /** First host virtual address. */
  start: bigint;
  /** First host virtual address behind the range. */
  end: bigint;
}

/** The host put another page behind an address. */
export interface PageChange {
  /** kvm_set_spte_hva. */
  kind: 'change';
  /** 1-based line of the trace. */
  line: number;
  /** Host virtual address of the page. */
  hva: bigint;
  /** Undefined if the capture does not show it. */
  pa: bigint | undefined;
}

/** What the host did to memory of the VM. */
export type HostMemoryEvent = RangeEvent | PageChange;

/** A guest fault with everything the same thread did until the fault was answered. */
export interface FaultWindow {
  /** Thread id of the vcpu. */
  thread: string;
  /** The kvm_guest_fault that begins it. */
  fault: GuestFaultEvent;
  /** The mapping that answered the fault (s2_map of the handler itself). */
  map: S2MapEvent | undefined;
  /** The permissions that answered it (s2_relax), X=1, W=2, R=4. */
  relaxed: number | undefined;
  /** What the host did to memory meanwhile, such as breaking copy-on-write inside get_user_pages. */
  host: HostMemoryEvent[];
  /** The first kvm_mmio until the answer; undefined if there was none. */
  mmio: MmioEvent | undefined;
  /** The event that shows the answer; undefined if the trace does not show it. */
  end: EntryEvent | UserspaceExitEvent | undefined;
}

/** What the windows of a trace come to, in order. */
export interface WindowSink {
  /** A fault was answered. */
  fault(window: FaultWindow): void;
  /** The host did something to memory outside of any fault. */
  host(event: HostMemoryEvent): void;
  /** An abort that the captured kernel answered without entering its fault handler. */
  injected(exit: ExitEvent): void;
  /** User space finished the read of a device. */
  mmioRead(thread: string, event: MmioEvent): void;
}

/** What is known of a thread between two of its lines. */
interface Thread {
  id: string;
  /** An abort exit whose kvm_guest_fault has not come yet. */
  abort: ExitEvent | undefined;
  window: FaultWindow | undefined;
  /** A changed page whose PA the next lines may tell; `inWindow` if it belongs to the open window. */
  change: { event: PageChange; inWindow: boolean } | undefined;
}

/** Most threads followed, and most events kept for one fault: a damaged trace must not fill memory. */
const THREADS_MAX = 4096;
const WINDOW_EVENTS_MAX = 1024;

/** Groups the events of a trace by thread into faults and what belongs to them. */
export class WindowTracker {
  readonly #sink: WindowSink;
  readonly #threads = new Map<string, Thread>();

  constructor(sink: WindowSink) {
    this.#sink = sink;
  }

  feed(event: TraceEvent): void {
    const thread = this.#threadOf(event.task);
    if (thread.change !== undefined) {
      if (belongsToChange(thread.change.event, event)) return;
      this.#endChange(thread);
    }
    this.#dispatch(thread, event);
  }

  /** Closes every window: the trace ends here, or the VM does. */
  flush(): void {
    for (const thread of this.#threads.values()) {
      this.#endChange(thread);
      this.#close(thread, undefined);
    }
    this.#threads.clear();
  }

  #threadOf(task: string): Thread {
    const id = task.slice(task.lastIndexOf('-') + 1);
    let thread = this.#threads.get(id);
    if (thread === undefined) {
      if (this.#threads.size >= THREADS_MAX) this.flush();
      thread = { id, abort: undefined, window: undefined, change: undefined };
      this.#threads.set(id, thread);
    }
    return thread;
  }

  #dispatch(thread: Thread, event: TraceEvent): void {
    switch (event.kind) {
      case 'exit':
        this.#exit(thread, event);
        break;
      case 'guestFault':
        this.#open(thread, event);
        break;
      case 'entry':
        this.#entry(thread, event);
        break;
      case 'userspaceExit':
        this.#close(thread, event);
        break;
      case 'mmio':
        this.#mmio(thread, event);
        break;
      case 's2Map':
        if (thread.window !== undefined) thread.window.map = event;
        break;
      case 's2Relax':
        if (thread.window !== undefined) thread.window.relaxed = (thread.window.relaxed ?? 0) | event.prot;
        break;
      case 'unmapHvaRange':
        this.#host(thread, { kind: 'unmap', line: event.line, start: event.start, end: event.end });
        break;
      case 'ageHva':
        this.#host(thread, { kind: 'age', line: event.line, start: event.start, end: event.end });
        break;
      case 'setSpteHva':
        this.#change(thread, event.line, event.hva);
        break;
      default:
    }
  }

  #exit(thread: Thread, event: ExitEvent): void {
    this.#close(thread, undefined);
    if (event.code === 'TRAP' && (event.ec === Ec.IABT_LOW || event.ec === Ec.DABT_LOW)) thread.abort = event;
  }

  #open(thread: Thread, fault: GuestFaultEvent): void {
    thread.abort = undefined;
    this.#close(thread, undefined);
    thread.window = {
      thread: thread.id,
      fault,
      map: undefined,
      relaxed: undefined,
      host: [],
      mmio: undefined,
      end: undefined,
    };
  }

  #entry(thread: Thread, event: EntryEvent): void {
    if (thread.abort !== undefined) this.#sink.injected(thread.abort);
    thread.abort = undefined;
    this.#close(thread, event);
  }

  /** A read that user space answered ends after the fault's window; one that the kernel answered, in it. */
  #mmio(thread: Thread, event: MmioEvent): void {
    if (thread.window !== undefined) thread.window.mmio ??= event;
    else if (event.op === 'read') this.#sink.mmioRead(thread.id, event);
  }

  #host(thread: Thread, event: HostMemoryEvent): void {
    if (thread.window === undefined) this.#sink.host(event);
    else this.#keep(thread, thread.window, event);
  }

  #keep(thread: Thread, window: FaultWindow, event: HostMemoryEvent): void {
    window.host.push(event);
    if (window.host.length > WINDOW_EVENTS_MAX) this.#close(thread, undefined);
  }

  #change(thread: Thread, line: number, hva: bigint): void {
    const event = { kind: 'change' as const, line, hva, pa: undefined };
    thread.change = { event, inWindow: thread.window !== undefined };
  }

  #endChange(thread: Thread): void {
    const { change } = thread;
    thread.change = undefined;
    if (change === undefined) return;
    if (change.inWindow && thread.window !== undefined) this.#keep(thread, thread.window, change.event);
    else this.#sink.host(change.event);
  }

  #close(thread: Thread, end: FaultWindow['end']): void {
    const { window } = thread;
    thread.window = undefined;
    if (window !== undefined) this.#sink.fault({ ...window, end });
  }
}

/**
 * True if `event` is what the notifier of a changed page does in each slot that shows the page: it maps it read-only.
 * The first map tells the PA.
 */
function belongsToChange(change: PageChange, event: TraceEvent): boolean {
  if (event.kind === 's2MapRet') return true;
  if (event.kind !== 's2Map' || event.prot & PROT_W) return false;
  change.pa ??= event.phys;
  return change.pa === event.phys;
}
