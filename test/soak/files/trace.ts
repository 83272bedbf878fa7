// Traces and slots files: replayed as `stage2 replay` does.

import { RFC_VARIANT } from '../../../src/kvm/index.js';
import { replayDocument, replayText } from '../../../src/report/replay.js';
import { checkEvent, type ReplayResult, replayTrace } from '../../../src/scenario/replay/index.js';
import {
  LineTally,
  type Memslots,
  parseMemslots,
  readMemslots,
  readText,
  readTrace,
  readTraceBatches,
} from '../../../src/trace/index.js';
import { captureHead, type Json, once, reportText, slotsHead } from './data.js';
import { inChunks, type Kind, must, textOf } from './kind.js';

const headSlots = once(() => parseMemslots(JSON.stringify(slotsHead()), 'slots'));
const headBytes = once(() => new TextEncoder().encode(captureHead()));
const headFile = 'build/files/head.txt';
const slotsFile = 'build/files/head.memslots.json';

/** Files that a command needs besides the one that is mutated. */
export const companions = (): [string, string][] => [
  [headFile, captureHead()],
  [slotsFile, JSON.stringify(slotsHead())],
];

export const trace: Kind = {
  name: 'trace',
  json: false,
  share: 3,
  seeds: () => [captureHead(), reportText()],
  async use(source, name) {
    const chunks = await collected(source);
    const damaged = await firstDamaged(of(chunks), name);
    const result = await replayed(of(chunks), name, headSlots(), 'slots', true);
    await checkLines(of(chunks), name, result);
    // What keeps going counts what the other refuses.
    if (damaged !== undefined) throw damaged;
    return resultOf(result);
  },
  command: (path) => ['replay', path, '--slots', slotsFile],
  grow(bytes) {
    const head = captureHead();
    const body = head.split('\n').slice(-80, -1).join('\n');
    return head + `${body}\n`.repeat(Math.ceil(bytes / body.length));
  },
  memory: { base: 160, factor: 16, machine: 400 },
};

export const slots: Kind = {
  name: 'slots',
  json: true,
  share: 6,
  seeds: () => [JSON.stringify(slotsHead(), null, 1)],
  async use(source, name) {
    const chunks = await collected(source);
    const memslots = await readMemslots(of(chunks), name);
    const raw = JSON.parse(await readText(of(chunks), name));
    checkRows(memslots, raw);
    const result = await replayed(inChunks(headBytes(), headBytes().length), 'trace', memslots, name, true);
    return resultOf(result);
  },
  command: (path) => ['replay', headFile, '--slots', path],
  grow(bytes) {
    const file = slotsHead();
    const row = { line: 1, phase: null, op: 'a thing that the host did, in words' };
    const n = Math.ceil(bytes / (JSON.stringify(row).length + 1));
    return JSON.stringify({ ...file, host_operations: new Array(n).fill(row) });
  },
  // Slots of as much memory as a replay takes.
  worst() {
    const file = slotsHead();
    const [first] = file.slots;
    const gib = 64;
    const many = Array.from({ length: 4 }, (_, i) => ({
      ...first,
      slot: i,
      gpa: `0x${(0x4000000000 + i * gib * 2 ** 30).toString(16)}`,
      hva: `0x${(0x200000000000 + i * gib * 2 ** 30).toString(16)}`,
      size: `0x${(gib * 2 ** 30).toString(16)}`,
      backing: 'anon-thp',
    }));
    return JSON.stringify({ ...file, slots: many });
  },
  memory: { base: 160, factor: 40, machine: 1280 },
};

async function collected(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return chunks;
}

