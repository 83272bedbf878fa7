import { descriptorAddress, descriptorKind, entryPlace } from '../arm/descriptor.js';
import { hex } from '../core/error.js';
import type { Regime } from '../walk/regime.js';
import type { WalkFault, WalkStep } from '../walk/types.js';
import type { WalkedAccess } from './walk.js';

/** Why a walk stopped, in one clause for people. */
export function walkReason(
  regime: Regime,
  request: WalkedAccess,
  fault: WalkFault,
  steps: readonly WalkStep[],
): string {
  switch (fault.type) {
    case 'translation':
      return translationReason(regime, request, steps);
    case 'address-size':
      return addressSizeReason(regime, steps);
    case 'external-abort-on-walk':
      return `no memory holds the table at ${hex(nextTable(regime, steps))}`;
    case 'access-flag':
      return 'the access flag is clear';
    case 'permission':
      return permissionReason(request);
    default:
      return fault.type;
  }
}

function translationReason(regime: Regime, { ipa }: WalkedAccess, steps: readonly WalkStep[]): string {
  const last = steps.at(-1);
  if (last !== undefined) {
    const kind = descriptorKind(last.desc, entryPlace(regime, last.level));
    return kind === 'invalid' ? 'the entry is invalid' : `the entry is reserved at level ${last.level}`;
  }
  if (!regime.valid) return 'VTCR_EL2 and the PA size of the CPU describe no walk';
  return `IPA ${hex(ipa)} is beyond the ${regime.iaBits}-bit IPA space`;
}

function addressSizeReason(regime: Regime, steps: readonly WalkStep[]): string {
  const last = steps.at(-1);
  const beyond = `is beyond the ${regime.oaBits}-bit PA space`;
  if (last === undefined) return `the first table at ${hex(regime.tableBase)} ${beyond}`;
  const place = entryPlace(regime, last.level);
  const address = hex(descriptorAddress(last.desc, place));
  const what = descriptorKind(last.desc, place) === 'table' ? 'the next table at' : 'the output address';
  return `${what} ${address} ${beyond}`;
}

/** The table whose entry could not be read. */
function nextTable(regime: Regime, steps: readonly WalkStep[]): bigint {
  const last = steps.at(-1);
  if (last === undefined) return regime.tableBase;
  return descriptorAddress(last.desc, entryPlace(regime, last.level));
}

function permissionReason({ access, el }: WalkedAccess): string {
  return `the leaf does not let EL${el} ${access === 'cache-op' ? 'maintain caches by address' : access}`;
}
