import { parseHex } from '../arm/parse.js';
import type { ImageMemory } from '../walk/index.js';
import { CliError } from './errors.js';
import { inputName, readWhole } from './io.js';

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
  const bytes = await readWhole(path, BYTES_MAX, 'less memory');
  if (bytes.length === 0) throw new CliError(`${name}: found no bytes, expected memory`);
  return { name, pa, bytes };
}
