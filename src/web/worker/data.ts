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
import type { ProfileSource } from '../cores/types.js';
import { chunksOf } from './bytes.js';

/** The data files of the page by name, as they are in JSON. */
type Files = Readonly<Record<string, unknown>>;

/** Cores that the user opened. */
interface OwnProfiles {
  source: ProfileSource | undefined;
  cores: ReadonlyMap<string, CoreProfile>;
}

const NO_PROFILES: OwnProfiles = { source: undefined, cores: new Map() };

/** The data files of the page, read and checked as they are asked for. */
export class PageData {
  readonly #files: Files;
  readonly #builds = new Map<string, Build>();
  readonly #bundled: ReadonlyMap<string, CoreProfile>;
  #own: OwnProfiles = NO_PROFILES;
  readonly sites: SiteTable;
  readonly sources: ComparisonSources;
  readonly accesses: Accesses;
  readonly guest: GuestActivity;
  readonly methods: readonly Method[];
  readonly idmapEstimates: ReturnType<typeof parseIdmapEstimates>;

  constructor(files: Files) {
    this.#files = files;
    this.sites = this.#read('sites.json', parseSites);
    this.#bundled = this.#read('profiles.json', parseProfiles);
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

  /** Uses the cores of a file, in place of bundled ones of the same name. */
  async use(source: ProfileSource | undefined): Promise<void> {
    if (this.#own.source?.key === source?.key) return;
    this.#own = { source, cores: await ownProfiles(source) };
  }

  /** The file that a core comes from; undefined: the page itself. */
  fileOf(core: string): string | undefined {
    return this.#own.cores.has(core) ? this.#own.source?.file.name : undefined;
  }

  /** A core under a class of kernels. @throws CostError for a name that there is not */
  core(name: string, kernelName: string): ComparisonCore {
    return comparisonCore(this.profile(name), this.kernel(kernelName), this.sources);
  }

  profile(name: string): CoreProfile {
    const profile = this.#own.cores.get(name) ?? this.#bundled.get(name);
    if (profile !== undefined) return profile;
    const names = new Set([...this.#bundled.keys(), ...this.#own.cores.keys()]);
    throw new CostError(`core: found "${name}", expected ${[...names].join(', ')}`);
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

let keptFiles: Promise<Files> | undefined;
let kept: PageData | undefined;

/** The data files of the page, from the packed file it was given; the same file each time. */
export function pageFiles(packed: Blob): Promise<Files> {
  keptFiles ??= readJson(chunksOf(packed), 'the data of the page') as Promise<Files>;
  return keptFiles;
}

/** The data of the page, with the cores of a file that the user opened. @throws CostError or TraceError about that */
export async function pageData(packed: Blob, profile: ProfileSource | undefined): Promise<PageData> {
  kept ??= new PageData(await pageFiles(packed));
  await kept.use(profile);
  return kept;
}

/** The cores of a file; none without one. @throws CostError or TraceError naming what is wrong with it */
export async function ownProfiles(source: ProfileSource | undefined): Promise<OwnProfiles['cores']> {
  if (source === undefined) return NO_PROFILES.cores;
  const { name, bytes } = source.file;
  return parseProfiles(await readJson(chunksOf(bytes), name), name);
}
