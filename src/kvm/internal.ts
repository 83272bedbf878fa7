import { VmMmio } from '../abi/kvm.js';
import { checkObject, shown } from '../core/check.js';
import { Stage2Error } from '../core/error.js';
import type { RegionPolicy } from './region.js';

/** How an internal VM behaves where the RFC left something open or wrong. The default is the RFC as posted. */
export interface InternalPolicy {
  /**
   * How a slot is mapped one to one. `asPosted`: page by page, table pages topped up on the way. `upFront`: page by
   * page, all table pages set aside first. `blocks`: as `upFront`, with the largest blocks that fit.
   */
  idmap: 'asPosted' | 'upFront' | 'blocks';
  /** Sets the contiguous hint where a whole set is mapped; not with `asPosted`. */
  contiguous: boolean;
  /** What a slot may show. */
  region: RegionPolicy;
  /**
   * An access that neither a slot nor a device in the kernel answers. `asPosted`: an exit to user space, which there
   * is none. `abort`: a synchronous external abort to the guest. `handler`: the VM's `onMmio` is asked.
   */
  mmio: 'asPosted' | 'abort' | 'handler';
  /**
   * A fault in a slot that comes back with the SError for it pending and masked. It is reported as REFAULT_LOOP;
   * `asPosted` enters the guest again all the same, `fail` ends KVM_RUN with -EFAULT.
   */
  refault: 'asPosted' | 'fail';
}

/** The RFC as posted. */
export const AS_POSTED: InternalPolicy = {
  idmap: 'asPosted',
  contiguous: false,
  region: 'none',
  mmio: 'asPosted',
  refault: 'asPosted',
};

/** What the review of the RFC asked for. */
export const AS_REVIEWED: InternalPolicy = {
  idmap: 'blocks',
  contiguous: false,
  region: 'refuse',
  mmio: 'abort',
  refault: 'fail',
};

const VALUES: { [K in keyof InternalPolicy]: readonly InternalPolicy[K][] } = {
  idmap: ['asPosted', 'upFront', 'blocks'],
  contiguous: [false, true],
  region: ['none', 'refuse', 'deviceAttributes'],
  mmio: ['asPosted', 'abort', 'handler'],
  refault: ['asPosted', 'fail'],
};

export const VM_MMIO = {
  asPosted: VmMmio.AS_POSTED,
  abort: VmMmio.ABORT,
  handler: VmMmio.HANDLER,
} as const satisfies Record<InternalPolicy['mmio'], VmMmio>;

/** The policy with what is not given as posted. Throws EINVAL for what is none. */
export function internalPolicy(given: Partial<InternalPolicy> = {}): InternalPolicy {
  for (const [key, value] of Object.entries(checkObject('internal', given))) {
    const values: readonly unknown[] | undefined = VALUES[key as keyof InternalPolicy];
    if (values?.includes(value)) continue;
    const expected = values?.join(', ') ?? `one of ${Object.keys(VALUES).join(', ')} as its name`;
    throw new Stage2Error('EINVAL', `internal.${key}: found ${shown(value)}, expected ${expected}`);
  }
  const policy = { ...AS_POSTED, ...given };
  if (policy.contiguous && policy.idmap === 'asPosted')
    throw new Stage2Error('EINVAL', 'internal.contiguous true: expected idmap upFront or blocks with it');
  return policy;
}
