import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { TraceError } from '../../src/trace/index.js';

/** Opens a file of fixtures/ as the readers expect it. */
export function fixture(name: string): AsyncIterable<Uint8Array> {
  return createReadStream(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url)));
}

/** Bytes, or text as UTF-8, in pieces of `size`. */
export async function* inChunks(content: string | Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  for (let at = 0; at < bytes.length; at += size) yield Uint8Array.from(bytes.subarray(at, at + size));
}

/** Everything that an async generator yields. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The TraceError that `run` ends in; fails if it is another error, or none, or not one clear line. */
export async function traceErrorOf(run: () => unknown): Promise<TraceError> {
  try {
    await run();
  } catch (error) {
    expect(error).toBeInstanceOf(TraceError);
    const traceError = error as TraceError;
    expect(traceError.code).toBe('EINVAL');
    expect(traceError.message).not.toMatch(/\n/);
    return traceError;
  }
  throw new Error('expected a TraceError, but nothing was thrown');
}
