import { readdir } from 'node:fs/promises';
import { calibrate, parsePathCycles, parseWorldSwitch } from '../cost/index.js';
import { parseKernels } from '../cost/kernel-file.js';
import { Bench } from '../scenario/experiment/index.js';
import { loadBuild, loadEstimates, loadProfiles, loadSites, readData } from './data.js';
import { dataPath } from './io.js';

/** The build whose paths stand for the handler of its time, without the patch. */
const HANDLER = 'gcc12c-base';

/** Builds of the package that prices are calibrated with, the one of {@link HANDLER} among them. */
const CALIBRATED = [HANDLER, 'gcc12c-rfc'];

export interface BenchOptions {
  /** Cores of a user's file besides the package's. */
  profiles?: string | undefined;
  /** Every build of the package, and not only those that prices are made of. */
  allBuilds: boolean;
}

/** What the experiments on the model are made of. */
export async function loadBench({ profiles, allBuilds }: BenchOptions): Promise<Bench> {
  const sites = await loadSites();
  const builds = [];
  for (const id of allBuilds ? await packagedBuilds() : CALIBRATED) builds.push(await loadBuild(id, sites));
  const cycles = await readData('path-cycles.json');
  const kernels = await readData('kernels.json');
  const worldSwitch = await readData('world-switch.json');
  return new Bench({
    profiles: await loadProfiles(profiles),
    kernels: parseKernels(kernels.value, kernels.file),
    estimates: await loadEstimates(),
    calibration: calibrate(parsePathCycles(cycles.value, cycles.file), builds),
    worldSwitch: parseWorldSwitch(worldSwitch.value, worldSwitch.file),
    builds,
  });
}

async function packagedBuilds(): Promise<string[]> {
  const names = (await readdir(dataPath('builds'))).filter((name) => name.endsWith('.json'));
  const ids = names.map((name) => name.slice(0, -'.json'.length)).sort();
  return [HANDLER, ...ids.filter((id) => id !== HANDLER)];
}
