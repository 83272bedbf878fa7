import { parseHex } from '../arm/parse.js';
import { readBytes } from '../trace/bytes.js';
import type { ImageMemory } from '../walk/index.js';
import { CliError } from './errors.js';
import { inputName, openInput } from './io.js';

/** Bytes of one file; a machine holds at most 4 GiB of all. */
const BYTES_MAX = 2 ** 31;

/** Reads `FILE@PA`: memory as it is, plain or gzip. Throws CliError naming the file. */
export async function readMemoryFile(text: string): Promise<ImageMemory> {
  const [, path, address] = /^(.+)@([^@]+)$/s.exec(text) ?? [];
  if (path === undefined || address === undefined) {
    throw new CliError(`--memory: found "${text}", expected FILE@PA such as ram.bin@0x8000_0000`);
  }
  const pa = parseHex(address, `--memory ${path}`);
  const name = inputName(path);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of readBytes(await openInput(path), name)) {
    length += piece.length;
    if (length > BYTES_MAX)
      throw new CliError(`${name}: found more than ${BYTES_MAX} bytes, expected less memory`);
    pieces.push(piece);
  }
  if (length === 0) throw new CliError(`${name}: found no bytes, expected memory`);
  return { name, pa, bytes: joined(pieces, length) };
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
