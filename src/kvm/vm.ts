import { KVM_PRIVATE_MEM_SLOTS, KVM_USER_MEM_SLOTS } from '../abi/kvm.js';
import * as L from '../abi/layout.js';
import { checkBits, checkU64, gone } from '../core/check.js';
import { hex, Stage2Error } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import {
  addressBits,
  addressLayout,
  checkGeometry,
  checkVmid,
  type Geometry,
  rootBytes,
  startLevel,
  stride,
  V4_13_GEOMETRY,
  vttbr,
} from './geometry.js';
import { checkHvaRange, PA_BITS } from './host_address.js';
import { Idmap } from './idmap.js';
import { type InternalPolicy, internalPolicy, VM_MMIO } from './internal.js';
import { bitmapBytes } from './memslots.js';
import type { AddressSpace } from './mm.js';
import { enlist, strike } from './registry.js';
import { checkSlot, type MemorySlot, SlotTable, slotBytes, slotIpa } from './slot_table.js';
import { Stage2Tables } from './tables.js';
import { checkVariant, RFC_VARIANT, type Variant, VM_CHECK } from './variant.js';
import { type MmioHandler, Vcpu } from './vcpu.js';
import { checkKind, checkOptions, type VmKind, type VmOptions } from './vm_options.js';

/** A VM: struct kvm, its slots and its stage-2 tables. */
export class Vm {
  /** The machine its records and tables are in. */
  readonly machine: Machine;
  /** The process behind it, kvm->mm; undefined is NULL. */
  readonly mm: AddressSpace | undefined;
  /** As asked for; by default internal without an mm. */
  readonly kind: VmKind;
  /** Which form of the patch its kernel is. */
  readonly variant: Variant;
  /** The policy of an internal VM, defaults filled in. */
  readonly internal: InternalPolicy;
  /** Answers the device accesses of an internal VM whose policy is `mmio: 'handler'`. */
  readonly onMmio: MmioHandler | undefined;
  /** Granule, IPA bits, start level and address layout of its tables. */
  readonly geometry: Geometry;
  /** Offset of struct kvm. */
  readonly offset: number;
  /** Its memory slots as they are published. */
  readonly slots: SlotTable;
  /** The software side of its stage-2 tables. */
  readonly tables: Stage2Tables;
  /** Maps one to one in two steps. */
  readonly idmap: Idmap;
  /** In the order they were made, without those destroyed. */
  readonly vcpus: Vcpu[] = [];
  readonly #root: number;
  #destroyed = false;

  /**
   * KVM_CREATE_VM. Throws EINVAL for a geometry that cannot be or that the machine's table pages do not hold, for a
   * kind, a policy or a handler that do not fit, an mm of another machine, and an option that there is not; ENOMEM if the
   * machine has no room.
   */
  constructor(machine: Machine, options: VmOptions = {}) {
    checkOptions(machine, options);
    this.machine = machine;
    this.mm = options.mm;
    this.kind = options.kind ?? (this.mm === undefined ? 'internal' : 'ordinary');
    this.variant = checkVariant(options.variant ?? RFC_VARIANT);
    this.internal = internalPolicy(options.internal);
    this.onMmio = options.onMmio;
    checkKind(this);
    this.geometry = options.geometry ?? V4_13_GEOMETRY;
    checkGeometry(this.geometry);
    checkPlacement(machine, this.geometry);
    const { arena, roots } = machine;
    const marks = [arena.mark(), roots.mark()] as const;
    try {
      const bytes = rootBytes(this.geometry);
      this.#root = roots.allocate(bytes, Math.max(bytes, 64));
      this.offset = arena.allocate(L.VM_SIZEOF, 64);
      const pgd = machine.rootsPa + BigInt(this.#root);
      this.#clearRoot(pgd, bytes);
      this.slots = new SlotTable(
        machine,
        this.variant.privateSlots ? KVM_USER_MEM_SLOTS + KVM_PRIVATE_MEM_SLOTS : KVM_USER_MEM_SLOTS,
      );
      this.#writeVm(pgd, checkVmid(options.vmid ?? 1));
      this.tables = new Stage2Tables(this, pgd);
      this.idmap = new Idmap(this);
    } catch (error) {
      arena.rollback(marks[0]);
      roots.rollback(marks[1]);
      throw error;
    }
    enlist(this);
  }

  /** Places in the arena of what the constructor allocates there, in its order. */
  get places(): number[] {
    return [this.offset, this.slots.offset, ...this.tables.places, ...this.idmap.places];
  }

  /** Place of the root table among those of the machine. */
  get rootPlace(): number {
    return this.#root;
  }

  #clearRoot(pgd: bigint, bytes: number): void {
    const offset = this.machine.ramOffset(pgd);
    if (offset === undefined) throw new Stage2Error('EFAULT', `root table ${hex(pgd)} is not in RAM`);
    this.machine.view.fill(offset, bytes);
  }

