// MemAttr of a stage-2 descriptor and its combination with stage 1. docs/notes/stage2-walk.md section 9.
import { type Access, isFetch, isTableAccess } from './access.js';
import {
  type Cacheability,
  DEVICE_TYPES,
  type DeviceType,
  decodeShareability,
  effectiveShareability,
  type MemoryAttributes,
  type MemoryType,
  NON_CACHEABLE,
  NORMAL_NC,
  normal,
  type Shareability,
  WRITE_BACK,
} from './attributes.js';
import type { Stage2Parameters } from './stage2-parameters.js';
import type { Choices } from './types.js';

/** What a leaf contributes: bits [5:2], and its shareability field or VTCR_EL2.SH0. */
export interface Stage2Attributes {
  memAttr: number;
  sh: number;
}

/**
 * The type that the checks of Device memory look at: what stage 2 says, or with FWB, where that cannot be told
 * without stage 1, what both stages say together.
 */
export function checkedType(
  { memAttr }: Stage2Attributes,
  stage1: MemoryAttributes,
  parameters: Stage2Parameters,
  choices: Choices,
): MemoryType {
  return parameters.fwb ? forceWriteBack(memAttr, stage1.type) : decodeMemAttr(memAttr, choices);
}

/** The attributes of the whole translation. */
export function combineAttributes(
  stage2: Stage2Attributes,
  stage1: MemoryAttributes,
  access: Access,
  parameters: Stage2Parameters,
  choices: Choices,
): MemoryAttributes {
  const checked = checkedType(stage2, stage1, parameters, choices);
  const own = isTreatedNonCacheable(checked, access, parameters) ? NORMAL_NC : checked;
  const type = parameters.fwb ? own : combineTypes(stage1.type, own);
  const shareability = combineShareability(stage1.shareability, decodeShareability(stage2.sh, choices));
  return { type, shareability: effectiveShareability({ type, shareability }) };
}

/** MemAttr without FEAT_S2FWB: the outer and the inner policy, or Device. */
function decodeMemAttr(memAttr: number, choices: Choices): MemoryType {
  if (memAttr >> 2 === 0) return deviceType(memAttr);
  return {
    device: undefined,
    outer: decodePolicy(memAttr >> 2, choices),
    inner: decodePolicy(memAttr & 3, choices),
  };
}

function decodePolicy(encoded: number, choices: Choices): Cacheability {
  const policy = ([choices.reservedMemAttr, 'NC', 'WT', 'WB'] as const)[encoded];
  return policy === 'NC' ? NON_CACHEABLE : { ...WRITE_BACK, policy: policy as 'WT' | 'WB' };
}

function deviceType(memAttr: number): { device: DeviceType } {
  return { device: DEVICE_TYPES[memAttr & 3] as DeviceType };
}

/** MemAttr[2:0] with HCR_EL2.FWB. The reserved 0b100 acts as 0b101. */
function forceWriteBack(memAttr: number, stage1: MemoryType): MemoryType {
  switch (memAttr & 7) {
    case 0b111:
      return stage1;
    case 0b110:
      return forcedWriteBack(stage1);
    case 0b101:
    case 0b100:
      return stage1.device === undefined ? NORMAL_NC : stage1;
    default:
      return combineTypes(stage1, deviceType(memAttr));
  }
}

/** Stage 1's allocation hints survive where it has any. */
function forcedWriteBack(stage1: MemoryType): MemoryType {
  if (stage1.device !== undefined) return normal(WRITE_BACK);
  const force = (half: Cacheability): Cacheability =>
    half.policy === 'NC' ? WRITE_BACK : { ...half, policy: 'WB' };
  return { device: undefined, inner: force(stage1.inner), outer: force(stage1.outer) };
}

function isTreatedNonCacheable(type: MemoryType, access: Access, { ptw, cd, id }: Stage2Parameters): boolean {
  const device = type.device !== undefined;
  if (isFetch(access)) return device || id;
  return device ? isTableAccess(access) && !ptw : cd;
}

/** Device beats Normal, and the stronger of two wins. */
function combineTypes(stage1: MemoryType, stage2: MemoryType): MemoryType {
  if (stage1.device !== undefined && stage2.device !== undefined) {
    return { device: stronger(stage1.device, stage2.device) };
  }
  if (stage1.device !== undefined) return stage1;
  if (stage2.device !== undefined) return stage2;
  return {
    device: undefined,
    inner: combineCacheability(stage1.inner, stage2.inner),
    outer: combineCacheability(stage1.outer, stage2.outer),
  };
}

function stronger(a: DeviceType, b: DeviceType): DeviceType {
  return DEVICE_TYPES.indexOf(a) < DEVICE_TYPES.indexOf(b) ? a : b;
}

/** The less cacheable policy, with the hints of stage 1. */
function combineCacheability(stage1: Cacheability, stage2: Cacheability): Cacheability {
  const policies = [stage1.policy, stage2.policy];
  if (policies.includes('NC')) return NON_CACHEABLE;
  return { ...stage1, policy: policies.includes('WT') ? 'WT' : 'WB' };
}

function combineShareability(a: Shareability, b: Shareability): Shareability {
  const both = [a, b];
  if (both.includes('OSH')) return 'OSH';
  return both.includes('ISH') ? 'ISH' : 'NSH';
}
