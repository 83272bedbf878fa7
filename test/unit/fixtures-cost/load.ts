import { readdirSync, readFileSync } from 'node:fs';
import {
  type Build,
  constantsOf,
  createCostModel,
  parseBuild,
  parseEstimates,
  parsePathCycles,
  parseProfiles,
  parseSites,
  parseWorldSwitch,
} from '../../../src/cost/index.js';

const DATA = new URL('../../../src/data/', import.meta.url);

/** A file of src/data, parsed anew at each call, so that a test may spoil it. */
// biome-ignore lint/suspicious/noExplicitAny: tests reach into files of many formats
export function dataFile(name: string): any {
  return JSON.parse(readFileSync(new URL(name, DATA), 'utf8'));
}

export const SITES = parseSites(dataFile('sites.json'), 'sites.json');

export const BUILD_IDS = readdirSync(new URL('builds/', DATA)).map((file) => file.replace(/\.json$/, ''));

const builds = new Map<string, Build>();

export function loadBuild(id: string): Build {
  const build = builds.get(id) ?? parseBuild(dataFile(`builds/${id}.json`), `${id}.json`, SITES);
  builds.set(id, build);
  return build;
}

export const PROFILES = parseProfiles(dataFile('profiles.json'), 'profiles.json');

export const ESTIMATES = parseEstimates(dataFile('estimates.json'), 'estimates.json');

export function loadConstants() {
  return new Map([...PROFILES].map(([core, profile]) => [core, constantsOf(profile, ESTIMATES)]));
}

export function loadModel() {
  const constants = loadConstants();
  const cycles = parsePathCycles(dataFile('path-cycles.json'), 'path-cycles.json');
  const worldSwitch = parseWorldSwitch(dataFile('world-switch.json'), 'world-switch.json');
  return createCostModel([loadBuild('gcc12c-base'), loadBuild('gcc12c-rfc')], cycles, constants, worldSwitch);
}

/** The file of a build with one thing changed. */
// biome-ignore lint/suspicious/noExplicitAny: see dataFile
export function spoiledBuild(spoil: (file: any) => void, id = 'gcc12c-rfc'): Build {
  const file = dataFile(`builds/${id}.json`);
  spoil(file);
  return parseBuild(file, `${id}.json`, SITES);
}

/** The block `id` of the abort handler in the parsed file of a build. */
// biome-ignore lint/suspicious/noExplicitAny: see dataFile
export function handlerBlock(file: any, id: string): any {
  return file.functions.kvm_handle_guest_abort.blocks.find((block: { id: string }) => block.id === id);
}