  #writeVm(pgd: bigint, vmid: number): void {
    const { view } = this.machine;
    const at = this.offset;
    view.fill(at, L.VM_SIZEOF);
    view.setU32(at + L.VM_MM, this.mm?.offset ?? 0);
    view.setU32(at + L.VM_MEMSLOTS, this.slots.offset);
    view.setU64(at + L.VM_PGD, pgd);
    view.setU64(at + L.VM_VTTBR, vttbr(pgd, vmid, this.geometry.layout));
    view.setU32(at + L.VM_GRANULE_SHIFT, this.geometry.granuleShift);
    view.setU32(at + L.VM_STRIDE, stride(this.geometry));
    view.setU32(at + L.VM_START_LEVEL, startLevel(this.geometry));
    view.setU32(at + L.VM_IA_BITS, this.geometry.ipaBits);
    view.setU32(at + L.VM_CHECK, VM_CHECK[this.variant.check]);
    view.setU32(at + L.VM_FLAG_INTERNAL, this.variant.check === 'flag' && this.isInternal ? 1 : 0);
    view.setU32(at + L.VM_SLOT_CAPACITY, this.slots.capacity);
    view.setU32(at + L.VM_LAYOUT, addressLayout(this.geometry));
    if (!this.isInternal) return;
    view.setU32(at + L.VM_MMIO, VM_MMIO[this.internal.mmio]);
    view.setU32(at + L.VM_LARGE_BLOCKS, Number(this.internal.idmap === 'blocks'));
    view.setU32(at + L.VM_REFAULT_FAILS, Number(this.internal.refault === 'fail'));
  }

  /** The code takes the VM for an internal one: by its kind where the variant has a flag for it, else by its mm. */
  get isInternal(): boolean {
    return this.variant.check === 'flag' ? this.kind === 'internal' : this.mm === undefined;
  }

  /** KVM_CREATE_VCPU. Throws ENOMEM if the machine's arena is full. */
  createVcpu(): Vcpu {
    this.#checkAlive();
    const vcpu = new Vcpu(this);
    this.vcpus.push(vcpu);
    return vcpu;
  }

  /** unmap_stage2_range: unmaps [ipa, ipa + size) and frees the tables that become empty. */
  unmapRange(ipa: bigint, size: bigint): void {
    this.tables.unmap(ipa, size);
  }

  /** kvm_mmu_wp_memory_region: every leaf of the slot becomes read-only, then the VMID is flushed. */
  writeProtectSlot(slot: MemorySlot): void {
    checkSlot('slot', slot, this.slots.capacity);
    this.tables.writeProtect(slotIpa(slot), slotBytes(slot));
    this.machine.core.tlbFlushAll(this.offset);
  }

  /**
   * KVM_GET_DIRTY_LOG: the slot's bitmap, which is cleared, its dirty pages write-protected again.
   * Throws ENOENT if the slot keeps none.
   */
  getDirtyLog(id: number): Uint8Array {
    this.#checkAlive();
    const slot = this.slots.get(id);
    if (slot.dirtyBitmap === 0) throw new Stage2Error('ENOENT', `slot ${id} keeps no dirty bitmap`);
    const { view } = this.machine;
    const bytes = bitmapBytes(slot.npages);
    const log = view.bytes(slot.dirtyBitmap, bytes).slice();
    let dirty = false;
    for (let word = 0; word < bytes; word += 8) {
      const bits = view.u64(slot.dirtyBitmap + word);
      if (bits === 0n) continue;
      dirty = true;
      view.setU64(slot.dirtyBitmap + word, 0n);
      const first = BigInt(word * 8 + trailingZeros(bits));
      const last = BigInt(word * 8 + bits.toString(2).length - 1);
      this.tables.writeProtect(slotIpa(slot) + (first << 12n), (last - first + 1n) << 12n);
    }
    if (dirty) this.machine.core.tlbFlushAll(this.offset);
    return log;
  }

  /** The host invalidates [start, end): kvm_mmu_notifier_invalidate_range_start and _end. */
  invalidateHva(start: bigint, end: bigint): void {
    this.#checkAlive();
    checkHvaRange(start, end);
    this.machine.core.notifierStart(this.offset, start, end);
    this.machine.core.notifierEnd(this.offset);
  }

  /** The host invalidates the page at `hva`: mmu_notifier_invalidate_page. */
  invalidatePage(hva: bigint): void {
    this.#checkAlive();
    checkU64('hva', hva);
    this.machine.core.notifierPage(this.offset, hva);
  }

  /** The host's page at `hva` is now at `pa`: kvm_set_spte_hva. */
  changeHva(hva: bigint, pa: bigint): void {
    this.#checkAlive();
    checkU64('hva', hva);
    checkBits('pa', pa, PA_BITS);
    this.machine.core.notifierChangePte(this.offset, hva, pa);
  }

  /** The host asks whether [start, end) was used; clears the access flags. Returns how many entries were young. */
  ageHva(start: bigint, end: bigint): bigint {
    this.#checkAlive();
    checkHvaRange(start, end);
    return this.tables.withVisitor((visitor) => {
      this.machine.core.notifierAge(this.offset, start, end, visitor);
      return this.machine.view.u64(visitor + L.ATTRIBUTE_VISITOR_CHANGED);
    });
  }

  /** True after {@link destroy}: then all else but what it was made of throws EINVAL, of its vcpus and tables too. */
  get destroyed(): boolean {
    return this.#destroyed;
  }

  #checkAlive(): void {
    if (this.#destroyed) throw gone('VM');
    if (this.machine.destroyed) throw gone('machine');
  }

  /**
   * Frees tables, caches, slots and records. Throws EINVAL the second time, EBUSY from the `onMmio` of one of its vcpus.
   */
  destroy(): void {
    this.#checkAlive();
    for (const vcpu of this.vcpus) vcpu.checkIdle();
    strike(this);
    for (const vcpu of [...this.vcpus]) vcpu.destroy();
    this.tables.destroy();
    this.idmap.cancel();
    for (const slot of this.slots.used)
      if (slot.dirtyBitmap !== 0) this.machine.arena.release(slot.dirtyBitmap);
    this.machine.roots.release(this.#root);
    for (const at of this.places) this.machine.arena.release(at);
    this.slots.retire();
    this.#destroyed = true;
  }
}

