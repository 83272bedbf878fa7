import { readFile } from 'node:fs/promises';
import {
  type Build,
  type Constant,
  type CoreProfile,
  type CostModel,
  constantsOf,
  createCostModel,
  type Estimates,
  type Method,
  parseBuild,
  parseEstimates,
  parseIdmapEstimates,
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

/** What no document and no static model gives. */
export async function loadEstimates(): Promise<Estimates> {
  const { value, file } = await readData('estimates.json');
  return parseEstimates(value, file);
}

/** Prices, calibrated with the given builds. */
export async function loadCostModel(builds: readonly Build[]): Promise<CostModel> {
  const cycles = await readData('path-cycles.json');
  const estimates = await loadEstimates();
  const worldSwitch = await readData('world-switch.json');
  const profiles = [...(await loadProfiles())];
  return createCostModel(
    builds,
    parsePathCycles(cycles.value, cycles.file),
    new Map(profiles.map(([core, profile]) => [core, constantsOf(profile, estimates)])),
    parseWorldSwitch(worldSwitch.value, worldSwitch.file),
  );
}

/** Clocks in GHz, and what the build files do not hold of the internal VM's map. */
export async function loadMachineData(): Promise<{
  clocks: ReadonlyMap<string, Constant>;
  idmap: { loopInsn: Constant };
}> {
  const profiles = [...(await loadProfiles())];
  const idmap = await readData('idmap-estimates.json');
  return {
    clocks: new Map(profiles.map(([core, { clock }]) => [core, clock])),
    idmap: parseIdmapEstimates(idmap.value, idmap.file),
  };
}

/** What measuring on hardware can tell apart. */
export async function loadResolution(): Promise<Method[]> {
  const { value, file } = await readData('resolution.json');
  return parseResolution(value, file);
}
