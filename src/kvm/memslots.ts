import {
  EEXIST,
  EINVAL,
  ENOMEM,
  KVM_MEM_LOG_DIRTY_PAGES,
  KVM_MEM_MAX_NR_PAGES,
  KVM_MEM_READONLY,
  KVM_MEMSLOT_INVALID,
  KVM_USER_MEM_SLOTS,
  PAGE_SHIFT,
} from '../abi/kvm.js';
import { checkObject, checkU32, checkU64 } from '../core/check.js';
import { hex, Stage2Error } from '../core/error.js';
import { prepareMemoryRegion } from './arch.js';
import { requireLevel2 } from './geometry.js';
import { planInternalSlot } from './internal_slot.js';
import { checkVm } from './registry.js';
import { emptySlot, type MemorySlot, slotBytes, slotIpa } from './slot_table.js';
import type { Vm } from './vm.js';

/** struct kvm_userspace_memory_region. */
export interface MemoryRegion {
  /** Id in bits 15:0; bits 31:16, the address space, are 0. */
  slot: number;
  /** KVM_MEM_LOG_DIRTY_PAGES (1) and KVM_MEM_READONLY (2). */
  flags: number;
  /** First IPA, 4 KiB aligned. */
  guestPhysAddr: bigint;
  /** Bytes, a multiple of 4 KiB; 0 deletes the slot. */
  memorySize: bigint;
  /** First hva; with an id of user space 4 KiB aligned, and the range ends at 2^48 or below. */
  userspaceAddr: bigint;
}

/** 0 or -errno, and for a refusal why. */
export interface SlotResult {
  /** 0 or the negative errno that the kernel returns. */
  ret: number;
  /** One line; empty with a `ret` of 0. */
  reason: string;
}

export type SlotChange = 'create' | 'delete' | 'move' | 'flags' | 'none';

export const SLOT_OK: SlotResult = { ret: 0, reason: '' };
const TASK_SIZE = 1n << 48n;
const PAGE_MASK = 0xfffn;
const U64 = (1n << 64n) - 1n;

export function refuse(errno: number, reason: string): SlotResult {
  return { ret: -errno, reason };
}

/**
 * KVM_SET_USER_MEMORY_REGION: the ioctl front end, which refuses ids from 512 up, then the kernel's own call.
 * Source: fault-path.md section 2.15.
 */
export function setUserMemoryRegion(vm: Vm, region: MemoryRegion): SlotResult {
  checkTypes(region);
  if ((region.slot & 0xffff) >= KVM_USER_MEM_SLOTS) {
    return refuse(EINVAL, `slot ${region.slot}: user space may use ids 0 to ${KVM_USER_MEM_SLOTS - 1}`);
  }
  return setMemoryRegion(vm, region);
}

/**
 * __kvm_set_memory_region: every check in the kernel's order, then the change. Private ids are allowed here. Throws
 * EINVAL for a field of another type and for a VM whose tables start at level 3.
 */
export function setMemoryRegion(vm: Vm, region: MemoryRegion): SlotResult {
  checkVm(vm);
  checkTypes(region);
  requireLevel2(vm.geometry);
  const refusal = checkRegion(vm, region);
  if (refusal !== undefined) return refusal;
  const old = vm.slots.get(region.slot & 0xffff);
  const slot = slotOf(region, old);
  const change = changeOf(old, slot);
  if (typeof change !== 'string') return change;
  if (change === 'none') return SLOT_OK;
  const clash = change === 'create' || change === 'move' ? overlap(vm, slot) : undefined;
  if (clash !== undefined)
    return refuse(EEXIST, `slot ${slot.id} overlaps slot ${clash.id} at ${hex(slotIpa(clash))}`);
  return applyChange(vm, change, old, slot);
}

function checkTypes(region: MemoryRegion): void {
  checkObject('region', region);
  for (const key of ['guestPhysAddr', 'memorySize', 'userspaceAddr'] as const) checkU64(key, region[key]);
  for (const key of ['slot', 'flags'] as const) checkU32(key, region[key]);
}

function checkRegion(vm: Vm, r: MemoryRegion): SlotResult | undefined {
  const id = r.slot & 0xffff;
  if (r.flags & ~(KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY)) {
    return refuse(EINVAL, `flags ${hex(r.flags)}: only LOG_DIRTY_PAGES (1) and READONLY (2) are known`);
  }
  if ((r.memorySize & PAGE_MASK) !== 0n)
    return refuse(EINVAL, `size ${hex(r.memorySize)} is no multiple of the page size`);
  if ((r.guestPhysAddr & PAGE_MASK) !== 0n)
    return refuse(EINVAL, `guest address ${hex(r.guestPhysAddr)} is not page aligned`);
  if (id < KVM_USER_MEM_SLOTS) {
    if ((r.userspaceAddr & PAGE_MASK) !== 0n)
      return refuse(EINVAL, `hva ${hex(r.userspaceAddr)} is not page aligned`);
    if (r.userspaceAddr + r.memorySize > TASK_SIZE) {
      return refuse(EINVAL, `hva range ${hex(r.userspaceAddr)}+${hex(r.memorySize)} leaves user space`);
    }
  }
  if (r.slot >> 16 !== 0 || id >= vm.slots.capacity) {
    return refuse(EINVAL, `slot ${r.slot}: one address space with ${vm.slots.capacity} slots`);
  }
  if (r.guestPhysAddr + r.memorySize > U64)
    return refuse(EINVAL, `guest range ${hex(r.guestPhysAddr)}+${hex(r.memorySize)} wraps`);
  if (r.memorySize >> BigInt(PAGE_SHIFT) > BigInt(KVM_MEM_MAX_NR_PAGES)) {
    return refuse(
      EINVAL,
      `${r.memorySize >> BigInt(PAGE_SHIFT)} pages: a slot holds at most ${KVM_MEM_MAX_NR_PAGES}`,
    );
  }
  return undefined;
}

