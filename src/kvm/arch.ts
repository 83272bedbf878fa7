import { EFAULT, EINVAL, EPERM, KVM_MEM_LOG_DIRTY_PAGES, KVM_MEM_READONLY } from '../abi/kvm.js';
import { Site } from '../abi/site.js';
import { hex } from '../core/error.js';
import { mapInternalSlot } from './internal_slot.js';
import { refuse, SLOT_OK, type SlotChange, type SlotResult } from './memslots.js';
import type { AddressSpace, Area } from './mm.js';
import { checkVm } from './registry.js';
import { type MemorySlot, slotBytes, slotIpa } from './slot_table.js';
import type { Vm } from './vm.js';

/** What a prepare step came to; `leave` skips the flush or unmap that ends the function. */
interface Prepared {
  result: SlotResult;
  leave: boolean;
}

/** The refusal of a slot that the IPA space does not hold; undefined for one that it holds. */
export function ipaSpaceRefusal(vm: Vm, slot: MemorySlot): SlotResult | undefined {
  const limit = 1n << BigInt(vm.geometry.ipaBits - 12);
  if (slot.baseGfn + slot.npages < limit) return undefined;
  return refuse(EFAULT, `slot ${slot.id} ends at or above the ${vm.geometry.ipaBits}-bit IPA space`);
}

/** kvm_arch_prepare_memory_region for CREATE, MOVE and FLAGS_ONLY, with hunks R5 to R7 of the RFC. */
export function prepareMemoryRegion(vm: Vm, slot: MemorySlot, change: SlotChange): SlotResult {
  const refusal = ipaSpaceRefusal(vm, slot);
  if (refusal !== undefined) return refusal;
  if (vm.variant.idmap) vm.machine.countSite(Site.R5, vm.isInternal);
  const prepared = vm.isInternal ? prepareInternal(vm, slot) : prepareAreas(vm, slot);
  if (!prepared.leave && change !== 'flags') {
    if (prepared.result.ret < 0) vm.unmapRange(slotIpa(slot), slotBytes(slot));
    else vm.tables.flush(slotIpa(slot), slotBytes(slot));
  }
  if (vm.variant.idmap) vm.machine.countSite(Site.R7, !vm.isInternal);
  return prepared.result;
}

/** An internal VM maps its slot now; a failure leaves at once, without the unmap. */
function prepareInternal(vm: Vm, slot: MemorySlot): Prepared {
  if (!vm.variant.idmap) return { result: refuseWithoutMm(vm, slot), leave: true };
  const result = mapInternalSlot(vm, slot);
  return { result, leave: result.ret < 0 };
}

function refuseWithoutMm(vm: Vm, slot: MemorySlot): SlotResult {
  return refuse(EFAULT, `slot ${slot.id}: variant ${vm.variant.id} needs an mm to take mmap_sem of`);
}

/** The walk over the areas behind a slot: permissions are checked, device areas are mapped at once. */
function prepareAreas(vm: Vm, slot: MemorySlot): Prepared {
  const { mm } = vm;
  if (mm === undefined) return { result: refuseWithoutMm(vm, slot), leave: true };
  for (const area of areasBehind(mm, slot)) {
    if (!area.writable && !(slot.flags & KVM_MEM_READONLY)) {
      const reason = `slot ${slot.id}: writable slot over the read-only area ${hex(area.hva)}`;
      return { result: refuse(EPERM, reason), leave: false };
    }
    if (area.kind !== 'pfnmap') continue;
    if (slot.flags & KVM_MEM_LOG_DIRTY_PAGES) {
      return { result: refuse(EINVAL, `slot ${slot.id}: device memory cannot be logged`), leave: true };
    }
    const result = mapDevice(vm, slot, area);
    if (result.ret < 0) return { result, leave: false };
  }
  return { result: SLOT_OK, leave: false };
}

/** kvm_phys_addr_ioremap for the part of a device area that the slot shows. */
function mapDevice(vm: Vm, slot: MemorySlot, area: Area): SlotResult {
  const { low, high, ipa } = shownPart(slot, area);
  const writable = !(slot.flags & KVM_MEM_READONLY);
  const ret = vm.tables.mapDevicePages(ipa, area.pa + (low - area.hva), high - low, writable);
  return ret < 0 ? refuse(-ret, `slot ${slot.id}: device pages at ${hex(ipa)} could not be mapped`) : SLOT_OK;
}

/** stage2_unmap_vm, which a vcpu that is initialised again runs: every slot is unmapped. Hunks R1 to R3. */
export function stage2UnmapVm(vm: Vm): void {
  const { machine, mm, isInternal } = checkVm(vm);
  const patched = vm.variant.idmap;
  if (patched) machine.countSite(Site.R2, !isInternal);
  for (const slot of vm.slots.used) {
    if (patched) machine.countSite(Site.R1, isInternal);
    if (isInternal) vm.unmapRange(slotIpa(slot), slotBytes(slot));
    else if (mm !== undefined) unmapAreas(vm, mm, slot);
  }
  if (patched) machine.countSite(Site.R3, !isInternal);
}

/** stage2_flush_vm, for a guest that turns its caches on or off: cleans what each slot has mapped. Needs no mm. */
export function stage2FlushVm(vm: Vm): void {
  for (const slot of checkVm(vm).slots.used) vm.tables.flush(slotIpa(slot), slotBytes(slot));
}

/** stage2_unmap_memslot: the parts of a slot that are not device mappings. */
function unmapAreas(vm: Vm, mm: AddressSpace, slot: MemorySlot): void {
  for (const area of areasBehind(mm, slot)) {
    if (area.kind === 'pfnmap') continue;
    const { low, high, ipa } = shownPart(slot, area);
    vm.unmapRange(ipa, high - low);
  }
}

function areasBehind(mm: AddressSpace, slot: MemorySlot): Area[] {
  const end = slot.userspaceAddr + slotBytes(slot);
  return mm.areas.filter((area) => area.end > slot.userspaceAddr && area.hva < end);
}

/** The hva range of an area that a slot shows, and the IPA it begins at. */
function shownPart(slot: MemorySlot, area: Area): { low: bigint; high: bigint; ipa: bigint } {
  const end = slot.userspaceAddr + slotBytes(slot);
  const low = area.hva > slot.userspaceAddr ? area.hva : slot.userspaceAddr;
  const high = area.end < end ? area.end : end;
  return { low, high, ipa: slotIpa(slot) + (low - slot.userspaceAddr) };
}
