import { type Accesses, parseAccesses } from './accesses.js';
import { parseBuild } from './build.js';
import type { Build } from './build-types.js';
import { CALIBRATED, type Calibration, calibrate } from './calibration.js';
import { type Estimates, parseEstimates } from './estimates.js';
import { type GuestActivity, parseGuest } from './guest.js';
import type { KernelTable } from './kernel.js';
import { parseKernels } from './kernel-file.js';
import { type IdmapEstimates, parseIdmapEstimates } from './machine-data.js';
import { parsePathCycles } from './path-cycles.js';
import { type CoreProfile, parseProfiles } from './profile.js';
import { type Method, parseResolution } from './resolution.js';
import { parseSites, type SiteTable } from './sites.js';
import { parseWorldSwitch, type WorldSwitch } from './world-switch.js';

/** What prices and kernels are made of. */
export interface CostSources {
  /** src/data/estimates.json. */
  estimates: Estimates;
  /** What `calibrate` makes of src/data/path-cycles.json. */
  calibration: Calibration;
  /** src/data/kernels.json. */
  kernels: KernelTable;
  /** src/data/world-switch.json. */
  worldSwitch: WorldSwitch;
}

/** The data files of the package by what is in them; each is parsed and checked once, when it is first asked for. */
export class DataFiles {
  readonly #read: (name: string) => unknown;
  readonly #parsed = new Map<string, unknown>();

  /** `read` gives the JSON of a file of `src/data`, such as sites.json. */
  constructor(read: (name: string) => unknown) {
    this.#read = read;
  }

  /** The branches of the fault path. */
  get sites(): SiteTable {
    return this.#once('sites.json', parseSites);
  }

  /** The cores by name. */
  get profiles(): ReadonlyMap<string, CoreProfile> {
    return this.#once('profiles.json', parseProfiles);
  }

  /** Classes of kernels around the handler. */
  get kernels(): KernelTable {
    return this.#once('kernels.json', parseKernels);
  }

  /** Which structures of the kernel a fault touches. */
  get accesses(): Accesses {
    return this.#once('accesses.json', parseAccesses);
  }

  /** What a guest does between two faults. */
  get guest(): GuestActivity {
    return this.#once('guest.json', parseGuest);
  }

  /** What measuring on hardware can tell apart. */
  get methods(): Method[] {
    return this.#once('resolution.json', parseResolution);
  }

  /** What the build files do not hold of the internal VM's map. */
  get idmapEstimates(): IdmapEstimates {
    return this.#once('idmap-estimates.json', parseIdmapEstimates);
  }

  /** What prices and kernels are made of. */
  get sources(): CostSources {
    return {
      estimates: this.#once('estimates.json', parseEstimates),
      calibration: this.#once('path-cycles.json', (value, file) =>
        calibrate(
          parsePathCycles(value, file),
          CALIBRATED.map((id) => this.build(id)),
        ),
      ),
      kernels: this.kernels,
      worldSwitch: this.#once('world-switch.json', parseWorldSwitch),
    };
  }

  /** Build `id`, such as gcc12c-rfc. */
  build(id: string): Build {
    return this.#once(`builds/${id}.json`, (value, file) => parseBuild(value, file, this.sites));
  }

  #once<T>(name: string, parse: (value: unknown, file: string) => T): T {
    if (!this.#parsed.has(name)) this.#parsed.set(name, parse(this.#read(name), name));
    return this.#parsed.get(name) as T;
  }
}
