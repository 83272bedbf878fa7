import { type LoggedTrace, loggedTrace } from '../../scenario/comparison/logged-trace.js';
import { checkEvent, FaultReplay, type FaultsReplay, replayableVms } from '../../scenario/replay/index.js';
import {
  type Memslots,
  parseMemslots,
  readMemslots,
  readTraceBatches,
  TraceError,
} from '../../trace/index.js';
import type { CaptureSource } from '../replay/types.js';
import { chunksOf } from './bytes.js';
import type { PageData } from './data.js';
import { FaultNotes } from './fault-notes.js';
import type { Progress } from './protocol.js';

/** A capture whose faults were taken through the emulated v4.13. */
export interface LoadedCapture {
  key: string;
  source: CaptureSource;
  slots: Memslots;
  replay: FaultsReplay;
  trace: LoggedTrace;
  notes: FaultNotes;
}

let kept: LoadedCapture | undefined;

/** Replays a capture; the same one only once. @throws TraceError on input that cannot be replayed */
export async function loadCapture(
  source: CaptureSource,
  data: PageData,
  report: (progress: Progress) => void,
): Promise<LoadedCapture> {
  if (kept?.key === source.key) return kept;
  const slots = await slotsOf(source, data);
  const replayed = await replayAll(source, slots, report);
  if (replayed.replay.taken === 0) {
    throw new TraceError({ file: source.trace.name }, 'no guest fault that v4.13 takes, expected some');
  }
  kept = { key: source.key, source, slots, ...replayed, trace: loggedTrace(replayed.replay) };
  return kept;
}

async function slotsOf({ slots }: CaptureSource, data: PageData): Promise<Memslots> {
  if (slots !== undefined) return readMemslots(chunksOf(slots.bytes), slots.name);
  return parseMemslots(JSON.stringify(data.bundledSlots()), 'slots of the bundled capture');
}

async function replayAll(
  { trace, slots: slotsFile }: CaptureSource,
  slots: Memslots,
  report: (progress: Progress) => void,
): Promise<{ replay: FaultsReplay; notes: FaultNotes }> {
  const notes = new FaultNotes();
  const vms = replayableVms(slots, slotsFile?.name ?? 'slots');
  const faults = new FaultReplay(slots, vms, { keepRecords: true, observer: notes });
  const bytes = counted(trace.bytes, (part) => report({ what: `replaying ${trace.name}`, part }));
  for await (const batch of readTraceBatches(bytes, trace.name)) {
    for (const event of batch) {
      checkEvent(event, trace.name);
      faults.feed(event);
    }
  }
  return { replay: faults.finish(), notes };
}

/** The chunks of a file, with the share that was read. */
async function* counted(bytes: Blob, read: (part: number) => void): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const chunk of chunksOf(bytes)) {
    yield chunk;
    done += chunk.length;
    read(done / bytes.size);
  }
}
