import { Fsc } from '../../abi/arm.js';
import { decodeFsc } from '../../arm/fault.js';
import { startLevel, V4_13_GEOMETRY } from '../../kvm/index.js';
import type { CapturedSlot, GuestFaultEvent } from '../../trace/index.js';
import { accessOf, fscOf, isS1ptw, levelOf, typeOf } from './syndrome.js';
import { isLogging } from './world.js';

const PAGE_LEVEL = 3;
const BLOCK_LEVEL = 2;

/** Why v4.13 does not take a captured fault: its tables map the address, by a leaf of `level`, for that access. */
export function notTakenReason(esr: bigint, level: number, slot: CapturedSlot | undefined): string {
  const type = typeOf(fscOf(esr));
  if (type === Fsc.ACCESS_FLAG) return 'access flag: it is set in the tables of v4.13';
  if (type === Fsc.PERMISSION && accessOf(esr) === 'execute') {
    return 'execute permission: newer kernels map execute-never and fault again at the first fetch; v4.13 maps memory executable';
  }
  if (type === Fsc.PERMISSION) {
    return slot !== undefined && isLogging(slot)
      ? 'write permission in a slot with a dirty log: v4.13 has the page writable'
      : 'write permission: v4.13 has the page writable';
  }
  return level < PAGE_LEVEL
    ? 'translation: v4.13 maps the address by a block'
    : 'translation: v4.13 maps the address by a page';
}

/** What else the level of a fault depends on. */
export interface FaultedPlace {
  /** IPA bits of the captured VM. */
  ipaBits: number;
  /** v4.13 refused the slot that was hit. */
  refused: boolean;
}

/** Why the syndrome of v4.13, with the status code `fsc`, differs from the captured one. */
export function syndromeReason(fault: GuestFaultEvent, fsc: number, place: FaultedPlace): string {
  const captured = fscOf(fault.esr);
  const change = `${statusText(captured)} becomes ${statusText(fsc)}`;
  return `${change}: ${causeOf(fault, captured, fsc, place)}`;
}

function statusText(fsc: number): string {
  const { type, level } = decodeFsc(fsc);
  return `${type} level ${level}`;
}

function causeOf({ esr, ipa }: GuestFaultEvent, captured: number, fsc: number, place: FaultedPlace): string {
  if (typeOf(captured) !== typeOf(fsc)) return typeCause(captured, fsc);
  if (isS1ptw(esr)) return 'the CPU of the capture gives the level of the stage-1 walk (QEMU does)';
  if (ipa >> BigInt(V4_13_GEOMETRY.ipaBits) !== 0n) return "the address is beyond v4.13's 40-bit IPA space";
  if (place.refused) return 'v4.13 refused the slot and has nothing there';
  const start = startLevel({ granuleShift: 12, ipaBits: place.ipaBits });
  if (start !== startLevel(V4_13_GEOMETRY)) {
    return `tables of a ${place.ipaBits}-bit VM start at level ${start}, those of v4.13 at level 1`;
  }
  return levelCause(captured, fsc);
}

function typeCause(captured: number, fsc: number): string {
  if (typeOf(fsc) === Fsc.TRANSLATION) return 'v4.13 has no mapping where the captured kernel has one';
  if (typeOf(captured) === Fsc.TRANSLATION) return 'v4.13 has a mapping where the captured kernel has none';
  return 'v4.13 has the page with other permissions or another access flag';
}

function levelCause(captured: number, fsc: number): string {
  if (typeOf(fsc) === Fsc.TRANSLATION) {
    return levelOf(fsc) > levelOf(captured)
      ? 'v4.13 has a table where the captured kernel has none'
      : 'v4.13 has no table where the captured kernel has one';
  }
  if (levelOf(captured) < BLOCK_LEVEL)
    return 'v4.13 maps blocks of 2 MiB where the captured kernel maps 1 GiB';
  return levelOf(fsc) === BLOCK_LEVEL
    ? 'v4.13 maps a block where the captured kernel maps pages'
    : 'v4.13 maps pages where the captured kernel maps a block';
}