function slotOf(r: MemoryRegion, old: MemorySlot): MemorySlot {
  return {
    id: r.slot & 0xffff,
    baseGfn: r.guestPhysAddr >> BigInt(PAGE_SHIFT),
    npages: r.memorySize >> BigInt(PAGE_SHIFT),
    userspaceAddr: r.userspaceAddr,
    flags: r.flags,
    dirtyBitmap: old.dirtyBitmap,
  };
}

function changeOf(old: MemorySlot, slot: MemorySlot): SlotChange | SlotResult {
  if (slot.npages === 0n) {
    return old.npages === 0n ? refuse(EINVAL, `slot ${slot.id} is empty: nothing to delete`) : 'delete';
  }
  if (old.npages === 0n) return 'create';
  if (slot.userspaceAddr !== old.userspaceAddr)
    return refuse(EINVAL, `slot ${slot.id}: the hva of a live slot cannot change`);
  if (slot.npages !== old.npages)
    return refuse(EINVAL, `slot ${slot.id}: the size of a live slot cannot change`);
  if ((slot.flags ^ old.flags) & KVM_MEM_READONLY) {
    return refuse(EINVAL, `slot ${slot.id}: READONLY of a live slot cannot change`);
  }
  if (slot.baseGfn !== old.baseGfn) return 'move';
  return slot.flags !== old.flags ? 'flags' : 'none';
}

function overlap(vm: Vm, slot: MemorySlot): MemorySlot | undefined {
  return vm.slots.used.find(
    (s) => s.id !== slot.id && slot.baseGfn < s.baseGfn + s.npages && slot.baseGfn + slot.npages > s.baseGfn,
  );
}

/** Bitmap, plan of an internal VM, invalid copy, flush of the shadow, arch prepare, publication, arch commit. */
function applyChange(
  vm: Vm,
  change: Exclude<SlotChange, 'none'>,
  old: MemorySlot,
  slot: MemorySlot,
): SlotResult {
  const bitmapRefusal = change === 'delete' ? undefined : chooseBitmap(vm, slot);
  if (bitmapRefusal !== undefined) return bitmapRefusal;
  const planned = change === 'delete' ? SLOT_OK : planInternalSlot(vm, slot, old);
  if (planned.ret < 0) return abandon(vm, planned, old, slot);
  if (change === 'delete' || change === 'move') {
    vm.slots.publish([{ ...old, flags: old.flags | KVM_MEMSLOT_INVALID }]);
    vm.unmapRange(slotIpa(old), slotBytes(old));
  }
  const prepared = change === 'delete' ? SLOT_OK : prepareMemoryRegion(vm, slot, change);
  if (prepared.ret < 0) return abandon(vm, prepared, old, slot);
  vm.slots.publish([change === 'delete' ? emptySlot(slot.id) : slot]);
  if (old.dirtyBitmap !== 0 && (change === 'delete' || slot.dirtyBitmap === 0))
    vm.machine.arena.release(old.dirtyBitmap);
  if (change !== 'delete' && slot.flags & KVM_MEM_LOG_DIRTY_PAGES) vm.writeProtectSlot(slot);
  return SLOT_OK;
}

/** Frees the bitmap of a slot that is refused. */
function abandon(vm: Vm, refusal: SlotResult, old: MemorySlot, slot: MemorySlot): SlotResult {
  if (slot.dirtyBitmap !== 0 && slot.dirtyBitmap !== old.dirtyBitmap)
    vm.machine.arena.release(slot.dirtyBitmap);
  return refusal;
}

/** A slot without logging drops its bitmap; one with logging gets one of twice the needed size, as the kernel's. */
function chooseBitmap(vm: Vm, slot: MemorySlot): SlotResult | undefined {
  if (!(slot.flags & KVM_MEM_LOG_DIRTY_PAGES)) {
    slot.dirtyBitmap = 0;
    return undefined;
  }
  if (slot.dirtyBitmap !== 0) return undefined;
  try {
    const bytes = bitmapBytes(slot.npages) * 2;
    slot.dirtyBitmap = vm.machine.arena.allocate(bytes);
    vm.machine.view.fill(slot.dirtyBitmap, bytes);
    return undefined;
  } catch (error) {
    if (error instanceof Stage2Error && error.code === 'ENOMEM') return refuse(ENOMEM, error.message);
    throw error;
  }
}

/** Bytes of a dirty bitmap: one bit a page, rounded up to 64. */
export function bitmapBytes(npages: bigint): number {
  return Number((npages + 63n) >> 6n) * 8;
}
