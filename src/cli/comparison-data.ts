import {
  type Accesses,
  type Build,
  type GuestActivity,
  parseAccesses,
  parseGuest,
  parseKernels,
} from '../cost/index.js';
import type { ComparisonSources } from '../scenario/comparison/run.js';
import { loadCostModel, loadEstimates, readData } from './data.js';

/** Prices and kernels, calibrated with `builds`. */
export async function loadComparisonSources(builds: readonly Build[]): Promise<ComparisonSources> {
  const kernels = await readData('kernels.json');
  const { calibration, worldSwitch } = await loadCostModel(builds);
  return {
    estimates: await loadEstimates(),
    calibration,
    kernels: parseKernels(kernels.value, kernels.file),
    worldSwitch,
  };
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