async function* of(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** What a replay that does not keep going ends with. */
async function firstDamaged(source: AsyncIterable<Uint8Array>, name: string): Promise<unknown> {
  try {
    for await (const event of readTrace(source, name)) checkEvent(event, name);
    return undefined;
  } catch (error) {
    return error;
  }
}

async function replayed(
  source: AsyncIterable<Uint8Array>,
  traceName: string,
  memslots: Memslots,
  slotsName: string,
  keepGoing: boolean,
): Promise<ReplayResult> {
  const tally = new LineTally();
  const batches = readTraceBatches(source, traceName, tally);
  const options = { traceName, slotsName, variant: RFC_VARIANT, tally, keepGoing };
  const result = await replayTrace(batches, memslots, options);
  checkCounts(result);
  replayText(result);
  return result;
}

function resultOf(result: ReplayResult): string {
  return textOf(replayDocument(result));
}

const sum = (counts: Iterable<number>): number => [...counts].reduce((a, b) => a + b, 0);

function checkCounts({ lines, faults }: ReplayResult): void {
  const { events } = lines;
  const unread = sum(lines.notInterpreted.map(({ count }) => count));
  must(
    unread === (events.other ?? 0) + (events.unparsed ?? 0),
    () => `${unread} lines not interpreted, events say otherwise`,
  );
  const { captured, taken, notTaken, takenAgain, outcomes } = faults;
  must(captured === (events.guestFault ?? 0), () => `${captured} faults of ${events.guestFault} lines`);
  must(captured === taken + notTaken, () => `${captured} faults, ${taken} taken and ${notTaken} not`);
  const answered = sum(Object.values(outcomes));
  must(
    answered === taken + takenAgain,
    () => `${answered} answers to ${taken} faults and ${takenAgain} more`,
  );
  const recorded = sum(faults.paths.map(({ count }) => count)) + faults.pathsUnrecorded;
  must(recorded === taken + takenAgain, () => `${recorded} paths of ${taken} faults and ${takenAgain} more`);
}

/** Each line of the text is an event, or a header or empty: told apart here by other means than the reader's. */
async function checkLines(source: AsyncIterable<Uint8Array>, name: string, { lines }: ReplayResult) {
  const text = await readText(source, name);
  const all = text.split('\n');
  if (all.at(-1) === '') all.pop();
  const read = sum(Object.values(lines.events));
  const skipped = all.filter(isSkipped).length;
  must(
    read + skipped === all.length,
    () => `${all.length} lines: ${read} events and ${skipped} headers or empty`,
  );
  const last = all.map((line) => !isSkipped(line)).lastIndexOf(true) + 1;
  must(lines.last === last, () => `the last event is in line ${lines.last}, expected ${last}`);
}

function isSkipped(line: string): boolean {
  if (line.startsWith('#') || line.trim() === '') return true;
  const words = line.trimEnd().split(' ');
  const [a = '', b = '', c = ''] = words;
  if (words.length === 1) return a.startsWith('cpus=') && isDigits(a.slice(5));
  if (words.length === 3) return a === 'version' && b === '=' && c !== '' && !/\s/.test(c);
  return words.length === 4 && a === 'CPU' && isDigits(b) && c === 'is' && words[3] === 'empty';
}

function isDigits(text: string): boolean {
  return text !== '' && [...text].every((c) => c >= '0' && c <= '9');
}

function checkRows(memslots: Memslots, raw: Json): void {
  const pairs: [string, number, number][] = [
    ['vms', memslots.vms.length, raw.vms.length],
    ['slots', memslots.slots.length, raw.slots.length],
    ['phases', memslots.phases.length, raw.phases.length],
    ['host_operations', memslots.hostOperations.length, raw.host_operations.length],
    ['dumps', memslots.dumps.length, raw.dumps.length],
    ['mmio_ranges', memslots.mmioRanges.length, Object.keys(raw.mmio_ranges).length],
  ];
  for (const [what, read, given] of pairs) must(read === given, () => `${what}: ${read} of ${given} rows`);
  const bytes = (rows: Iterable<bigint>) => [...rows].reduce((a, b) => a + b, 0n);
  const [read, given] = [
    bytes(memslots.slots.map(({ size }) => size)),
    bytes(raw.slots.map(({ size }: Json) => BigInt(size))),
  ];
  must(read === given, () => `slots of ${read} bytes, expected ${given}`);
}
