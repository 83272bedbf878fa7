import type { CoresQuery, KnownCores } from '../cores/types.js';
import { pageData } from './data.js';
import type { Handler } from './protocol.js';

/** The cores there are, with those of a file. */
export const cores: Handler<'cores'> = async (query: CoresQuery): Promise<KnownCores> => {
  const data = await pageData(query.data, query.profile);
  return {
    cores: [...data.profiles.keys()],
    own: data.ownCores,
    kernels: [...data.kernels.kernels.keys()],
  };
};
