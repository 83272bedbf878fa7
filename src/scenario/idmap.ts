import { KVM_PHYS_SHIFT, KVM_USER_MEM_SLOTS } from '../abi/kvm.js';
import { levelShift } from '../arm/descriptor.js';
import { Stage2Error } from '../core/error.js';
import { createHost, type Geometry, RFC_VARIANT, setMemoryRegion, Vm } from '../kvm/index.js';
import { type IdmapCounts, idmapCounts } from './idmap-counts.js';
import { type IdmapPolicy, internalIdmap } from './idmap-policy.js';

/** How an internal VM is mapped. */
export interface IdmapForm {
  /** Default: as posted. */
  policy?: IdmapPolicy;
  /** log2 of the page size of kernel and VM. Default 12. */
  granuleShift?: Geometry['granuleShift'];
}

/** First IPA (and PA) of the slot: 4 GiB. */
const START = 1n << 32n;
/** What one slot of the 40-bit IPA space can hold above START. */
export const IDMAP_BYTES_MAX = 1n << 39n;
/** Room for one VM. */
const ARENA_BYTES = 1 << 20;
/** Tables at the edges, and pages that the local cache loses. */
const SPARE_TABLES = 64;

/**
 * Creates an internal VM with one private slot of `bytes`, mapped as the form says, and counts. Throws EINVAL unless
 * `bytes` is a multiple of the page size, at most 512 GiB.
 */
export function runIdmap(bytes: bigint, form: IdmapForm = {}): IdmapCounts {
  const { policy = 'asPosted', granuleShift = 12 } = form;
  const internal = internalIdmap(policy);
  if (bytes <= 0n || bytes > IDMAP_BYTES_MAX || bytes % (1n << BigInt(granuleShift)) !== 0n)
    throw new Stage2Error(
      'EINVAL',
      `internal VM of ${bytes} bytes: expected a multiple of the page, to 2^39`,
    );
  const machine = createHost({
    ramBytes: START + bytes,
    tablePages: idmapTablePages(bytes, form),
    pageShift: granuleShift,
    pageState: false,
    arenaBytes: ARENA_BYTES,
    accounted: true,
  });
  const geometry: Geometry = { granuleShift, ipaBits: KVM_PHYS_SHIFT };
  const vm = new Vm(machine, { variant: RFC_VARIANT, internal, geometry });
  const region = {
    slot: KVM_USER_MEM_SLOTS,
    flags: 0,
    guestPhysAddr: START,
    memorySize: bytes,
    userspaceAddr: 0n,
  };
  const { ret, reason } = setMemoryRegion(vm, region);
  if (ret < 0) throw new Stage2Error('EINVAL', `internal VM of ${bytes} bytes: ${reason}`);
  return idmapCounts(vm, policy, bytes);
}

/** Table pages that the machine of {@link runIdmap} has room for: enough for any map of that form. */
export function idmapTablePages(bytes: bigint, { policy, granuleShift = 12 }: IdmapForm): number {
  const inPages = policy === undefined || internalIdmap(policy).idmap !== 'blocks';
  const below = (level: number) => Number(bytes >> BigInt(levelShift(granuleShift, level)));
  return SPARE_TABLES + (inPages ? below(2) + below(1) : 0);
}
