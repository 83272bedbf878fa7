import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { VectorFile } from '../../src/conform/file.js';
import { parseVectors } from '../../src/conform/parse.js';

const FOLDER = fileURLToPath(new URL('../vectors/', import.meta.url));

/** The recorded translations of this repository, as paths below test/vectors. */
export const VECTORS = ['recorded', 'spec'].flatMap((set) =>
  readdirSync(`${FOLDER}${set}`)
    .filter((name) => name.endsWith('.json.gz'))
    .map((name) => `${set}/${name}`),
);

export function vectorPath(name: string): string {
  return `${FOLDER}${name}`;
}

/** Its JSON text. */
export function vectorText(name: string): string {
  return gunzipSync(readFileSync(vectorPath(name))).toString();
}

export function loadVectors(name: string): VectorFile {
  return parseVectors(JSON.parse(vectorText(name)), name);
}
