import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINE_MAX, readLines } from '../../src/trace/index.js';
import { collect, inChunks, traceErrorOf } from './sources.js';

const textsOf = async (content: string | Uint8Array, size?: number) =>
  (await collect(readLines(inChunks(content, size), 'a.txt'))).map(({ text }) => text);

/** Text that does not pack well, so that its gzip form spans several chunks. */
const noise = Array.from({ length: 20_000 }, (_, i) => `line ${i} ${Math.imul(i, 2654435761) >>> 0}`).join(
  '\n',
);

describe('readLines', () => {
  it('numbers lines from 1', async () => {
    const lines = await collect(readLines(inChunks('one\ntwo\n'), 'a.txt'));
    expect(lines).toEqual([
      { line: 1, text: 'one' },
      { line: 2, text: 'two' },
    ]);
  });

  it('takes a last line without a line end', async () => {
    expect(await textsOf('one\ntwo')).toEqual(['one', 'two']);
  });

  it('takes CRLF, also when a chunk ends between CR and LF', async () => {
    expect(await textsOf('one\r\ntwo\r\n', 4)).toEqual(['one', 'two']);
  });

  it('keeps empty lines, for the sake of the numbers', async () => {
    expect(await textsOf('\n\none\n')).toEqual(['', '', 'one']);
  });

  it('gives no line for an empty file', async () => {
    expect(await textsOf('')).toEqual([]);
  });

  it('joins a character of several bytes that chunks cut', async () => {
    expect(await textsOf('Grüße\n', 1)).toEqual(['Grüße']);
  });

  it('takes empty chunks between the others', async () => {
    async function* source() {
      for (const piece of ['', 'o', '', 'ne\n', '']) yield new TextEncoder().encode(piece);
    }
    expect(await collect(readLines(source(), 'a.txt'))).toEqual([{ line: 1, text: 'one' }]);
  });

  it('gives the same lines for any text cut into chunks of any size', async () => {
    const words = fc.stringMatching(/^[a-c\r]{0,5}$/).map((text) => text.replace(/\r/g, ' '));
    await fc.assert(
      fc.asyncProperty(
        fc.array(words),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (lines, size, zip) => {
          const text = lines.map((line) => `${line}\n`).join('');
          expect(await textsOf(zip ? gzipSync(text) : text, size)).toEqual(lines);
        },
      ),
    );
  });
});

