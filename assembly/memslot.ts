// gfn -> memory slot: the kernel's search over the slots sorted by descending base_gfn, with its LRU hint.
// Source: fault-path.md section 2.4.
import { SlotSearch } from "../src/abi/event";
import { FAULT_BITMAP, FAULT_SLOT_CAPACITY, FAULT_SLOT_HINT, FAULT_SLOT_INDEX, FAULT_SLOT_USED, FAULT_SLOTS } from "../src/abi/fault-log";
import { Callee, KVM_MEM_READONLY, KVM_MEMSLOT_INVALID, PAGE_SHIFT, Quantity } from "../src/abi/kvm";
import { SLOT_SIZEOF, SLOTS_ARRAY } from "../src/abi/layout";
import { beginQuantities, callee, endQuantities, quantity } from "./account";
import { noteWord } from "./fault_log";
import { base, Slot, Vm } from "./structs";

/** First kernel address with 48-bit VA: an hva from here up is an error code to the kernel. */
export const PAGE_OFFSET: u64 = 0xffff800000000000;

// @ts-ignore: decorator
@inline
export function slotAt(vm: Vm, index: u32): Slot {
  return changetype<Slot>(base() + vm.memslots + SLOTS_ARRAY + index * SLOT_SIZEOF);
}

/** lru_slot and, 4 bytes on, used_slots follow the slots and the u16 index of each id. */
// @ts-ignore: decorator
@inline
function tail(vm: Vm): usize {
  return base() + vm.memslots + SLOTS_ARRAY + vm.slotCapacity * (SLOT_SIZEOF + 2);
}

// @ts-ignore: decorator
@inline
export function usedSlots(vm: Vm): u32 {
  return load<u32>(tail(vm), 4);
}

// @ts-ignore: decorator
@inline
function contains(slot: Slot, gfn: u64): bool {
  return gfn - slot.baseGfn < slot.npages && gfn >= slot.baseGfn;
}

// Steps of the last search.
let stepsGe: u32 = 0;
let stepsLt: u32 = 0;

/** Binary search for the first slot whose base is at or below `gfn`; used_slots if there is none. */
function search(vm: Vm, gfn: u64, used: u32): u32 {
  let start: u32 = 0;
  let end = used;
  stepsGe = 0;
  stepsLt = 0;
  while (start < end) {
    const middle = start + (end - start) / 2;
    if (gfn >= slotAt(vm, middle).baseGfn) {
      end = middle;
      stepsGe++;
    } else {
      start = middle + 1;
      stepsLt++;
    }
  }
  return start;
}

/** search_memslots: the slot that holds `gfn`, or null. A hit of the search becomes the LRU hint. */
export function findSlot(vm: Vm, gfn: u64): Slot | null {
  const lru = slotAt(vm, load<u32>(tail(vm)));
  if (contains(lru, gfn)) return lru;
  const used = usedSlots(vm);
  const index = search(vm, gfn, used);
  if (index >= used || !contains(slotAt(vm, index), gfn)) return null;
  store<u32>(tail(vm), index);
  return slotAt(vm, index);
}

/** gfn_to_memslot as the abort handler calls it: a search whose outcome is recorded. */
export function gfnToMemslot(vm: Vm, gfn: u64): Slot | null {
  const lru = slotAt(vm, load<u32>(tail(vm)));
  const slot = findSlot(vm, gfn);
  if (ACCOUNTED) recordSearch(vm, lru, gfn, slot);
  return slot;
}

// @ts-ignore: decorator
@inline
function slotIndex(vm: Vm, slot: Slot): u32 {
  return <u32>(changetype<usize>(slot) - changetype<usize>(slotAt(vm, 0))) / SLOT_SIZEOF;
}

/** What the log of faults holds of the table, found by the hint alone until a search says otherwise. */
function noteSlots(vm: Vm, hint: u32): void {
  noteWord(FAULT_SLOTS, vm.memslots);
  noteWord(FAULT_SLOT_HINT, hint);
  noteWord(FAULT_SLOT_INDEX, hint);
  noteWord(FAULT_SLOT_USED, usedSlots(vm));
  noteWord(FAULT_SLOT_CAPACITY, vm.slotCapacity);
}

function recordSearch(vm: Vm, lru: Slot, gfn: u64, slot: Slot | null): void {
  noteSlots(vm, slotIndex(vm, lru));
  if (contains(lru, gfn)) return callee(Callee.gfn_to_memslot, SlotSearch.LRU_HIT);
  const side: u32 = gfn < lru.baseGfn ? SlotSearch.LRU_BELOW : SlotSearch.LRU_ABOVE;
  const used = usedSlots(vm);
  const end = search(vm, gfn, used);
  noteWord(FAULT_SLOT_INDEX, end);
  const ended: u32 = end < used ? SlotSearch.NONE_GAP : SlotSearch.NONE_END;
  callee(Callee.gfn_to_memslot, side | (slot != null ? <u32>SlotSearch.FOUND : ended));
  beginQuantities();
  quantity(Quantity.slot_steps_ge, stepsGe);
  quantity(Quantity.slot_steps_lt, stepsLt);
  endQuantities();
}

// @ts-ignore: decorator
@inline
export function isInvalid(slot: Slot): bool {
  return (slot.flags & KVM_MEMSLOT_INVALID) != 0;
}

// @ts-ignore: decorator
@inline
export function isReadonly(slot: Slot): bool {
  return (slot.flags & KVM_MEM_READONLY) != 0;
}

// @ts-ignore: decorator
@inline
export function slotHva(slot: Slot, gfn: u64): u64 {
  return slot.userspaceAddr + ((gfn - slot.baseGfn) << PAGE_SHIFT);
}

/** Sets the bit of `gfn` in the slot's dirty bitmap; false if the slot keeps none. */
export function markDirty(slot: Slot, gfn: u64): bool {
  if (slot.dirtyBitmap == 0) return false;
  const bit = <u32>(gfn - slot.baseGfn);
  const at = base() + slot.dirtyBitmap + <usize>(bit >> 3);
  noteWord(FAULT_BITMAP, <u32>(at - base()));
  store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(bit & 7)));
  return true;
}
