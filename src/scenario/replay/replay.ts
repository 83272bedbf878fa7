import { Stage2Error } from '../../core/error.js';
import type { Variant } from '../../kvm/index.js';
import {
  type LineTally,
  type Memslots,
  type TallyRow,
  TraceError,
  type TraceEvent,
  type TraceEventKind,
  type TracePlace,
} from '../../trace/index.js';
import { checkEvent, type ExpectedDump, replayableVms } from './check.js';
import { FaultReplay, type FaultReplayOptions, type FaultsReplay } from './faults.js';
import { TableReplay, type TablesReplay } from './tables.js';

/** A replayed capture. */
export interface ReplayResult {
  /** Name of the trace's file, as the caller gave it. */
  trace: string;
  /** Name of the slots file, as the caller gave it. */
  slots: string;
  /** Trace that the slots file says it belongs to, and the machine it was taken on. */
  capture: Pick<Memslots, 'trace' | 'kernel' | 'cpu'>;
  /** Form of the patch in the emulated kernel. */
  variant: string;
  /** What was read. */
  lines: ReplayedLines;
  /** Null if the trace has no stage-2 operations. */
  tables: TablesReplay | null;
  /** The guest faults in the emulated v4.13. */
  faults: FaultsReplay;
}

/** What the lines of a trace were. */
export interface ReplayedLines {
  /** Number of the last line with an event. */
  last: number;
  /** Events by kind. */
  events: Partial<Record<TraceEventKind, number>>;
  /** Lines that were not interpreted, with the first of each sort. */
  notInterpreted: TallyRow[];
}

export interface ReplayOptions extends FaultReplayOptions {
  /** Name of the trace's file, for messages. */
  traceName: string;
  /** Name of the slots file, for messages. */
  slotsName: string;
  variant: Variant;
  /** Dumps of the kernel's tables to compare with, at their lines. */
  dumps?: readonly ExpectedDump[];
  /** Filled by the reader of the trace. */
  tally?: LineTally;
  /** Count damaged lines and go on; otherwise the first one ends the replay. Default false. */
  keepGoing?: boolean;
  /** Called after every batch with the line reached. */
  onProgress?: (line: number) => void;
}

const OPERATIONS: readonly TraceEventKind[] = ['s2Map', 's2Unmap', 's2Relax', 's2WrProtect', 's2MkOld'];

/**
 * Replays a trace that comes in batches of events, once: its own stage-2 operations on tables of ours, its guest
 * faults through the emulated v4.13. Streams; nothing it keeps grows with the trace.
 * @throws TraceError on input that cannot be replayed, naming file and line or field
 */
export async function replayTrace(
  batches: AsyncIterable<readonly TraceEvent[]>,
  slots: Memslots,
  options: ReplayOptions,
): Promise<ReplayResult> {
  const { traceName, slotsName, dumps = [], variant } = options;
  const vms = replayableVms(slots, slotsName, dumps);
  const [tables, faults] = namingPlace({ file: slotsName }, () => [
    new TableReplay(slots, vms, traceName, dumps),
    new FaultReplay(slots, vms, options),
  ]);
  const lines: ReplayedLines = { last: 0, events: {}, notInterpreted: [] };
  for await (const batch of batches) {
    for (const event of batch) {
      if (!options.keepGoing) checkEvent(event, traceName);
      lines.events[event.kind] = (lines.events[event.kind] ?? 0) + 1;
      lines.last = event.line;
      namingPlace({ file: traceName, line: event.line }, () => {
        tables.feed(event);
        faults.feed(event);
      });
    }
    options.onProgress?.(lines.last);
  }
  lines.notInterpreted = options.tally?.rows() ?? [];
  const operates = OPERATIONS.some((kind) => (lines.events[kind] ?? 0) > 0);
  if (dumps.length > 0 && !operates) {
    const problem =
      'found no stage-2 operations (s2_map and its like) to compare with a dump, expected a capture with these kprobes';
    throw new TraceError({ file: traceName }, problem);
  }
  return {
    trace: traceName,
    slots: slotsName,
    capture: { trace: slots.trace, kernel: slots.kernel, cpu: slots.cpu },
    variant: variant.id,
    lines,
    tables: operates ? tables.finish() : null,
    faults: faults.finish(),
  };
}

/** What the emulated kernel and its machine cannot do, said of the place that asks for it. */
function namingPlace<T>(place: TracePlace, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Stage2Error) throw new TraceError(place, error.message);
    throw error;
  }
}

/**
 * Replays the guest faults of a capture through the emulated v4.13: what a comparison of builds is run on.
 * @throws TraceError on events or slots that cannot be replayed
 */
export async function replayFaults(
  events: Iterable<TraceEvent> | AsyncIterable<TraceEvent>,
  slots: Memslots,
  options: FaultReplayOptions = {},
): Promise<FaultsReplay> {
  const replay = new FaultReplay(slots, replayableVms(slots, 'slots'), options);
  for await (const event of events) {
    checkEvent(event, 'trace');
    replay.feed(event);
  }
  return replay.finish();
}
