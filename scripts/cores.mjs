// Compiles the cores, unless those in build are of the same sources, compiler and settings.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CORE_FILES } from './embed-wasm.mjs';
import { asc, fromRoot } from './tools.mjs';

/** What the cores are made from: folders, and files. */
const SOURCES = ['assembly', 'src/abi'];
const SETTINGS = ['asconfig.json', 'scripts/tools.mjs', 'node_modules/assemblyscript/package.json'];
const STAMP = 'build/cores.sha256';

/** Leaves the release cores in build; the compiler takes most of a build, so it runs only when it must. */
export async function compileCores() {
  const stamp = sourcesHash();
  const files = CORE_FILES.map((name) => fromRoot(`build/${name}`));
  const path = fromRoot(STAMP);
  if (files.every((file) => existsSync(file)) && existsSync(path) && readFileSync(path, 'utf8') === stamp)
    return;
  rmSync(path, { force: true });
  await asc(['release', 'release-accounted', 'scalar', 'scalar-accounted']);
  writeFileSync(path, stamp);
}

/** SHA-256 over names and contents of all that the cores are made from. */
function sourcesHash() {
  const hash = createHash('sha256');
  for (const name of [...SOURCES.flatMap(filesBelow), ...SETTINGS]) {
    hash
      .update(`${name}\0`)
      .update(readFileSync(fromRoot(name)))
      .update('\0');
  }
  return hash.digest('hex');
}

/**
 * @param {string} folder
 * @returns {string[]} paths relative to the root, in order
 */
function filesBelow(folder) {
  return readdirSync(fromRoot(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(fromRoot('').length))
    .sort();
}
