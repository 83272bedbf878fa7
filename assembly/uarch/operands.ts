// Where the structures of the emulated kernel lie in the physical memory of the model. Each kind has a region of its
// own, the same whatever build is followed; stage-2 entries are at their real addresses.
import * as F from "../../src/abi/fault-log";
import { SLOT_SIZEOF, SLOTS_ARRAY } from "../../src/abi/layout";
import { Operand, PLACEMENT_DATA } from "../../src/abi/program";

const PAGE_SHIFT: u64 = 12;
/** log2 of sizeof(struct page). */
const STRUCT_PAGE_SHIFT: u64 = 6;
const HUGE_PAGES: u64 = 512;
/** Where kvm_vcpu has the table pages of its cache, and what CACHED counts down from. */
const VCPU_CACHE_OBJECTS: u64 = 1736;
const CACHED_TOP: u64 = 512;
// The objects of the core are smaller than those of the kernel: their offsets, times this, keep the latter apart.
const KVM_SPREAD: u64 = 64;
const VCPU_SPREAD: u64 = 16;
const STACK_SPREAD: u64 = 32;
const MM_SPREAD: u64 = 128;
const AREA_SPREAD: u64 = 8;
const SLOTS_SPREAD: u64 = 8;

// @ts-ignore: decorator
@inline
function region(placement: usize, operand: Operand): u64 {
  return load<u64>(placement + (<usize>operand << 3), PLACEMENT_DATA);
}

// @ts-ignore: decorator
@inline
function put(out: usize, operand: Operand, address: u64): void {
  store<u64>(out + (<usize>operand << 3), address);
}

/** Sets the addresses by operand of the fault of `record`. */
export function locate(record: usize, placement: usize, out: usize): void {
  const vcpu = <u64>load<u32>(record, F.FAULT_VCPU);
  const vm = <u64>load<u32>(record, F.FAULT_VM);
  put(out, Operand.STACK, region(placement, Operand.STACK) + vcpu * STACK_SPREAD);
  put(out, Operand.TASK, region(placement, Operand.TASK) + vcpu * VCPU_SPREAD);
  put(out, Operand.PERCPU, region(placement, Operand.PERCPU));
  put(out, Operand.GLOBAL, region(placement, Operand.GLOBAL));
  put(out, Operand.KVM, region(placement, Operand.KVM) + vm * KVM_SPREAD);
  put(out, Operand.BUS, region(placement, Operand.BUS) + vm * KVM_SPREAD);
  const cpu = region(placement, Operand.VCPU) + vcpu * VCPU_SPREAD;
  put(out, Operand.VCPU, cpu);
  put(out, Operand.CACHED, cpu + VCPU_CACHE_OBJECTS - CACHED_TOP + (<u64>load<u32>(record, F.FAULT_CACHED) << 3) - 8);
  put(out, Operand.RUN, region(placement, Operand.RUN) + vcpu * VCPU_SPREAD);
  locateSlots(record, placement, out);
  locateMemory(record, placement, out);
}

// @ts-ignore: decorator
@inline
function slotTable(record: usize, placement: usize): u64 {
  return region(placement, Operand.SLOTS) + <u64>load<u32>(record, F.FAULT_SLOTS) * SLOTS_SPREAD;
}

// @ts-ignore: decorator
@inline
function slotAddress(table: u64, index: u32): u64 {
  return table + SLOTS_ARRAY + <u64>index * SLOT_SIZEOF;
}

function locateSlots(record: usize, placement: usize, out: usize): void {
  const table = slotTable(record, placement);
  put(out, Operand.SLOTS, table);
  put(out, Operand.SLOTS_TAIL, table + SLOTS_ARRAY + <u64>load<u32>(record, F.FAULT_SLOT_CAPACITY) * (SLOT_SIZEOF + 2));
  put(out, Operand.SLOT_HINT, slotAddress(table, load<u32>(record, F.FAULT_SLOT_HINT)));
  put(out, Operand.SLOT, slotAddress(table, load<u32>(record, F.FAULT_SLOT_INDEX)));
  put(out, Operand.SLOT_PROBE, 0);
}

/** The slot that step `step` of the search looked at, from where the search ended; the last one if it was shorter. */
export function slotProbe(record: usize, placement: usize, step: u32): u64 {
  const found = load<u32>(record, F.FAULT_SLOT_INDEX);
  let start: u32 = 0;
  let end = load<u32>(record, F.FAULT_SLOT_USED);
  let middle: u32 = 0;
  for (let i: u32 = 0; i <= step && start < end; i++) {
    middle = start + (end - start) / 2;
    if (middle >= found) end = middle;
    else start = middle + 1;
  }
  return slotAddress(slotTable(record, placement), middle);
}

function locateMemory(record: usize, placement: usize, out: usize): void {
  const pages = region(placement, Operand.PAGE);
  const pfn = load<u64>(record, F.FAULT_PFN);
  put(out, Operand.MM, region(placement, Operand.MM) + <u64>load<u32>(record, F.FAULT_MM) * MM_SPREAD);
  put(out, Operand.VMA, region(placement, Operand.VMA) + <u64>load<u32>(record, F.FAULT_AREA) * AREA_SPREAD);
  put(out, Operand.VMA_NODE, region(placement, Operand.VMA_NODE));
  put(out, Operand.HOST_PTE, region(placement, Operand.HOST_PTE) + ((load<u64>(record, F.FAULT_HVA) >> PAGE_SHIFT) << 3));
  put(out, Operand.PAGE, pages + (pfn << STRUCT_PAGE_SHIFT));
  put(out, Operand.PAGE_HEAD, pages + ((pfn & ~(HUGE_PAGES - 1)) << STRUCT_PAGE_SHIFT));
  put(out, Operand.REGIONS, region(placement, Operand.REGIONS));
  put(out, Operand.BITMAP, region(placement, Operand.BITMAP) + (<u64>load<u32>(record, F.FAULT_BITMAP) & ~7));
  for (let level: u32 = 0; level < 4; level++) {
    const entry = load<u64>(record + (<usize>level << 3), F.FAULT_ENTRIES);
    put(out, Operand.ENTRY_0 + level, entry);
    put(out, Operand.ENTRY_PAGE_0 + level, pages + ((entry >> PAGE_SHIFT) << STRUCT_PAGE_SHIFT));
  }
}
