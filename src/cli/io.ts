import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readBytes } from '../trace/bytes.js';
import { CliError } from './errors.js';

/**
 * Opens a file, or standard input for `-`, as a stream of bytes. Throws CliError (exit 2) if it cannot be read, or is
 * standard input and was read before.
 */
export async function openInput(path: string): Promise<AsyncIterable<Uint8Array>> {
  if (path === '-') return standardInput();
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`${path}: ${error.code === 'ENOENT' ? 'no such file' : error.message}`);
  });
  if (info.isDirectory()) throw new CliError(`${path}: is a directory, expected a file`);
  return createReadStream(path);
}

function standardInput(): AsyncIterable<Uint8Array> {
  const { stdin } = process;
  if (stdin.readableDidRead) throw new CliError('-: found again, expected standard input to be read once');
  return stdin;
}

/** The bytes of a file, unpacked. Throws CliError if there are more than `most`, where `what` was expected. */
export async function readWhole(path: string, most: number, what: string): Promise<Buffer> {
  const name = inputName(path);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of readBytes(await openInput(path), name)) {
    length += piece.length;
    if (length > most) throw new CliError(`${name}: found more than ${most} bytes, expected ${what}`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}

/** How messages call an input. */
export function inputName(path: string): string {
  return path === '-' ? 'standard input' : path;
}

/** Path of a file that ships in the package's data folder. */
export function dataPath(name: string): string {
  return fileURLToPath(new URL(`../data/${name}`, import.meta.url));
}

/** Path of a file of the package. */
export function packagePath(name: string): string {
  return fileURLToPath(new URL(`../../${name}`, import.meta.url));
}
