import { createReadStream, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Dump, readDump } from '../../src/trace/index.js';

const FOLDER = new URL('tables/', import.meta.url);

/** File names of all captured dumps. */
export const DUMPS: readonly string[] = readdirSync(FOLDER).filter((name) => name.endsWith('.json.gz'));

/** Path of a captured dump. */
export function dumpPath(name: string): string {
  return fileURLToPath(new URL(name, FOLDER));
}

/** Reads a captured dump. */
export function loadDump(name: string): Promise<Dump> {
  return readDump(createReadStream(dumpPath(name)), name);
}
