import { readdirSync, readFileSync } from 'node:fs';
import {
  type Build,
  DataFiles,
  type PriceTable,
  parseBuild,
  parsePathCycles,
  priceTable,
  type Walk,
  walkBuild,
} from '../../../src/cost/index.js';

const DATA = new URL('../../../src/data/', import.meta.url);

/** A file of src/data, parsed anew at each call, so that a test may spoil it. */
// biome-ignore lint/suspicious/noExplicitAny: tests reach into files of many formats
export function dataFile(name: string): any {
  return JSON.parse(readFileSync(new URL(name, DATA), 'utf8'));
}

const FILES = new DataFiles(dataFile);

export const SITES = FILES.sites;

export const BUILD_IDS = readdirSync(new URL('builds/', DATA)).map((file) => file.replace(/\.json$/, ''));

export function loadBuild(id: string): Build {
  return FILES.build(id);
}

export const PROFILES = FILES.profiles;

export const { estimates: ESTIMATES, calibration: CALIBRATION, worldSwitch: WORLD_SWITCH } = FILES.sources;

export const PATH_CYCLES = parsePathCycles(dataFile('path-cycles.json'), 'path-cycles.json');

/** Prices of a core of the package. */
export function tableOf(core: string, parts?: readonly string[], overlap?: 'dependent'): PriceTable {
  const profile = PROFILES.get(core);
  if (profile === undefined) throw new Error(`there is no profile of ${core}`);
  const sources = { estimates: ESTIMATES, calibration: CALIBRATION };
  return priceTable(profile, parts === undefined ? sources : { ...sources, parts }, overlap);
}

/** The recorded path `path` of build `id`, followed. */
export function walkOf(id: string, path: string): Walk {
  const build = loadBuild(id);
  const recorded = build.paths.get(path);
  if (recorded === undefined) throw new Error(`${id} has no path ${path}`);
  return walkBuild(build, recorded.input);
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
