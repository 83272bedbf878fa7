import { Fsc } from '../abi/arm.js';
import { Stage2Error } from '../core/error.js';

/** What a fault status code stands for, its level apart. */
export type FaultType =
  | 'address-size'
  | 'translation'
  | 'access-flag'
  | 'permission'
  | 'external-abort'
  | 'external-abort-on-walk'
  | 'parity'
  | 'parity-on-walk'
  | 'alignment'
  | 'tlb-conflict'
  | 'atomic-update'
  | 'reserved';

/** What a fault status code (DFSC, IFSC, PAR_EL1.FST) says. */
export interface FaultStatus {
  /** `reserved` for a code that names nothing here. */
  type: FaultType;
  /** -1 to 3; absent for a code that carries no level. */
  level?: number;
}

const LEVEL_BITS = 3;
/** Codes with the level in their low two bits. */
const LEVELLED = new Map<FaultType, Fsc>([
  ['address-size', Fsc.ADDRESS_SIZE],
  ['translation', Fsc.TRANSLATION],
  ['access-flag', Fsc.ACCESS_FLAG],
  ['permission', Fsc.PERMISSION],
  ['external-abort-on-walk', Fsc.EXTERNAL_WALK],
  ['parity-on-walk', Fsc.PARITY_WALK],
]);
const MINUS_1 = new Map<FaultType, Fsc>([
  ['address-size', Fsc.ADDRESS_SIZE_MINUS_1],
  ['translation', Fsc.TRANSLATION_MINUS_1],
  ['external-abort-on-walk', Fsc.EXTERNAL_WALK_MINUS_1],
  ['parity-on-walk', Fsc.PARITY_WALK_MINUS_1],
]);
const UNLEVELLED = new Map<FaultType, Fsc>([
  ['external-abort', Fsc.EXTERNAL],
  ['parity', Fsc.PARITY],
  ['alignment', Fsc.ALIGNMENT],
  ['tlb-conflict', Fsc.TLB_CONFLICT],
  ['atomic-update', Fsc.ATOMIC_UPDATE],
]);

/** Type and level of a six-bit fault status code; a code that names nothing here is `reserved`. */
export function decodeFsc(fsc: number): FaultStatus {
  const unlevelled = keyOf(UNLEVELLED, fsc);
  if (unlevelled !== undefined) return { type: unlevelled };
  const minus1 = keyOf(MINUS_1, fsc);
  if (minus1 !== undefined) return { type: minus1, level: -1 };
  const type = keyOf(LEVELLED, fsc & ~LEVEL_BITS);
  return type === undefined ? { type: 'reserved' } : { type, level: fsc & LEVEL_BITS };
}

/** The fault status code of a type at a level. Throws EINVAL for a pair that has no code. */
export function encodeFsc({ type, level }: FaultStatus): number {
  const code = level === undefined ? UNLEVELLED.get(type) : levelledCode(type, level);
  if (code === undefined) {
    const at = level === undefined ? 'without a level' : `at level ${level}`;
    throw new Stage2Error('EINVAL', `${type} fault ${at}: no fault status code`);
  }
  return code;
}

function levelledCode(type: FaultType, level: number): number | undefined {
  if (level === -1) return MINUS_1.get(type);
  const base = LEVELLED.get(type);
  return base === undefined || ![0, 1, 2, 3].includes(level) ? undefined : base | level;
}

/** True for external aborts and parity errors, on a table walk or not. */
export function isExternalAbort(fsc: number): boolean {
  const base = fsc & ~LEVEL_BITS;
  return base >= Fsc.EXTERNAL && base <= Fsc.PARITY_WALK;
}

const NAMES: Readonly<Record<FaultType, string>> = {
  'address-size': 'Address size fault',
  translation: 'Translation fault',
  'access-flag': 'Access flag fault',
  permission: 'Permission fault',
  'external-abort': 'External abort',
  'external-abort-on-walk': 'External abort on a table walk',
  parity: 'Parity or ECC error',
  'parity-on-walk': 'Parity or ECC error on a table walk',
  alignment: 'Alignment fault',
  'tlb-conflict': 'TLB conflict abort',
  'atomic-update': 'Unsupported atomic hardware update',
  reserved: 'reserved',
};

/** Such as `Translation fault, level 2`. */
export function fscName(fsc: number): string {
  const { type, level } = decodeFsc(fsc);
  return level === undefined ? NAMES[type] : `${NAMES[type]}, level ${level}`;
}

function keyOf(codes: ReadonlyMap<FaultType, Fsc>, code: number): FaultType | undefined {
  for (const [type, value] of codes) if (value === code) return type;
  return undefined;
}
