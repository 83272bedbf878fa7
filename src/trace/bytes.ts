import { TraceError } from './error.js';

const GZIP_MAGIC = [0x1f, 0x8b];
/** A `trace.dat` of trace-cmd begins with 0x17 0x08 0x44 and the word "tracing". */
const TRACE_DAT_MAGIC = [0x17, 0x08, 0x44];

/** Most bytes that gzip data may unpack to for each of its own, besides {@link EXPANSION_FREE}: captures have 6 to 22. */
export const EXPANSION_MAX = 200;
export const EXPANSION_FREE = 1 << 20;
/** Packed bytes that are unpacked at once: they may come to a thousand times as many. */
const PIECE = 8 << 10;

/**
 * The bytes of a file, unpacked if they begin with the gzip magic. Streams: holds a few chunks, never the file.
 * Several gzip members in a row work where the platform's DecompressionStream takes them (Node does).
 * @throws TraceError on damaged or cut-off gzip data, on such that unpacks to more than {@link EXPANSION_MAX} times its
 *   size, and on a binary `trace.dat`
 */
export async function* readBytes(
  source: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  const input = source[Symbol.asyncIterator]();
  try {
    const head = await readHead(input, TRACE_DAT_MAGIC.length);
    if (startsWith(head, TRACE_DAT_MAGIC)) {
      throw new TraceError(
        { file: name },
        'found a binary trace.dat, expected the text of `trace-cmd report`',
      );
    }
    const bytes = prepend(head, input);
    yield* startsWith(head, GZIP_MAGIC) ? gunzip(bytes, name) : bytes;
  } finally {
    await input.return?.();
  }
}

/** The first chunks joined until they hold `wanted` bytes; fewer at the end of the file. */
async function readHead(input: AsyncIterator<Uint8Array>, wanted: number): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < wanted) {
    const next = await input.next();
    if (next.done) break;
    head = join(head, next.value);
  }
  return head;
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length === 0) return right;
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

async function* prepend(head: Uint8Array, input: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let next = await input.next(); !next.done; next = await input.next()) yield next.value;
}

/** How far the feeding of packed bytes is, and why it ended early, if the source itself failed. */
interface Feeding {
  packedBytes: number;
  failure?: unknown;
}

async function* gunzip(packed: AsyncGenerator<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new DecompressionStream('gzip');
  const feeding: Feeding = { packedBytes: 0 };
  void feed(packed, writable.getWriter(), feeding);
  const reader = readable.getReader();
  let bytes = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      bytes += next.value.length;
      checkExpansion(bytes, feeding.packedBytes, name);
      yield next.value;
    }
  } catch (cause) {
    if ('failure' in feeding) throw feeding.failure;
    if (cause instanceof TraceError) throw cause;
    const detail = cause instanceof Error && cause.message ? ` (${cause.message})` : '';
    const problem = `found damaged or cut-off gzip data${detail}, expected a whole gzip file`;
    throw new TraceError({ file: name }, problem);
  } finally {
    await reader.cancel().catch(() => undefined);
    await packed.return(undefined);
  }
}

function checkExpansion(bytes: number, packed: number, name: string): void {
  if (bytes <= EXPANSION_FREE + EXPANSION_MAX * packed) return;
  const problem = `found gzip data that unpacks to more than ${EXPANSION_MAX} times its size, expected a packed capture`;
  throw new TraceError({ file: name }, problem);
}

/**
 * Writes piece by piece and waits for each: piping would not do, as Node lets thousands of chunks queue up before a
 * DecompressionStream. Never rejects; errors come out at the readable end.
 */
async function feed(
  packed: AsyncGenerator<Uint8Array>,
  writer: WritableStreamDefaultWriter<BufferSource>,
  feeding: Feeding,
): Promise<void> {
  writer.closed.catch(() => undefined);
  for (;;) {
    const next = await packed.next().catch((failure: unknown) => {
      feeding.failure = failure;
      return undefined;
    });
    try {
      if (next === undefined) return await writer.abort(feeding.failure);
      if (next.done) return await writer.close();
      for (let at = 0; at < next.value.length; at += PIECE) {
        const piece = next.value.subarray(at, at + PIECE) as Uint8Array<ArrayBuffer>;
        feeding.packedBytes += piece.length;
        await writer.write(piece);
      }
    } catch {
      return;
    }
  }
}
