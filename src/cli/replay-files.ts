import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { Variant } from '../kvm/index.js';
import { type ExpectedDump, type ReplayResult, replayTrace } from '../scenario/replay/index.js';
import { LineTally, readMemslots, readTraceBatches } from '../trace/index.js';
import { readData } from './data.js';
import { CliError, unknownValue } from './errors.js';
import { dataPath, inputName, openInput } from './io.js';
import { lineProgress } from './progress.js';

/** A capture: its trace, `-` for standard input, and its slots file. */
export interface CaptureFiles {
  trace: string;
  slots: string;
}

/** The real capture that ships with the package. */
export const BUNDLED_CAPTURE: CaptureFiles = {
  trace: dataPath('traces/guestA_6.1_max-vhe_kprobes.txt.gz'),
  slots: dataPath('traces/guestA_6.1_max-vhe_kprobes.memslots.json'),
};

/** Endings of a trace that its slots file has another in place of. */
const TRACE_ENDING = /(\.txt)?(\.gz)?$/;

/** The capture that an argument and options name; the bundled one if they name none. */
export function captureFiles(
  argument: string | undefined,
  options: { trace?: string; slots?: string },
): CaptureFiles {
  if (argument !== undefined && options.trace !== undefined) {
    throw new CliError(`--trace ${options.trace}: the trace is ${argument} already`);
  }
  const trace = argument ?? options.trace;
  const { slots } = options;
  if (trace === undefined) {
    if (slots !== undefined) throw new CliError('--slots without a trace');
    return BUNDLED_CAPTURE;
  }
  return { trace, slots: slots ?? slotsBeside(trace) };
}

/** The slots file of the same name as a trace. */
function slotsBeside(trace: string): string {
  const slots = trace.replace(TRACE_ENDING, '.memslots.json');
  if (trace !== '-' && existsSync(slots)) return slots;
  const beside = trace === '-' ? '' : ` or ${basename(slots)} beside it`;
  throw new CliError(`${inputName(trace)}: its memory slots are missing, expected --slots FILE${beside}`);
}

export interface ReplayFilesOptions {
  /** Id of the form of the patch in the emulated kernel. */
  variant: string;
  dumps?: readonly ExpectedDump[];
  keepGoing?: boolean;
  keepRecords?: boolean;
}

/** Replays a capture from its files, with progress on a terminal. */
export async function replayFiles(files: CaptureFiles, options: ReplayFilesOptions): Promise<ReplayResult> {
  const variant = await loadVariant(options.variant);
  const slots = await readMemslots(await openInput(files.slots), files.slots);
  const traceName = inputName(files.trace);
  const tally = new LineTally();
  const progress = lineProgress(process.stderr, basename(traceName));
  const batches = readTraceBatches(await openInput(files.trace), traceName, tally);
  const { dumps = [], keepGoing = false, keepRecords = false } = options;
  const names = { traceName, slotsName: files.slots };
  try {
    const replayed = await replayTrace(batches, slots, {
      ...names,
      variant,
      dumps,
      tally,
      keepGoing,
      keepRecords,
      onProgress: progress.reach,
    });
    if (Object.keys(replayed.lines.events).length > 0) return replayed;
    throw new CliError(`${traceName}: found no event, expected the text of a trace`);
  } finally {
    progress.end();
  }
}

/** The form of the patch that src/data/variants.json calls `id`. */
async function loadVariant(id: string): Promise<Variant> {
  const { variants } = readData('variants.json').value as { variants: Variant[] };
  const variant = variants.find((each) => each.id === id);
  if (variant !== undefined) return variant;
  throw unknownValue(
    '--variant',
    id,
    variants.map((each) => each.id),
  );
}
