import { Cursor } from './cursor.js';
import type { EventBase, EventBody, TraceEvent } from './event.js';
import { type Line, readLineBatches } from './lines.js';
import { parseMarker } from './marker.js';
import { KVM_PAYLOADS, type PayloadParser } from './payload.js';
import { type LinePrefix, parsePrefix } from './prefix.js';
import { PROBE_PAYLOADS } from './probes.js';
import type { LineTally } from './tally.js';

const PAYLOADS: ReadonlyMap<string, PayloadParser> = new Map([
  ...KVM_PAYLOADS,
  ...PROBE_PAYLOADS,
  ['tracing_mark_write', parseMarker],
]);

/** How `trace-cmd report` prints a marker: as event `print` of this function. */
const PRINTED_MARKER = 'tracing_mark_write: ';

/** What `trace-cmd report` prints about itself and the file: `cpus=1`, `version = 7`, `CPU 3 is empty`. */
const REPORT_HEADER = /^(?:cpus=\d+|version = \S+|CPU \d+ is empty)\s*$/;

/** `CPU:3 [LOST 12 EVENTS]` of tracefs, `CPU:3 [12 EVENTS DROPPED]` of `trace-cmd report`. */
const LOST_EVENTS = /^CPU:\d+ \[(?:LOST (?:\d+ )?EVENTS|(?:\d+ )?EVENTS DROPPED)\]/;

/**
 * The events of a trace in file order, plain text or gzip: `cat trace` of tracefs or `trace-cmd report`, told apart
 * line by line. Headers and empty lines give no event; a line that cannot be read gives an `unparsed` one.
 * @param tally counts the lines that were not interpreted
 * @throws TraceError on damaged gzip data, a binary file or an overlong line, never on the content of a line
 */
export async function* readTrace(
  source: AsyncIterable<Uint8Array>,
  name: string,
  tally?: LineTally,
): AsyncGenerator<TraceEvent> {
  for await (const batch of readTraceBatches(source, name, tally)) {
    for (const event of batch) yield event;
  }
}

/** {@link readTrace} by the chunk of the file: the same events in arrays, without the cost of awaiting each. */
export async function* readTraceBatches(
  source: AsyncIterable<Uint8Array>,
  name: string,
  tally?: LineTally,
): AsyncGenerator<TraceEvent[]> {
  for await (const batch of readLineBatches(source, name)) yield parseLines(batch, tally);
}

function parseLines(lines: readonly Line[], tally: LineTally | undefined): TraceEvent[] {
  const events: TraceEvent[] = [];
  for (const { line, text } of lines) {
    const event = parseLine(text, line);
    if (event === null) continue;
    tally?.add(event, text);
    events.push(event);
  }
  return events;
}

/** One line of a trace; null for headers and empty lines. Never throws. */
export function parseLine(text: string, line: number): TraceEvent | null {
  if (text.charCodeAt(0) === 0x23) return null;
  const prefix = parsePrefix(text);
  return prefix === null ? parseNonEvent(text, line) : parseEvent(text, line, prefix);
}

function parseEvent(text: string, line: number, prefix: LinePrefix): TraceEvent {
  return withBase(parseBody(text, prefix.name, prefix.payload), line, prefix);
}

function parseBody(text: string, name: string, payload: number): EventBody {
  if (name === 'print') return parsePrint(text, payload);
  const parse = PAYLOADS.get(name);
  return parse === undefined ? { kind: 'other', name } : parsePayload(parse, text, name, payload);
}

function parsePrint(text: string, payload: number): EventBody {
  if (!text.startsWith(PRINTED_MARKER, payload)) return { kind: 'other', name: 'print' };
  return parsePayload(parseMarker, text, 'tracing_mark_write', payload + PRINTED_MARKER.length);
}

function parsePayload(parse: PayloadParser, text: string, name: string, at: number): EventBody {
  const cursor = new Cursor(text, at);
  const body = parse(cursor);
  if (cursor.failure === undefined) return body;
  return { kind: 'unparsed', reason: `${name}: expected ${cursor.failure}`, text };
}

function parseNonEvent(text: string, line: number): TraceEvent | null {
  if (text.trim() === '' || REPORT_HEADER.test(text)) return null;
  const reason = LOST_EVENTS.test(text) ? 'events lost' : 'not an event line';
  return { line, task: '', cpu: -1, kind: 'unparsed', reason, text };
}

/** Fills the body up to an event, in place: object spread costs microseconds per line here. */
function withBase(body: EventBody, line: number, { task, cpu }: LinePrefix): TraceEvent {
  const event = body as EventBody & EventBase;
  event.line = line;
  event.task = task;
  event.cpu = cpu;
  return event;
}
