import { type CoreProfile, CostError, DataFiles, type KernelClass, parseProfiles } from '../../cost/index.js';
import { type ComparisonCore, comparisonCore } from '../../scenario/comparison/run.js';
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

/** The data files that the page has in it, with cores that the user opened. */
export class PageData extends DataFiles {
  readonly #files: Files;
  #own: OwnProfiles = NO_PROFILES;

  constructor(files: Files) {
    super((name) => files[name]);
    this.#files = files;
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
    const profile = this.#own.cores.get(name) ?? this.profiles.get(name);
    if (profile !== undefined) return profile;
    const names = new Set([...this.profiles.keys(), ...this.#own.cores.keys()]);
    throw new CostError(`core: found "${name}", expected ${[...names].join(', ')}`);
  }

  kernel(name: string): KernelClass {
    const { kernels } = this.kernels;
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
