import {
  Access,
  CLASS_ACCESS_LSB,
  CLASS_LEVEL_LSB,
  CLASS_S1PTW_LSB,
  CLASS_TYPE_LSB,
  ClassType,
} from '../abi/event.js';

/** A fault class in words. */
export interface FaultClass {
  /** `other`: external aborts and whatever else is not served. */
  type: 'translation' | 'access-flag' | 'permission' | 'other';
  /** Level field of the fault status; for `other` types not a lookup level. */
  level: number;
  /** What the guest did; `cache-op` with ESR_EL2.ISS.CM. */
  access: 'read' | 'write' | 'execute' | 'cache-op';
  /** The access was a stage-1 table walk. */
  s1ptw: boolean;
  /** All of it, such as "translation fault, level 3, write". */
  text: string;
}

const TYPES = {
  [ClassType.TRANSLATION]: 'translation',
  [ClassType.ACCESS_FLAG]: 'access-flag',
  [ClassType.PERMISSION]: 'permission',
  [ClassType.OTHER]: 'other',
} as const;

const ACCESSES = {
  [Access.READ]: 'read',
  [Access.WRITE]: 'write',
  [Access.EXECUTE]: 'execute',
  [Access.CACHE_OP]: 'cache-op',
} as const;

/** Unpacks a fault class as the core packs it (CLASS_* of src/abi/event.ts). */
export function describeClass(faultClass: number): FaultClass {
  const type = TYPES[((faultClass >> CLASS_TYPE_LSB) & 3) as ClassType];
  const level = (faultClass >> CLASS_LEVEL_LSB) & 3;
  const access = ACCESSES[((faultClass >> CLASS_ACCESS_LSB) & 3) as Access];
  const s1ptw = ((faultClass >> CLASS_S1PTW_LSB) & 1) === 1;
  const text = `${type} fault, level ${level}, ${access}${s1ptw ? ', on a stage-1 walk' : ''}`;
  return { type, level, access, s1ptw, text };
}
