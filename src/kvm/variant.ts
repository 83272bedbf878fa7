import { VmCheck } from '../abi/kvm.js';
import { checkFlag, checkObject, checkOneOf, refuse } from '../core/check.js';

/** A form of the patch, as far as the kernel's behaviour differs: what src/data/variants.json holds. */
export interface Variant {
  /** Such as `rfc`; the builds of the form are CONFIG-`id`. */
  id: string;
  /** Test of the kind of VM in the fault handler (site U2). */
  check: 'none' | 'mm' | 'flag' | 'key';
  /** 256 more memory slots, ids 512 to 767, for the kernel itself. */
  privateSlots: boolean;
  /** A slot of a VM without mm is mapped one to one when it is created. */
  idmap: boolean;
}

/** v4.13 without the patch. */
export const BASE_VARIANT: Variant = { id: 'base', check: 'none', privateSlots: false, idmap: false };

/** The RFC as posted: a VM without mm is internal. */
export const RFC_VARIANT: Variant = { id: 'rfc', check: 'mm', privateSlots: true, idmap: true };

/** The reviewer's predicate, over a flag that is set where the VM is created. */
export const PREDICATE_VARIANT: Variant = { id: 'predflag', check: 'flag', privateSlots: true, idmap: true };

/** The core's number of each test. */
export const VM_CHECK = {
  none: VmCheck.NONE,
  mm: VmCheck.MM,
  flag: VmCheck.FLAG,
  key: VmCheck.KEY,
} as const satisfies Record<Variant['check'], VmCheck>;

const CHECKS = Object.keys(VM_CHECK) as Variant['check'][];

/** Throws EINVAL for what is no form of the patch. */
export function checkVariant(variant: Variant): Variant {
  const { id, check, privateSlots, idmap } = checkObject('variant', variant);
  if (typeof id !== 'string') refuse('variant.id', id, 'a string');
  checkOneOf('variant.check', check, CHECKS);
  checkFlag('variant.privateSlots', privateSlots);
  checkFlag('variant.idmap', idmap);
  return variant;
}
