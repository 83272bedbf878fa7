import { PAGE_SHIFT } from '../abi/kvm.js';
import * as L from '../abi/layout.js';
import { checkArray, checkInteger, checkObject, checkU32, checkU64, gone } from '../core/check.js';
import type { Machine } from '../core/machine.js';
import type { View } from '../core/view.js';

/** One memory slot, struct kvm_memory_slot. */
export interface MemorySlot {
  /** 0 to 511 of user space, 512 to 767 of the kernel. */
  id: number;
  /** First IPA >> 12. */
  baseGfn: bigint;
  /** Pages of 4 KiB; 0 for a slot that is not in use. */
  npages: bigint;
  /** First hva. */
  userspaceAddr: bigint;
  /** KVM_MEM_*, and KVM_MEMSLOT_INVALID while the slot goes or moves. */
  flags: number;
  /** Offset of the dirty bitmap, 0 if none is kept. */
  dirtyBitmap: number;
}

/** Throws EINVAL unless it is a slot of a table with room for `capacity`. */
export function checkSlot(what: string, slot: MemorySlot, capacity: number): void {
  const { id, baseGfn, npages, userspaceAddr, flags, dirtyBitmap } = checkObject(what, slot);
  checkInteger(`${what}.id`, id, 0, capacity - 1);
  checkU64(`${what}.baseGfn`, baseGfn);
  checkU64(`${what}.npages`, npages);
  checkU64(`${what}.userspaceAddr`, userspaceAddr);
  checkU32(`${what}.flags`, flags);
  checkU32(`${what}.dirtyBitmap`, dirtyBitmap);
}

export function emptySlot(id: number): MemorySlot {
  return { id, baseGfn: 0n, npages: 0n, userspaceAddr: 0n, flags: 0, dirtyBitmap: 0 };
}

/** First IPA of a slot. */
export function slotIpa(slot: MemorySlot): bigint {
  return slot.baseGfn << BigInt(PAGE_SHIFT);
}

/** Bytes of a slot. */
export function slotBytes(slot: MemorySlot): bigint {
  return slot.npages << BigInt(PAGE_SHIFT);
}

/** struct kvm_memslots in emulated memory: slots in use sorted by descending base_gfn, then the empty ones. */
export class SlotTable {
  /** Slots it has room for: 512, or 768 with those of the kernel. */
  readonly capacity: number;
  /** Of struct kvm_memslots, in bytes from memoryBase. */
  readonly offset: number;
  /** Undefined when its VM is destroyed. */
  #machine: Machine | undefined;
  #slots = new Map<number, MemorySlot>();
  #generation = 0n;

  /** Throws ENOMEM if the machine's arena is full. */
  constructor(machine: Machine, capacity: number) {
    this.#machine = machine;
    this.capacity = capacity;
    this.offset = machine.arena.allocate(SlotTable.bytes(capacity));
    machine.view.fill(this.offset, SlotTable.bytes(capacity));
    this.publish([]);
  }

  get #view(): View {
    if (this.#machine === undefined) throw gone('VM');
    return this.#machine.view;
  }

  /** Its VM is destroyed, and its memory may be another's. */
  retire(): void {
    this.#machine = undefined;
  }

  /** sizeof(struct kvm_memslots): 21,520 for 512 slots, 32,272 for 768. */
  static bytes(capacity: number): number {
    return SlotTable.hintPlace(capacity) + 8;
  }

  /** Place in a table of the index of the slot found last, u32; the number of slots in use follows it. */
  static hintPlace(capacity: number): number {
    return L.SLOTS_ARRAY + capacity * (L.SLOT_SIZEOF + 2);
  }

  /** The slot `id`; one without pages if it is not in use. Throws EINVAL for an id there is no room for. */
  get(id: number): MemorySlot {
    checkInteger('slot', id, 0, this.capacity - 1);
    return this.#slots.get(id) ?? emptySlot(id);
  }

  /** Slots in use, by descending base. */
  get used(): MemorySlot[] {
    return [...this.#slots.values()].sort((a, b) =>
      a.baseGfn < b.baseGfn ? 1 : a.baseGfn > b.baseGfn ? -1 : 0,
    );
  }

  /** Replaces slots and makes the new table the one that is searched. A slot without pages leaves the table. */
  publish(changed: readonly MemorySlot[]): void {
    const view = this.#view;
    for (const [i, slot] of checkArray('slots', changed).entries())
      checkSlot(`slots[${i}]`, slot, this.capacity);
    for (const slot of changed) {
      if (slot.npages === 0n) this.#slots.delete(slot.id);
      else this.#slots.set(slot.id, slot);
    }
    const { used } = this;
    view.fill(this.offset + L.SLOTS_ARRAY, this.capacity * (L.SLOT_SIZEOF + 2));
    view.setU64(this.offset + L.SLOTS_GENERATION, this.#generation++);
    const indexOfId = this.offset + L.SLOTS_ARRAY + this.capacity * L.SLOT_SIZEOF;
    for (const [index, slot] of used.entries()) {
      this.#write(this.offset + L.SLOTS_ARRAY + index * L.SLOT_SIZEOF, slot);
      view.setU16(indexOfId + slot.id * 2, index);
    }
    view.setU32(this.offset + SlotTable.hintPlace(this.capacity) + 4, used.length);
  }

  /** The table has been published so many times. */
  get generation(): bigint {
    return this.#generation;
  }

  /** Publishes the slots of a table that was published `generation` times, the last time with these. */
  resume(slots: readonly MemorySlot[], generation: bigint): void {
    checkU64('generation', generation);
    this.#generation = BigInt.asUintN(64, generation - 1n);
    this.publish(slots);
  }

  /** Index of the slot found last: where the next search looks first. */
  set lru(index: number) {
    checkInteger('index', index, 0, this.capacity - 1);
    this.#view.setU32(this.offset + SlotTable.hintPlace(this.capacity), index);
  }

  #write(at: number, slot: MemorySlot): void {
    const view = this.#view;
    view.setU64(at + L.SLOT_BASE_GFN, slot.baseGfn);
    view.setU64(at + L.SLOT_NPAGES, slot.npages);
    view.setU64(at + L.SLOT_DIRTY_BITMAP, BigInt(slot.dirtyBitmap));
    view.setU64(at + L.SLOT_USERSPACE_ADDR, slot.userspaceAddr);
    view.setU32(at + L.SLOT_FLAGS, slot.flags);
    view.setU32(at + L.SLOT_ID, slot.id);
  }
}
