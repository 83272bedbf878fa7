import { readFile } from 'node:fs/promises';
import {
  type Accesses,
  type Build,
  type CoreProfile,
  calibrate,
  type GuestActivity,
  type IdmapEstimates,
  type Method,
  parseAccesses,
  parseBuild,
  parseEstimates,
  parseGuest,
  parseIdmapEstimates,
  parseKernels,
  parsePathCycles,
  parseProfiles,
  parseResolution,
  parseSites,
  parseWorldSwitch,
  type SiteTable,
} from '../cost/index.js';
import { readJson } from '../trace/index.js';
import { dataPath, openInput } from './io.js';

/** A JSON file of the package's data folder. */
export async function readData(name: string): Promise<{ value: unknown; file: string }> {
  return { value: JSON.parse(await readFile(dataPath(name), 'utf8')), file: name };
}

export async function loadSites(): Promise<SiteTable> {
  const { value, file } = await readData('sites.json');
  return parseSites(value, file);
}

/** Build `id` (such as gcc12c-rfc) of the package. */
export async function loadBuild(id: string, sites: SiteTable): Promise<Build> {
  const { value, file } = await readData(`builds/${id}.json`);
  return parseBuild(value, file, sites);
}

/** The cores of the package by name, with those of a user's file, which take the place of the package's. */
export async function loadProfiles(file?: string): Promise<ReadonlyMap<string, CoreProfile>> {
  const own = await readData('profiles.json');
  const profiles = parseProfiles(own.value, own.file);
  if (file === undefined) return profiles;
  return new Map([...profiles, ...parseProfiles(await readJson(await openInput(file), file), file)]);
}

/** What prices and kernels are made of, calibrated with those of `CALIBRATED` among `builds`. */
export async function loadPriceSources(builds: readonly Build[]) {
  const estimates = await readData('estimates.json');
  const cycles = await readData('path-cycles.json');
  const kernels = await readData('kernels.json');
  const worldSwitch = await readData('world-switch.json');
  return {
    estimates: parseEstimates(estimates.value, estimates.file),
    calibration: calibrate(parsePathCycles(cycles.value, cycles.file), builds),
    kernels: parseKernels(kernels.value, kernels.file),
    worldSwitch: parseWorldSwitch(worldSwitch.value, worldSwitch.file),
  };
}

/** What the build files do not hold of the internal VM's map. */
export async function loadIdmapEstimates(): Promise<IdmapEstimates> {
  const { value, file } = await readData('idmap-estimates.json');
  return parseIdmapEstimates(value, file);
}

/** Which structures of the kernel a fault touches. */
export async function loadAccesses(): Promise<Accesses> {
  const { value, file } = await readData('accesses.json');
  return parseAccesses(value, file);
}

/** What a guest does between two faults. */
export async function loadGuest(): Promise<GuestActivity> {
  const { value, file } = await readData('guest.json');
  return parseGuest(value, file);
}

/** What measuring on hardware can tell apart. */
export async function loadResolution(): Promise<Method[]> {
  const { value, file } = await readData('resolution.json');
  return parseResolution(value, file);
}
