import type { Build, CoreProfile, KernelClass, KernelTable } from '../cost/index.js';
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
import { loadProfiles, packageData } from './data.js';
import { unknownValue } from './errors.js';
import { followPool } from './follow-pool.js';
import { shareProgress } from './progress.js';

/** What is compared: the base and the variant, on these cores. */
export interface LoadedComparison {
  builds: readonly [Build, Build];
  cores: readonly ComparisonCore[];
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
  const { config, variant } = settings;
  return {
    builds: [packageData.build(`${config}-base`), packageData.build(`${config}-${variant}`)],
    cores: (await loadProfiledCores(settings)).map(({ core }) => core),
  };
}

/** The cores of the options --core, --profile and --kernel, with the profile and the kernel class of each. */
export async function loadProfiledCores({
  cores,
  kernel: kernelName,
  profile: file,
}: Pick<CompareSettings, 'cores' | 'kernel' | 'profile'>): Promise<ProfiledCore[]> {
  const { sources } = packageData;
  const profiles = await loadProfiles(file);
  const { kernels } = sources.kernels;
  const kernel = kernels.get(kernelName);
  if (kernel === undefined) throw unknownValue('--kernel', kernelName, ['nvhe', 'vhe', ...kernels.keys()]);
  return (cores ?? [...profiles.keys()]).map((name) => {
    const profile = profiles.get(name);
    if (profile === undefined) throw unknownValue('--core', name, [...profiles.keys()]);
    return { core: comparisonCore(profile, kernel, sources), profile, kernel, kernels: sources.kernels };
  });
}

export function experimentWith(
  faults: FaultsReplay,
  { builds }: LoadedComparison,
  settings: CompareSettings,
): Experiment {
  return experimentOf(loggedTrace(faults), builds, packageData.accesses, packageData.guest, settings);
}

/** Compares on every core, on several threads, with progress on a terminal. */
export async function compareCores(
  faults: FaultsReplay,
  loaded: LoadedComparison,
  settings: CompareSettings,
): Promise<{ cores: ComparedCore[]; followed: number }> {
  const experiment = experimentWith(faults, loaded, settings);
  const plan = { ...settings, methods: packageData.methods };
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
