import type {
  Accesses,
  Build,
  CoreProfile,
  GuestActivity,
  KernelClass,
  KernelTable,
  Method,
  SiteTable,
} from '../cost/index.js';
import { CALIBRATED } from '../cost/index.js';
import { type Experiment, experimentOf } from '../scenario/comparison/experiment.js';
import { loggedTrace } from '../scenario/comparison/logged-trace.js';
import { PHASES } from '../scenario/comparison/placements.js';
import {
  type ComparedCore,
  type ComparisonCore,
  compareOn,
  comparisonCore,
} from '../scenario/comparison/run.js';
import type { FaultsReplay } from '../scenario/replay/index.js';
import type { CompareSettings } from './compare-options.js';
import {
  loadAccesses,
  loadBuild,
  loadGuest,
  loadPriceSources,
  loadProfiles,
  loadResolution,
  loadSites,
} from './data.js';
import { unknownValue } from './errors.js';
import { followPool } from './follow-pool.js';
import { shareProgress } from './progress.js';

/** The data of a comparison, read and checked. */
export interface LoadedComparison {
  builds: readonly [Build, Build];
  cores: readonly ComparisonCore[];
  accesses: Accesses;
  guest: GuestActivity;
  methods: readonly Method[];
  sites: SiteTable;
}

/** A core with what it was made of. */
export interface ProfiledCore {
  core: ComparisonCore;
  profile: CoreProfile;
  kernel: KernelClass;
  kernels: KernelTable;
}

/** @throws CliError for a core or a kernel that there is not */
export async function loadComparison(settings: CompareSettings): Promise<LoadedComparison> {
  const sites = await loadSites();
  const load = (id: string) => loadBuild(id, sites);
  const { config, variant } = settings;
  return {
    builds: [await load(`${config}-base`), await load(`${config}-${variant}`)],
    cores: (await loadProfiledCores(settings, await Promise.all(CALIBRATED.map(load)))).map(
      ({ core }) => core,
    ),
    accesses: await loadAccesses(),
    guest: await loadGuest(),
    methods: await loadResolution(),
    sites,
  };
}

/** The cores of the options --core, --profile and --kernel, with the profile and the kernel class of each. */
export async function loadProfiledCores(
  settings: Pick<CompareSettings, 'cores' | 'kernel' | 'profile'>,
  calibrated: readonly Build[],
): Promise<ProfiledCore[]> {
  const sources = await loadPriceSources(calibrated);
  const profiles = await loadProfiles(settings.profile);
  const { kernels } = sources.kernels;
  const kernel = kernels.get(settings.kernel);
  if (kernel === undefined) {
    throw unknownValue('--kernel', settings.kernel, ['nvhe', 'vhe', ...kernels.keys()]);
  }
  return (settings.cores ?? [...profiles.keys()]).map((name) => {
    const profile = profiles.get(name);
    if (profile !== undefined) {
      return { core: comparisonCore(profile, kernel, sources), profile, kernel, kernels: sources.kernels };
    }
    throw unknownValue('--core', name, [...profiles.keys()]);
  });
}

export function experimentWith(
  faults: FaultsReplay,
  { builds, accesses, guest }: LoadedComparison,
  settings: CompareSettings,
): Experiment {
  return experimentOf(loggedTrace(faults), builds, accesses, guest, settings);
}

/** Compares on every core, on several threads, with progress on a terminal. */
export async function compareCores(
  faults: FaultsReplay,
  loaded: LoadedComparison,
  settings: CompareSettings,
): Promise<{ cores: ComparedCore[]; followed: number }> {
  const experiment = experimentWith(faults, loaded, settings);
  const plan = { ...settings, methods: loaded.methods };
  const perCore = settings.placements * settings.states.length + PHASES.length;
  const progress = shareProgress(process.stderr, 'compare', loaded.cores.length * perCore);
  const pool = followPool(settings.threads, progress.add);
  try {
    const cores = await Promise.all(
      loaded.cores.map((core) => compareOn(core, experiment, plan, pool.follow)),
    );
    return { cores, followed: experiment.sample.paths.length };
  } finally {
    progress.end();
    await pool.close();
  }
}
