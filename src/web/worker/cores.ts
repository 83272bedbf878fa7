import { parseKernels, parseProfiles } from '../../cost/index.js';
import type { CoresQuery, KnownCores } from '../cores/types.js';
import { ownProfiles, pageFiles } from './data.js';
import type { Handler } from './protocol.js';

/** The cores there are, with those of a file; reads no more of the data than that. */
export const cores: Handler<'cores'> = async ({ data, profile }: CoresQuery): Promise<KnownCores> => {
  const files = await pageFiles(data);
  const bundled = parseProfiles(files['profiles.json'], 'profiles.json');
  const own = await ownProfiles(profile);
  const { kernels } = parseKernels(files['kernels.json'], 'kernels.json');
  return {
    cores: [...new Set([...bundled.keys(), ...own.keys()])],
    own: [...own.keys()],
    kernels: [...kernels.keys()],
  };
};
