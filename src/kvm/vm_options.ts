import { checkKeys, checkLive, checkOneOf, refuse } from '../core/check.js';
import { Stage2Error } from '../core/error.js';
import { Machine } from '../core/machine.js';
import type { Geometry } from './geometry.js';
import type { InternalPolicy } from './internal.js';
import { AddressSpace } from './mm.js';
import type { Variant } from './variant.js';
import type { MmioHandler } from './vcpu.js';
import type { Vm } from './vm.js';

/** What a VM is made of. */
export interface VmOptions {
  /** The process behind a VM, kvm->mm; absent is NULL. */
  mm?: AddressSpace;
  /**
   * What the VM was created as. Default: internal without an mm. Whether the code sees it so, its variant says: that of
   * the RFC as posted looks for an mm alone, so that an internal VM with an mm is served as an ordinary one.
   */
  kind?: VmKind;
  /** What an internal VM does where the RFC left something open. Default: as posted. */
  internal?: Partial<InternalPolicy>;
  /** Answers the device accesses of an internal VM whose policy is `mmio: 'handler'`. */
  onMmio?: MmioHandler;
  /** Default: the RFC as posted. */
  variant?: Variant;
  /** Default: 4K pages, 40-bit IPA. */
  geometry?: Geometry;
  /** VTTBR_EL2.VMID. Default 1. */
  vmid?: number;
}

/** A VM of user space, or one that the kernel runs for itself. */
export type VmKind = 'ordinary' | 'internal';
const KINDS: readonly VmKind[] = ['ordinary', 'internal'];

const KEYS = [
  'mm',
  'kind',
  'internal',
  'onMmio',
  'variant',
  'geometry',
  'vmid',
] as const satisfies readonly (keyof VmOptions)[];

/** Throws EINVAL for an option of another type, an mm of another machine, and an option that there is not. */
export function checkOptions(machine: Machine, options: VmOptions): void {
  checkLive('machine', machine, Machine, 'Machine');
  const { mm, onMmio } = checkKeys('options', options, KEYS);
  if (onMmio !== undefined && typeof onMmio !== 'function') refuse('onMmio', onMmio, 'a function');
  if (mm === undefined) return;
  if (!(mm instanceof AddressSpace)) refuse('mm', mm, 'an AddressSpace');
  if (mm.machine !== machine) refuse('mm', mm, 'an AddressSpace of the machine of the VM, not of another');
}

/** Throws EINVAL for a kind that is none, and unless a VM has a handler for MMIO just if its policy asks for one. */
export function checkKind({ kind, internal, onMmio }: Vm): void {
  checkOneOf('kind', kind, KINDS);
  if ((internal.mmio === 'handler') !== (onMmio !== undefined))
    throw new Stage2Error(
      'EINVAL',
      `internal.mmio ${internal.mmio}: expected handler with onMmio, and only then`,
    );
}
