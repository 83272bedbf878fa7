import { readBytes } from './bytes.js';
import { TraceError } from './error.js';

/** Longest line accepted, in UTF-16 units. The kernel writes at most a page per event. */
export const LINE_MAX = 64 * 1024;

/** A line of the uncompressed text. */
export interface Line {
  /** 1-based. */
  line: number;
  /** Without its line end. */
  text: string;
}

/**
 * The lines of a text file, plain or gzip, one at a time. Takes LF and CRLF and a last line without either.
 * @throws TraceError on damaged gzip data and on a line longer than {@link LINE_MAX}
 */
export async function* readLines(source: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Line> {
  for await (const batch of readLineBatches(source, name)) {
    for (const line of batch) yield line;
  }
}

/** {@link readLines} by the chunk: all lines that end in one chunk of bytes, for callers that count nanoseconds. */
export async function* readLineBatches(
  source: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Line[]> {
  const splitter = new LineSplitter(name);
  const decoder = new TextDecoder();
  for await (const chunk of readBytes(source, name)) {
    const batch = splitter.push(decoder.decode(chunk, { stream: true }));
    if (batch.length > 0) yield batch;
  }
  const last = splitter.finish(decoder.decode());
  if (last.length > 0) yield last;
}

/** Cuts text that comes in pieces into lines; keeps the unfinished one. */
class LineSplitter {
  private readonly name: string;
  private rest = '';
  private count = 0;

  constructor(name: string) {
    this.name = name;
  }

  push(piece: string): Line[] {
    const text = this.rest + piece;
    const lines: Line[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      lines.push(this.take(text, start, end));
      start = end + 1;
    }
    this.rest = text.slice(start);
    this.checkLength(this.rest.length, this.count + 1);
    return lines;
  }

  finish(piece: string): Line[] {
    const lines = this.push(piece);
    if (this.rest !== '') lines.push(this.take(this.rest, 0, this.rest.length));
    this.rest = '';
    return lines;
  }

  private take(text: string, start: number, end: number): Line {
    this.count += 1;
    this.checkLength(end - start, this.count);
    const stop = end > start && text.charCodeAt(end - 1) === 13 ? end - 1 : end;
    return { line: this.count, text: text.slice(start, stop) };
  }

  private checkLength(length: number, line: number): void {
    if (length <= LINE_MAX) return;
    const problem = `found a line of more than ${LINE_MAX} characters, expected lines of text`;
    throw new TraceError({ file: this.name, line }, problem);
  }
}
