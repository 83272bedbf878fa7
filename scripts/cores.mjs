// Compiles the cores, unless those in build are of the same sources, compiler and settings.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asc, fromRoot } from './tools.mjs';

/** What the cores are made from: folders, and files. */
const SOURCES = ['assembly', 'src/abi'];
const SETTINGS = ['asconfig.json', 'scripts/tools.mjs', 'node_modules/assemblyscript/package.json'];

/** Cores compiled together: files by target of asconfig.json, and what they were compiled from. */
const WITH_SIMD = {
  targets: { release: 'stage2.wasm', 'release-accounted': 'stage2-accounted.wasm' },
  stamp: 'build/cores.sha256',
};
const SCALAR = {
  targets: { scalar: 'stage2-scalar.wasm', 'scalar-accounted': 'stage2-scalar-accounted.wasm' },
  stamp: 'build/cores-scalar.sha256',
};

/**
 * Leaves release cores in build; the compiler takes most of a build, so it runs only when it must.
 * @param {boolean} scalar also those without SIMD, which are for embedders that have none
 * @returns {Promise<string[]>} names of all release cores in build that are of these sources
 */
export async function compileCores(scalar) {
  const hash = sourcesHash();
  for (const cores of scalar ? [WITH_SIMD, SCALAR] : [WITH_SIMD]) {
    if (!isOf(cores, hash)) await compile(cores, hash);
  }
  return [WITH_SIMD, SCALAR]
    .filter((cores) => isOf(cores, hash))
    .flatMap(({ targets }) => Object.values(targets));
}

/** @typedef {{ targets: Record<string, string>, stamp: string }} Cores */

/**
 * @param {Cores} cores
 * @param {string} hash
 */
function isOf({ targets, stamp }, hash) {
  const files = [stamp, ...Object.values(targets).map((name) => `build/${name}`)].map(fromRoot);
  return files.every((file) => existsSync(file)) && readFileSync(fromRoot(stamp), 'utf8') === hash;
}

/**
 * @param {Cores} cores
 * @param {string} hash
 */
async function compile({ targets, stamp }, hash) {
  rmSync(fromRoot(stamp), { force: true });
  await asc(Object.keys(targets));
  writeFileSync(fromRoot(stamp), hash);
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