/**
 * Throws EINVAL unless the machine's table pages hold a table, its root tables can be aligned to their size, and
 * descriptors can hold the addresses of both.
 */
function checkPlacement(machine: Machine, geometry: Geometry): void {
  const pageShift = machine.header(L.HEADER_POOL_SHIFT);
  if (pageShift < geometry.granuleShift) {
    const needed = `expected pages of 2^${geometry.granuleShift} bytes for this granule`;
    throw new Stage2Error('EINVAL', `table pool of 2^${pageShift}-byte pages: ${needed}`);
  }
  if (machine.rootsPa % BigInt(rootBytes(geometry)) !== 0n) {
    const needed = `expected a multiple of the ${rootBytes(geometry)} bytes of a root table`;
    throw new Stage2Error('EINVAL', `root tables at ${hex(machine.rootsPa)}: ${needed}`);
  }
  const limit = 1n << BigInt(addressBits(geometry));
  const poolPa = machine.view.u64(L.HEADER_OFFSET + L.HEADER_POOL_PA);
  for (const bank of machine.banks.filter(({ pa }) => pa === machine.rootsPa || pa === poolPa)) {
    if (bank.pa + bank.size <= limit) continue;
    const needed = `expected them below 2^${addressBits(geometry)} for this layout`;
    throw new Stage2Error('EINVAL', `tables at ${hex(bank.pa)}: ${needed}`);
  }
}

function trailingZeros(bits: bigint): number {
  return (bits & -bits).toString(2).length - 1;
}
