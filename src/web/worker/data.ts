import { type CoreProfile, CostError, DataFiles, type KernelClass, parseProfiles } from '../../cost/index.js';
import { type ComparisonCore, comparisonCore } from '../../scenario/comparison/run.js';
import { readJson } from '../../trace/index.js';
import type { ProfileSource } from '../cores/types.js';
import { chunksOf } from './bytes.js';

/** The data files that the page has in it, with the cores of a file that the user opened. */
export class PageData extends DataFiles {
  readonly #files: Readonly<Record<string, unknown>>;
  #source: ProfileSource | undefined;
  #own: ReadonlyMap<string, CoreProfile> = new Map();

  constructor(files: Readonly<Record<string, unknown>>) {
    super((name) => files[name]);
    this.#files = files;
  }

  /** Uses the cores of a file from now on, or none. @throws CostError or TraceError naming what is wrong with it */
  async use(source: ProfileSource | undefined): Promise<void> {
    if (this.#source?.key === source?.key) return;
    this.#own = source === undefined ? new Map() : await readProfiles(source);
    this.#source = source;
  }

  /** The bundled cores, then those of the user's file, which take the place of bundled ones. */
  override get profiles(): ReadonlyMap<string, CoreProfile> {
    return new Map([...super.profiles, ...this.#own]);
  }

  /** Names of the cores of the user's file. */
  get ownCores(): string[] {
    return [...this.#own.keys()];
  }

  /** The user's file that a core comes from; undefined: the page itself. */
  fileOf(core: string): string | undefined {
    return this.#own.has(core) ? this.#source?.file.name : undefined;
  }

  /** A core under a class of kernels. @throws CostError for a name that there is not */
  core(name: string, kernelName: string): ComparisonCore {
    return comparisonCore(this.profile(name), this.kernel(kernelName), this.sources);
  }

  /** @throws CostError for a name that there is not */
  profile(name: string): CoreProfile {
    const { profiles } = this;
    const profile = profiles.get(name);
    if (profile !== undefined) return profile;
    throw new CostError(`core: found "${name}", expected ${[...profiles.keys()].join(', ')}`);
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

async function readProfiles({ file }: ProfileSource): Promise<ReadonlyMap<string, CoreProfile>> {
  return parseProfiles(await readJson(chunksOf(file.bytes), file.name), file.name);
}

let kept: PageData | undefined;

/** The data of the page, from the packed file it was given, the same one each time, with the cores of `profile`. */
export async function pageData(packed: Blob, profile: ProfileSource | undefined): Promise<PageData> {
  kept ??= new PageData(
    (await readJson(chunksOf(packed), 'the data of the page')) as Record<string, unknown>,
  );
  await kept.use(profile);
  return kept;
}
