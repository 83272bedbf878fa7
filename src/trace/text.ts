import { readBytes } from './bytes.js';
import { TraceError } from './error.js';

/**
 * Longest text that is read into one string, in UTF-16 units: a hundred times the largest file there is. As JSON it
 * makes at most some 1.5 GiB of values, which the heap of any Node holds.
 */
export const TEXT_MAX = 64 * 1024 * 1024;

/**
 * The whole text of a file, plain or gzip.
 * @throws TraceError on damaged gzip data and on more than 64 Mi characters of text
 */
export async function readText(source: AsyncIterable<Uint8Array>, name: string): Promise<string> {
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  let length = 0;
  for await (const chunk of readBytes(source, name)) {
    const piece = decoder.decode(chunk, { stream: true });
    length += piece.length;
    if (length > TEXT_MAX) {
      throw new TraceError(
        { file: name },
        `found more than ${TEXT_MAX} characters, expected a file that fits in memory`,
      );
    }
    pieces.push(piece);
  }
  pieces.push(decoder.decode());
  return pieces.join('');
}
