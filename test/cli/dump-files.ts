import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { dumpPath } from '../traces/dumps.js';

/** A table dump as JSON, in as far as the tests change it. */
export interface DumpJson {
  name: string;
  key_registers: Record<string, string>;
  table_pages: { pa: string; level: number; n_entries: number; entries: Record<string, string> }[];
  mappings: { ipa: string; pa: string; desc: string; level: number }[];
}

/** A captured dump as JSON text. */
export function dumpText(name: string): string {
  return gunzipSync(readFileSync(dumpPath(name))).toString();
}

/** Writes text to a file of its own and gives its path to `use`. */
export async function withFile<T>(text: string, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'stage2-'));
  try {
    const path = join(folder, 'dump.json');
    await writeFile(path, text);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A captured dump changed by `edit`, as JSON text. */
export function editedDump(name: string, edit: (dump: DumpJson) => void): string {
  const dump = JSON.parse(dumpText(name)) as DumpJson;
  edit(dump);
  return JSON.stringify(dump);
}
