import { readdir } from 'node:fs/promises';
import { CALIBRATED, HANDLER_BUILD } from '../cost/index.js';
import { Bench } from '../scenario/experiment/index.js';
import { loadProfiles, packageData } from './data.js';
import { dataPath } from './io.js';

export interface BenchOptions {
  /** Cores of a user's file besides the package's. */
  profiles?: string | undefined;
  /** Every build of the package, and not only those that prices are made of. */
  allBuilds: boolean;
}

/** What the experiments on the model are made of. */
export async function loadBench({ profiles, allBuilds }: BenchOptions): Promise<Bench> {
  const ids = allBuilds ? await packagedBuilds() : CALIBRATED;
  return new Bench({
    ...packageData.sources,
    profiles: await loadProfiles(profiles),
    builds: ids.map((id) => packageData.build(id)),
  });
}

async function packagedBuilds(): Promise<string[]> {
  const names = (await readdir(dataPath('builds'))).filter((name) => name.endsWith('.json'));
  const ids = names.map((name) => name.slice(0, -'.json'.length)).sort();
  return [HANDLER_BUILD, ...ids.filter((id) => id !== HANDLER_BUILD)];
}
