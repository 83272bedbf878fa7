import {
  type Accesses,
  type Build,
  CALIBRATED,
  type CoreProfile,
  CostError,
  calibrate,
  type GuestActivity,
  type KernelClass,
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
} from '../../cost/index.js';
import {
  type ComparisonCore,
  type ComparisonSources,
  comparisonCore,
} from '../../scenario/comparison/run.js';
import { readJson } from '../../trace/index.js';
import { chunksOf } from './bytes.js';

/** The data files of the page, read and checked as they are asked for. */
export class PageData {
  readonly #files: Readonly<Record<string, unknown>>;
  readonly #builds = new Map<string, Build>();
  readonly sites: SiteTable;
  readonly profiles: ReadonlyMap<string, CoreProfile>;
  readonly sources: ComparisonSources;
  readonly accesses: Accesses;
  readonly guest: GuestActivity;
  readonly methods: readonly Method[];
  readonly idmapEstimates: ReturnType<typeof parseIdmapEstimates>;

  constructor(files: Readonly<Record<string, unknown>>) {
    this.#files = files;
    this.sites = this.#read('sites.json', parseSites);
    this.profiles = this.#read('profiles.json', parseProfiles);
    this.accesses = this.#read('accesses.json', parseAccesses);
    this.guest = this.#read('guest.json', parseGuest);
    this.methods = this.#read('resolution.json', parseResolution);
    this.idmapEstimates = this.#read('idmap-estimates.json', parseIdmapEstimates);
    const cycles = this.#read('path-cycles.json', parsePathCycles);
    this.sources = {
      estimates: this.#read('estimates.json', parseEstimates),
      calibration: calibrate(
        cycles,
        CALIBRATED.map((id) => this.build(id)),
      ),
      kernels: this.#read('kernels.json', parseKernels),
      worldSwitch: this.#read('world-switch.json', parseWorldSwitch),
    };
  }

  #read<T>(name: string, parse: (value: unknown, file: string) => T): T {
    return parse(this.#files[name], name);
  }

  /** Build `id` (such as gcc12c-rfc). */
  build(id: string): Build {
    const known = this.#builds.get(id);
    if (known !== undefined) return known;
    const build = this.#read(`builds/${id}.json`, (value, file) => parseBuild(value, file, this.sites));
    this.#builds.set(id, build);
    return build;
  }

  /** A core under a class of kernels. @throws CostError for a name that there is not */
  core(name: string, kernelName: string): ComparisonCore {
    const profile = this.profiles.get(name);
    if (profile === undefined) {
      throw new CostError(`core: found "${name}", expected ${[...this.profiles.keys()].join(', ')}`);
    }
    return comparisonCore(profile, this.kernel(kernelName), this.sources);
  }

  kernel(name: string): KernelClass {
    const { kernels } = this.sources.kernels;
    const kernel = kernels.get(name);
    if (kernel !== undefined) return kernel;
    throw new CostError(`kernel: found "${name}", expected ${[...kernels.keys()].join(', ')}`);
  }

  /** The slots of the capture that comes with the page. */
  bundledSlots(): unknown {
    return this.#files['traces/guestA_6.1_max-vhe_kprobes.memslots.json'];
  }
}

let kept: PageData | undefined;

/** The data of the page, from the packed file it was given; the same file each time. */
export async function pageData(packed: Blob): Promise<PageData> {
  if (kept !== undefined) return kept;
  const files = await readJson(chunksOf(packed), 'the data of the page');
  kept = new PageData(files as Record<string, unknown>);
  return kept;
}
