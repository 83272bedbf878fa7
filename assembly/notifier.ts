// MMU-notifier side: what the host does to memory that a VM maps. Source: fault-path.md section 2.13.
import { Event } from "../src/abi/event";
import { PAGE_SHIFT } from "../src/abi/kvm";
import { count } from "./account";
import { AF, leaf, PAGE_S2 } from "./desc";
import { slotAt, usedSlots } from "./memslot";
import { walk } from "./pgtable";
import { setPte } from "./set_pte";
import { AttributeVisitor, tlbFlushVmid, UnmapVisitor } from "./stage2";
import { Slot, Vm } from "./structs";

// The part of a slot that an hva range covers.
let ipaStart: u64 = 0;
let ipaEnd: u64 = 0;

/** Intersects [start, end) with the slot; false if they share nothing. */
function intersect(slot: Slot, start: u64, end: u64): bool {
  const size = slot.npages << PAGE_SHIFT;
  const low = max<u64>(start, slot.userspaceAddr);
  const high = min<u64>(end, slot.userspaceAddr + size);
  if (low >= high) return false;
  const offset = (slot.baseGfn << PAGE_SHIFT) - slot.userspaceAddr;
  ipaStart = low + offset;
  ipaEnd = high + offset;
  return true;
}

/** kvm_unmap_hva_range: unmaps the range in every slot that shows it. */
export function unmapHva(vm: Vm, start: u64, end: u64): void {
  count(Event.NOTIFIER_CALL);
  if (vm.pgd == 0) return;
  for (let i: u32 = 0; i < usedSlots(vm); i++) {
    if (intersect(slotAt(vm, i), start, end)) walk<UnmapVisitor>(vm, ipaStart, ipaEnd, changetype<UnmapVisitor>(0));
  }
}

/** mmu_notifier_invalidate_range_start. */
export function invalidateStart(vm: Vm, start: u64, end: u64): void {
  vm.notifierCount++;
  unmapHva(vm, start, end);
}

/** mmu_notifier_invalidate_range_end. */
export function invalidateEnd(vm: Vm): void {
  vm.notifierSeq++;
  vm.notifierCount--;
}

/** mmu_notifier_invalidate_page: one page goes, and the sequence moves. */
export function invalidatePage(vm: Vm, hva: u64): void {
  vm.notifierSeq++;
  unmapHva(vm, hva, hva + (1 << PAGE_SHIFT));
}

/** kvm_set_spte_hva: the page at `hva` is now at `pa`, read-only until the guest writes again. */
export function changePte(vm: Vm, hva: u64, pa: u64): void {
  count(Event.NOTIFIER_CALL);
  vm.notifierSeq++;
  if (vm.pgd == 0) return;
  for (let i: u32 = 0; i < usedSlots(vm); i++) {
    if (intersect(slotAt(vm, i), hva, hva + (1 << PAGE_SHIFT))) setPte(vm, null, ipaStart, leaf(pa, PAGE_S2, 3, vm.layout), false, false);
  }
}

/** kvm_age_hva: clears the access flag of the range; flushes the VMID if any entry was young. */
export function ageHva(vm: Vm, start: u64, end: u64, visitor: AttributeVisitor): void {
  count(Event.NOTIFIER_CALL);
  if (vm.pgd == 0) return;
  visitor.set = 0;
  visitor.clear = AF;
  visitor.changed = 0;
  for (let i: u32 = 0; i < usedSlots(vm); i++) {
    if (intersect(slotAt(vm, i), start, end)) walk<AttributeVisitor>(vm, ipaStart, ipaEnd, visitor);
  }
  if (visitor.changed != 0) tlbFlushVmid(vm);
}
