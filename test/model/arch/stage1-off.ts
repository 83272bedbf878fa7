// The EL1&0 regime without stage 1: the VA is the IPA. Arm ARM D8.2.12 (behaviour when stage 1 is disabled).
import { type Access, isFetch, isMisalignedForDevice } from './access.js';
import {
  DEVICE_NGNRNE,
  type MemoryAttributes,
  NORMAL_NC,
  normal,
  WRITE_BACK,
  WRITE_THROUGH,
} from './attributes.js';
import { bit, bits } from './bits.js';
import type { Environment } from './environment.js';
import { stage1Control, topAddressBit } from './stage1-parameters.js';
import type { Translated } from './stage2.js';
import type { Refuse } from './table-walk.js';

export function translateStage1Off(env: Environment, va: bigint, access: Access, refuse: Refuse): Translated {
  const attributes = attributesOff(env, access);
  const beyond = bits(va, topAddressBit(env, va, access), env.features.paMax);
  if (beyond !== 0n) refuse('AddressSize', 0);
  if (attributes.type.device !== undefined && isMisalignedForDevice(access)) refuse('Alignment', 0);
  return { address: bits(va, 55, 0), attributes };
}

/** HCR_EL2.DC makes all memory cacheable; otherwise only fetches see Normal memory. */
function attributesOff(env: Environment, access: Access): MemoryAttributes {
  if (bit(env.registers.hcr, 12)) return { type: normal(WRITE_BACK), shareability: 'NSH' };
  if (!isFetch(access)) return { type: DEVICE_NGNRNE, shareability: 'OSH' };
  const cached = stage1Control(env).instructionsCached;
  return { type: cached ? normal(WRITE_THROUGH) : NORMAL_NC, shareability: 'OSH' };
}
