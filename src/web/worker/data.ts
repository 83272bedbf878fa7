import { CostError, DataFiles, type KernelClass } from '../../cost/index.js';
import { type ComparisonCore, comparisonCore } from '../../scenario/comparison/run.js';
import { readJson } from '../../trace/index.js';
import { chunksOf } from './bytes.js';

/** The data files that the page has in it. */
export class PageData extends DataFiles {
  readonly #files: Readonly<Record<string, unknown>>;

  constructor(files: Readonly<Record<string, unknown>>) {
    super((name) => files[name]);
    this.#files = files;
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

let kept: PageData | undefined;

/** The data of the page, from the packed file it was given; the same file each time. */
export async function pageData(packed: Blob): Promise<PageData> {
  if (kept !== undefined) return kept;
  const files = await readJson(chunksOf(packed), 'the data of the page');
  kept = new PageData(files as Record<string, unknown>);
  return kept;
}