describe('readLines on gzip', () => {
  it('unpacks by the magic bytes, whatever the name', async () => {
    expect(await textsOf(gzipSync('one\ntwo\n'), 1)).toEqual(['one', 'two']);
  });

  it('reads more than one chunk of packed data', async () => {
    expect((await textsOf(gzipSync(noise), 1000)).join('\n')).toBe(noise);
  });

  it('stops at data that unpacks to more than 200 times its size', async () => {
    const line = `${'x'.repeat(1023)}\n`;
    const bomb = gzipSync(line.repeat(1 << 16));
    let lines = 0;
    const error = await traceErrorOf(async () => {
      for await (const _ of readLines(inChunks(bomb, 1 << 16), 'bomb.gz')) lines++;
    });
    expect(error.message).toBe(
      'bomb.gz: found gzip data that unpacks to more than 200 times its size, expected a packed capture',
    );
    expect(lines * line.length).toBeLessThanOrEqual((1 << 20) + 200 * bomb.length);
  });

  it('takes a small file that packs however well', async () => {
    expect(await textsOf(gzipSync('\n'.repeat(1 << 20)), 1 << 16)).toHaveLength(1 << 20);
  });

  it('reads several gzip members in a row', async () => {
    expect(await textsOf(Buffer.concat([gzipSync('one\n'), gzipSync('two\n')]))).toEqual(['one', 'two']);
  });

  it('reports data that is cut off, after the lines before the cut', async () => {
    const packed = gzipSync(noise);
    const seen: string[] = [];
    const error = await traceErrorOf(async () => {
      const lines = readLines(inChunks(packed.subarray(0, packed.length / 2), 1000), 'cut.txt.gz');
      for await (const { text } of lines) seen.push(text);
    });
    expect(error.message).toMatch(
      /^cut\.txt\.gz: found damaged or cut-off gzip data.*expected a whole gzip file$/,
    );
    expect(seen.length).toBeGreaterThan(100);
  });

  it('reports a header without anything behind it', async () => {
    const error = await traceErrorOf(() => textsOf(Uint8Array.of(0x1f, 0x8b)));
    expect(error.file).toBe('a.txt');
  });

  it('reports damaged data', async () => {
    const packed = Uint8Array.from(gzipSync(noise));
    packed.fill(0x55, packed.length / 2, packed.length / 2 + 64);
    await traceErrorOf(() => textsOf(packed, 1000));
  });

  it('reports a wrong checksum', async () => {
    const packed = Uint8Array.from(gzipSync('one\n'));
    packed[packed.length - 6] = ~(packed[packed.length - 6] ?? 0);
    await traceErrorOf(() => textsOf(packed));
  });

  it('never hangs and never throws anything else on damaged data', async () => {
    const packed = gzipSync('one\ntwo\nthree\n');
    const anywhere = fc.record({
      at: fc.nat(packed.length - 1),
      byte: fc.nat(255),
      keep: fc.nat(packed.length),
    });
    await fc.assert(
      fc.asyncProperty(anywhere, async ({ at, byte, keep }) => {
        const damaged = Uint8Array.from(packed);
        damaged[at] = byte;
        const read = textsOf(damaged.subarray(0, keep), 5);
        await read.catch((error: unknown) => expect(error).toMatchObject({ name: 'TraceError' }));
      }),
    );
  });

  it('hands on an error of the source itself', async () => {
    async function* source() {
      yield gzipSync('one\n').subarray(0, 10);
      throw new Error('disk on fire');
    }
    await expect(collect(readLines(source(), 'a.gz'))).rejects.toThrow('disk on fire');
  });

  it('closes the source when the reader stops early, and has read no more than it needed', async () => {
    const packed = gzipSync(noise);
    let chunks = 0;
    let closed = false;
    async function* source() {
      try {
        for (;;) {
          chunks += 1;
          yield packed;
        }
      } finally {
        closed = true;
      }
    }
    for await (const { line } of readLines(source(), 'a.gz')) if (line === 3) break;
    expect({ closed, chunks }).toEqual({ closed: true, chunks: 1 });
  });
});

describe('readLines on what is no trace', () => {
  it('reports a line longer than the limit, with its number', async () => {
    const error = await traceErrorOf(() => textsOf(`one\n${'x'.repeat(LINE_MAX + 1)}\n`, 4096));
    expect(error.message).toMatch(/^a\.txt:2: found a line of more than 65536 characters/);
  });

  it('takes a line of just the limit', async () => {
    expect(await textsOf(`${'x'.repeat(LINE_MAX)}\n`, 4096)).toHaveLength(1);
  });

  it('stops at an endless line without reading all of it', async () => {
    let chunks = 0;
    async function* source() {
      for (;;) {
        chunks += 1;
        yield new Uint8Array(4096).fill(0x20);
      }
    }
    await traceErrorOf(() => collect(readLines(source(), 'zero')));
    expect(chunks).toBeLessThan(20);
  });

  it('names the tool that turns a binary trace.dat into text', async () => {
    const head = Buffer.concat([Buffer.from([0x17, 0x08, 0x44]), Buffer.from('tracing7\0')]);
    const error = await traceErrorOf(() => textsOf(head));
    expect(error.message).toContain('trace-cmd report');
  });

  it('keeps the message on one line whatever the file is called', async () => {
    const run = () => collect(readLines(inChunks(Uint8Array.of(0x1f, 0x8b)), 'two\nlines'));
    expect((await traceErrorOf(run)).message).toContain('two\\nlines');
  });
});
