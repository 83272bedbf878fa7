import { parseHex } from '../arm/parse.js';
import { readLineBatches } from '../trace/lines.js';
import { openInput } from './io.js';

/**
 * Addresses of the command line and, for `-`, those that stand on the lines of standard input, parted by spaces; `#`
 * begins a comment. They come as they are read: batch by batch. Throws CliError or Stage2Error naming argument or line.
 */
export async function* readAddresses(texts: readonly string[], what: string): AsyncGenerator<bigint[]> {
  const given = texts.map((text) => (text === '-' ? undefined : parseHex(text, what)));
  for (const address of given) {
    if (address !== undefined) yield [address];
    else yield* readStandardInput(what);
  }
}

async function* readStandardInput(what: string): AsyncGenerator<bigint[]> {
  for await (const lines of readLineBatches(await openInput('-'), 'standard input')) {
    yield lines.flatMap(({ line, text }) => {
      const place = `standard input:${line}: ${what}`;
      return wordsOf(text).map((word) => parseHex(word, place));
    });
  }
}

const COMMENT = /#.*$/;

function wordsOf(line: string): string[] {
  return line
    .replace(COMMENT, '')
    .split(/\s+/)
    .filter((word) => word !== '');
}
