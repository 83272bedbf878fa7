import { runIdmap } from '../../scenario/idmap.js';
import { type IdmapMap, mappingCore, priceMap } from '../../scenario/idmap-comparison.js';
import { NOT_COUNTED } from '../../scenario/idmap-limits.js';
import type { IdmapAnswer, IdmapQuery } from '../compare/types.js';
import { pageData } from './data.js';
import type { Handler } from './protocol.js';

/** The build that has the patch; with it prices of code are calibrated too. */
const BUILD = 'gcc12c-rfc';

/** Maps internal VMs in the emulator, and prices what that took. */
export const idmap: Handler<'idmap'> = async (query: IdmapQuery, report): Promise<IdmapAnswer> => {
  const data = await pageData(query.data, query.profile);
  const kernel = data.kernel(query.kernel);
  const cores = query.cores.map((name) =>
    mappingCore(data.core(name, query.kernel), data.profile(name), kernel, data.sources.kernels),
  );
  const code = { build: data.build(BUILD), estimates: data.idmapEstimates };
  const { granuleShift, sizes, policies } = query;
  const plan = sizes.flatMap((bytes) => policies.map((policy) => ({ bytes, policy })));
  const maps: IdmapMap[] = [];
  for (const [i, { bytes, policy }] of plan.entries()) {
    report({ what: `mapping ${bytes >> 20n} MiB, ${policy}`, part: i / plan.length });
    maps.push(priceMap(runIdmap(bytes, { policy, granuleShift }), cores, code));
  }
  return { maps, notCounted: NOT_COUNTED };
};
