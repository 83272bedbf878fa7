import { readFile } from 'node:fs/promises';
import {
  type Build,
  type Constant,
  type CostModel,
  createCostModel,
  type Method,
  parseBuild,
  parseClocks,
  parseConstants,
  parseIdmapEstimates,
  parsePathCycles,
  parseResolution,
  parseSites,
  parseWorldSwitch,
  type SiteTable,
} from '../cost/index.js';
import { dataPath } from './io.js';

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

/** Prices, calibrated with the given builds. */
export async function loadCostModel(builds: readonly Build[]): Promise<CostModel> {
  const cycles = await readData('path-cycles.json');
  const profiles = await readData('profiles.json');
  const estimates = await readData('estimates.json');
  const worldSwitch = await readData('world-switch.json');
  return createCostModel(
    builds,
    parsePathCycles(cycles.value, cycles.file),
    parseConstants(profiles, estimates),
    parseWorldSwitch(worldSwitch.value, worldSwitch.file),
  );
}

/** Clocks in GHz, and what the build files do not hold of the internal VM's map. */
export async function loadMachineData(): Promise<{
  clocks: ReadonlyMap<string, Constant>;
  idmap: { loopInsn: Constant };
}> {
  const profiles = await readData('profiles.json');
  const idmap = await readData('idmap-estimates.json');
  return {
    clocks: parseClocks(profiles.value, profiles.file),
    idmap: parseIdmapEstimates(idmap.value, idmap.file),
  };
}

/** What measuring on hardware can tell apart. */
export async function loadResolution(): Promise<Method[]> {
  const { value, file } = await readData('resolution.json');
  return parseResolution(value, file);
}
