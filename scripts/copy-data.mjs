import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fromRoot } from './tools.mjs';

// Modules are tsc's, and prose stays in the repository.
const NOT_DATA = new Set(['.ts', '.md']);

/**
 * Copies the data files of src/data, with their folders.
 * @param {string} to the folder that takes the place of src/data
 * @returns {number} how many files were copied
 */
export function copyData(to) {
  const from = fromRoot('src/data');
  if (!existsSync(from)) {
    console.error('build: there is no src/data, so no data file was copied');
    return 0;
  }
  const files = readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !NOT_DATA.has(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name).slice(from.length + 1));
  for (const file of files) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    copyFileSync(join(from, file), join(to, file));
  }
  return files.length;
}
