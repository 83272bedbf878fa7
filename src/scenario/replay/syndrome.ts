import {
  Ec,
  ESR_CM_LSB,
  ESR_EC_LSB,
  ESR_EC_WIDTH,
  ESR_FSC_LSB,
  ESR_FSC_WIDTH,
  ESR_ISV_LSB,
  ESR_S1PTW_LSB,
  ESR_SRT_LSB,
  ESR_SRT_WIDTH,
  ESR_WNR_LSB,
  Fsc,
} from '../../abi/arm.js';
import {
  Access,
  CLASS_ACCESS_LSB,
  CLASS_LEVEL_LSB,
  CLASS_S1PTW_LSB,
  CLASS_TYPE_LSB,
  ClassType,
} from '../../abi/event.js';
import type { AccessKind } from '../../arm/access.js';
import { extract } from '../../arm/fields.js';

const LEVEL_BITS = 3;

function flag(esr: bigint, lsb: number): boolean {
  return extract(esr, lsb) === 1n;
}

export function isFetch(esr: bigint): boolean {
  return Number(extract(esr, ESR_EC_LSB, ESR_EC_WIDTH)) === Ec.IABT_LOW;
}

/** Whether a syndrome is that of an abort taken from the guest. */
export function isGuestAbort(esr: bigint): boolean {
  const ec = Number(extract(esr, ESR_EC_LSB, ESR_EC_WIDTH));
  return ec === Ec.IABT_LOW || ec === Ec.DABT_LOW;
}

export function isS1ptw(esr: bigint): boolean {
  return flag(esr, ESR_S1PTW_LSB);
}

/** What an abort says of the guest's access. */
export type AbortAccess = 'read' | 'write' | 'execute' | 'cache-op';

/** What the guest did. */
export function accessOf(esr: bigint): AbortAccess {
  if (isFetch(esr)) return 'execute';
  if (flag(esr, ESR_CM_LSB)) return 'cache-op';
  return flag(esr, ESR_WNR_LSB) ? 'write' : 'read';
}

/** The access that stage 2 checks: a stage-1 walk reads its descriptors, whatever the guest was doing. */
export function walkedAccess(esr: bigint): AccessKind {
  return isS1ptw(esr) ? 'table-walk' : accessOf(esr);
}

/** kvm_is_write_fault of v4.13: S1PTW of a data abort counts as a write. */
export function isWriteFault(esr: bigint): boolean {
  return !isFetch(esr) && (flag(esr, ESR_WNR_LSB) || isS1ptw(esr));
}

/** Fault status code with its level. */
export function fscOf(esr: bigint): number {
  return Number(extract(esr, ESR_FSC_LSB, ESR_FSC_WIDTH));
}

/** The same syndrome with another fault status code. */
export function withFsc(esr: bigint, fsc: number): bigint {
  return esr - BigInt(fscOf(esr)) + BigInt(fsc);
}

/** Fault type of a status code: the code without its level. */
export function typeOf(fsc: number): number {
  return fsc & ~LEVEL_BITS;
}

export function levelOf(fsc: number): number {
  return fsc & LEVEL_BITS;
}

const CLASS_TYPES = new Map<number, ClassType>([
  [Fsc.TRANSLATION, ClassType.TRANSLATION],
  [Fsc.ACCESS_FLAG, ClassType.ACCESS_FLAG],
  [Fsc.PERMISSION, ClassType.PERMISSION],
]);
const CLASS_ACCESSES: Readonly<Record<AbortAccess, Access>> = {
  read: Access.READ,
  write: Access.WRITE,
  execute: Access.EXECUTE,
  'cache-op': Access.CACHE_OP,
};

/** The fault class as the core packs it (CLASS_* of src/abi/event.ts). */
export function classOf(esr: bigint): number {
  const fsc = fscOf(esr);
  const type = CLASS_TYPES.get(typeOf(fsc)) ?? ClassType.OTHER;
  return (
    (type << CLASS_TYPE_LSB) |
    (levelOf(fsc) << CLASS_LEVEL_LSB) |
    (CLASS_ACCESSES[accessOf(esr)] << CLASS_ACCESS_LSB) |
    ((isS1ptw(esr) ? 1 : 0) << CLASS_S1PTW_LSB)
  );
}

/** The register a load or store names; undefined if the syndrome does not say. */
export function transferRegister(esr: bigint): number | undefined {
  return flag(esr, ESR_ISV_LSB) ? Number(extract(esr, ESR_SRT_LSB, ESR_SRT_WIDTH)) : undefined;
}
