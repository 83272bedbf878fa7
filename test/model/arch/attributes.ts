// Memory attributes as stage 1 delivers them: MAIR_EL1 bytes and SH fields. Arm ARM D8.6 and MAIR_EL1.
import type { Choices } from './types.js';

/** From the strongest to the weakest, as both MAIR_EL1 and MemAttr number them. */
export const DEVICE_TYPES = ['nGnRnE', 'nGnRE', 'nGRE', 'GRE'] as const;
export type DeviceType = (typeof DEVICE_TYPES)[number];

/** The allocation hints of Non-cacheable memory mean nothing. */
export interface Cacheability {
  policy: 'NC' | 'WT' | 'WB';
  transient: boolean;
  readAllocate: boolean;
  writeAllocate: boolean;
}

export type MemoryType =
  | { device: DeviceType }
  | { device: undefined; inner: Cacheability; outer: Cacheability };

export type Shareability = 'NSH' | 'ISH' | 'OSH';

export interface MemoryAttributes {
  type: MemoryType;
  shareability: Shareability;
}

export const NON_CACHEABLE: Cacheability = {
  policy: 'NC',
  transient: false,
  readAllocate: false,
  writeAllocate: false,
};

export const WRITE_BACK: Cacheability = {
  policy: 'WB',
  transient: false,
  readAllocate: true,
  writeAllocate: true,
};

export const WRITE_THROUGH: Cacheability = { ...WRITE_BACK, policy: 'WT', writeAllocate: false };

/** The same cacheability in the inner and the outer domain. */
export function normal(both: Cacheability): MemoryType {
  return { device: undefined, inner: both, outer: both };
}

export const NORMAL_NC = normal(NON_CACHEABLE);
export const DEVICE_NGNRNE: MemoryType = { device: 'nGnRnE' };

/** A byte of MAIR_EL1. What its UNPREDICTABLE encodings mean is not modelled: a zero half reads as Non-cacheable. */
export function decodeMair(attr: number): MemoryType {
  if (attr >> 4 === 0) return { device: DEVICE_TYPES[(attr >> 2) & 3] as DeviceType };
  return { device: undefined, outer: decodeHalf(attr >> 4), inner: decodeHalf(attr & 15) };
}

function decodeHalf(half: number): Cacheability {
  const readAllocate = (half & 2) !== 0;
  const writeAllocate = (half & 1) !== 0;
  if (half === 0b0000 || half === 0b0100) return NON_CACHEABLE;
  return {
    policy: (half & 4) !== 0 ? 'WB' : 'WT',
    transient: (half & 8) === 0,
    readAllocate,
    writeAllocate,
  };
}

export function encodeMair(type: MemoryType): number {
  if (type.device !== undefined) return DEVICE_TYPES.indexOf(type.device) << 2;
  return (encodeHalf(type.outer) << 4) | encodeHalf(type.inner);
}

function encodeHalf({ policy, transient, readAllocate, writeAllocate }: Cacheability): number {
  if (policy === 'NC') return 0b0100;
  const hints = (readAllocate ? 2 : 0) | (writeAllocate ? 1 : 0);
  return (transient ? 0 : 8) | (policy === 'WB' ? 4 : 0) | hints;
}

export function decodeShareability(sh: number, choices: Choices): Shareability {
  const decoded = ['NSH', choices.reservedShareability, 'OSH', 'ISH'] as const;
  return decoded[sh & 3] as Shareability;
}

export function encodeShareability(shareability: Shareability): number {
  return { NSH: 0b00, OSH: 0b10, ISH: 0b11 }[shareability];
}

/** Device and Non-cacheable memory is Outer Shareable whatever the tables say. Arm ARM D8.6.2. */
export function effectiveShareability({ type, shareability }: MemoryAttributes): Shareability {
  const uncached = type.device !== undefined || (type.inner.policy === 'NC' && type.outer.policy === 'NC');
  return uncached ? 'OSH' : shareability;
}
