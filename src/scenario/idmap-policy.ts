import { Stage2Error } from '../core/error.js';
import type { InternalPolicy } from '../kvm/index.js';

/** The ways of mapping an internal VM that are compared, by the names they have in options and reports. */
const POLICIES = {
  asPosted: { idmap: 'asPosted', contiguous: false },
  upFront: { idmap: 'upFront', contiguous: false },
  'upFront+contiguous': { idmap: 'upFront', contiguous: true },
  blocks: { idmap: 'blocks', contiguous: false },
  'blocks+contiguous': { idmap: 'blocks', contiguous: true },
} as const satisfies Record<string, Pick<InternalPolicy, 'idmap' | 'contiguous'>>;

/** How an internal VM is mapped, as options and reports call it. */
export type IdmapPolicy = keyof typeof POLICIES;
/** Every policy, the RFC's own first. */
export const IDMAP_POLICIES = Object.keys(POLICIES) as readonly IdmapPolicy[];

/** The policy of a VM that maps so. Throws EINVAL for a name that is none. */
export function internalIdmap(name: IdmapPolicy): Pick<InternalPolicy, 'idmap' | 'contiguous'> {
  if (Object.hasOwn(POLICIES, name)) return POLICIES[name];
  throw new Stage2Error('EINVAL', `policy ${name}: expected ${IDMAP_POLICIES.join(', ')}`);
}
