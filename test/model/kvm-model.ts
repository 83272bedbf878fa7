// A small model of a v4.13 VM: what its slots, its host memory and its stage-2 entries are after a history. Made of
// maps, written from the description of the kernel, and knowing nothing of table pages but how many there must be.
import { Access } from '../../src/abi/event.js';
import {
  Disposition,
  EEXIST,
  EFAULT,
  EINVAL,
  ENOMEM,
  ENOSYS,
  EPERM,
  KVM_MEM_LOG_DIRTY_PAGES as LOG,
  KVM_MEM_READONLY as READONLY,
} from '../../src/abi/kvm.js';
import type { AreaSpec, MemoryRegion } from '../../src/kvm/index.js';

const PAGE = 0x1000n;
const BLOCK = 0x20_0000n;
const IPA_LIMIT = 1n << 40n;
const MIN_CACHED = 2;
const FULL_CACHE = 40;

export const TRANSLATION = 0x04;
export const ACCESS_FLAG = 0x08;
export const PERMISSION = 0x0c;

/** What an entry allows. */
export interface Leaf {
  pa: bigint;
  writable: boolean;
  executable: boolean;
  young: boolean;
}

/** A level-2 entry: a block, or the pages of a table. */
type Level2 = { block: Leaf } | { pages: Map<bigint, Leaf> };

interface HostPage {
  writable: boolean;
  /** Which huge page it is part of. */
  huge?: object;
}

interface Slot {
  id: number;
  base: bigint;
  size: bigint;
  hva: bigint;
  flags: number;
  invalid: boolean;
  bitmap: Set<bigint> | undefined;
}

export interface Outcome {
  ret: number;
  disposition: Disposition;
}

export type Prediction = { pa: bigint } | { type: number; level: number };

const blockOf = (address: bigint) => address & ~(BLOCK - 1n);
const gigabyteOf = (ipa: bigint) => ipa >> 30n;
const failed: Outcome = { ret: -EFAULT, disposition: Disposition.ERROR };

/** The process behind a VM: areas and the host's page table, less the addresses of its pages. */
export class HostModel {
  readonly areas: AreaSpec[];
  readonly pages = new Map<bigint, HostPage>();
  /** Where the host put a page: the one thing the model is told. */
  readonly paOf: (hva: bigint) => bigint;

  constructor(areas: readonly AreaSpec[], paOf: (hva: bigint) => bigint) {
    this.areas = [...areas].sort((a, b) => (a.hva < b.hva ? -1 : 1));
    this.paOf = paOf;
  }

  areaAt(hva: bigint): AreaSpec | undefined {
    return this.areas.find((a) => hva >= a.hva && hva < a.hva + a.size);
  }

  /** First address and size of what the host maps at once around `hva`. */
  unitAt(area: AreaSpec, hva: bigint): { start: bigint; size: bigint } {
    const start = blockOf(hva);
    const fits = start >= area.hva && start + BLOCK <= area.hva + area.size;
    const huge = fits && (area.kind === 'hugetlb' || (area.kind === 'thp' && this.#isWhole(start)));
    return huge ? { start, size: BLOCK } : { start: hva & ~(PAGE - 1n), size: PAGE };
  }

  /** Nothing is there, or one huge page. */
  #isWhole(start: bigint): boolean {
    const first = this.pages.get(start);
    for (let at = start; at < start + BLOCK; at += PAGE) {
      const page = this.pages.get(at);
      if (page === undefined ? first !== undefined : first?.huge === undefined || page.huge !== first.huge)
        return false;
    }
    return true;
  }

  forget(start: bigint, end: bigint): void {
    for (const hva of [...this.pages.keys()]) if (hva >= start && hva < end) this.pages.delete(hva);
  }
}

export class VmModel {
  readonly host: HostModel;
  readonly slots = new Map<number, Slot>();
  readonly level2 = new Map<bigint, Level2>();
  /** Table pages in the vcpu's cache. */
  cached = 0;
  /** Table pages that the allocator still gives. */
  supply = Number.POSITIVE_INFINITY;
  /** Table pages lost under blocks. */
  lost = 0;
  /** Rare events that this VM has seen. */
  readonly seen = new Set<'dissolved block' | 'page under block' | 'copy on write' | 'change mapped'>();

  constructor(host: HostModel) {
    this.host = host;
  }

  // Slots.

  /** __kvm_set_memory_region, for the fields that histories vary. */
  setRegion(r: MemoryRegion): number {
    const old = this.slots.get(r.slot);
    if (r.memorySize === 0n) return old === undefined ? -EINVAL : this.#delete(old);
    const flags = r.flags | 0;
    if (old !== undefined) {
      if (r.userspaceAddr !== old.hva || r.memorySize !== old.size) return -EINVAL;
      if ((flags ^ old.flags) & READONLY) return -EINVAL;
      if (r.guestPhysAddr === old.base && flags === old.flags && !old.invalid) return 0;
    }
    const moves = old !== undefined && r.guestPhysAddr !== old.base;
    if ((old === undefined || moves) && this.#overlaps(r)) return -EEXIST;
    if (moves) {
      old.invalid = true;
      this.#unmapIpa(old.base, old.base + old.size);
    }
    const slot: Slot = {
      id: r.slot,
      base: r.guestPhysAddr,
      size: r.memorySize,
      hva: r.userspaceAddr,
      flags,
      invalid: false,
      bitmap: flags & LOG ? (old?.bitmap ?? new Set()) : undefined,
    };
    const flagsOnly = old !== undefined && !moves;
    const ret = this.#prepare(slot, flagsOnly);
    if (ret !== 0) return ret;
    this.slots.set(slot.id, slot);
    if (flags & LOG) this.#writeProtect(slot.base, slot.base + slot.size);
    return 0;
  }

  #overlaps(r: MemoryRegion): boolean {
    return [...this.slots.values()].some(
      (s) => s.id !== r.slot && r.guestPhysAddr < s.base + s.size && s.base < r.guestPhysAddr + r.memorySize,
    );
  }

  #delete(slot: Slot): number {
    this.#unmapIpa(slot.base, slot.base + slot.size);
    this.slots.delete(slot.id);
    return 0;
  }

  /** kvm_arch_prepare_memory_region. */
  #prepare(slot: Slot, flagsOnly: boolean): number {
    const end = slot.base + slot.size;
    if (end >= IPA_LIMIT) return -EFAULT;
    for (const area of this.host.areas) {
      const low = area.hva > slot.hva ? area.hva : slot.hva;
      const areaEnd = area.hva + area.size;
      const high = areaEnd < slot.hva + slot.size ? areaEnd : slot.hva + slot.size;
      if (low >= high) continue;
      let ret = 0;
      if (area.writable === false && !(slot.flags & READONLY)) ret = -EPERM;
      else if (area.kind === 'pfnmap' && slot.flags & LOG) return -EINVAL;
      else if (area.kind === 'pfnmap') ret = this.#mapDevice(slot, area, low, high);
      if (ret === 0) continue;
      if (!flagsOnly) this.#unmapIpa(slot.base, end);
      return ret;
    }
    return 0;
  }

  #mapDevice(slot: Slot, area: AreaSpec, low: bigint, high: bigint): number {
    let cached = 0;
    for (let hva = low; hva < high; hva += PAGE) {
      if (cached < MIN_CACHED) {
        cached += this.#supplied(FULL_CACHE - cached);
        if (cached < FULL_CACHE) return -ENOMEM;
      }
      const leaf = this.#deviceLeaf(area, hva, !(slot.flags & READONLY));
      const taken = this.#writePage(slot.base + (hva - slot.hva), leaf, { iomap: true });
      if (taken < 0) return -EFAULT;
      cached -= taken;
    }
    return 0;
  }

  /** Pages the allocator gives when it is asked for so many. */
  #supplied(wanted: number): number {
    const given = Math.min(wanted, this.supply);
    this.supply -= given;
    return given;
  }

  #deviceLeaf(area: AreaSpec, hva: bigint, writable: boolean): Leaf {
    return { pa: (area.pa ?? 0n) + (hva - area.hva), writable, executable: false, young: true };
  }

  /** The pages whose bits are set; they are clean and write-protected after. */
  getDirtyLog(id: number): bigint[] {
    const slot = this.slots.get(id);
    const dirty = [...(slot?.bitmap ?? [])].sort((a, b) => Number(a - b));
    if (slot === undefined) return dirty;
    for (const page of dirty) {
      const word = dirty.filter((p) => p >> 6n === page >> 6n);
      const from = slot.base + (word[0] as bigint) * PAGE;
      this.#writeProtect(from, slot.base + ((word.at(-1) as bigint) + 1n) * PAGE);
    }
    slot.bitmap?.clear();
    return dirty;
  }

  // Entries.

  leafAt(ipa: bigint): { leaf: Leaf; level: number } | undefined {
    const entry = this.level2.get(blockOf(ipa));
    if (entry === undefined) return undefined;
    if ('block' in entry) return { leaf: entry.block, level: 2 };
    const leaf = entry.pages.get(ipa & ~(PAGE - 1n));
    return leaf && { leaf, level: 3 };
  }

  /** What the MMU must answer. */
  translate(ipa: bigint, access: Access): Prediction {
    const found = this.leafAt(ipa);
    if (ipa >= IPA_LIMIT) return { type: TRANSLATION, level: 0 };
    if (found === undefined) {
      const siblings = [...this.level2.keys()].some((base) => gigabyteOf(base) === gigabyteOf(ipa));
      return { type: TRANSLATION, level: this.level2.has(blockOf(ipa)) ? 3 : siblings ? 2 : 1 };
    }
    const { leaf, level } = found;
    if (!leaf.young) return { type: ACCESS_FLAG, level };
    const allowed = access === Access.READ || (access === Access.WRITE ? leaf.writable : leaf.executable);
    if (!allowed) return { type: PERMISSION, level };
    return { pa: leaf.pa + (ipa & (level === 2 ? BLOCK - 1n : PAGE - 1n)) };
  }

  /** Every leaf by ascending IPA. */
  *leaves(): Generator<{ ipa: bigint; leaf: Leaf; level: number }> {
    const bases = [...this.level2.keys()].sort((a, b) => (a < b ? -1 : 1));
    for (const base of bases) {
      const entry = this.level2.get(base) as Level2;
      if ('block' in entry) yield { ipa: base, leaf: entry.block, level: 2 };
      else
        for (const ipa of [...entry.pages.keys()].sort((a, b) => (a < b ? -1 : 1)))
          yield { ipa, leaf: entry.pages.get(ipa) as Leaf, level: 3 };
    }
  }

  /** Table pages below the root: one for each gigabyte and one for each 2 MiB that has pages. */
  tablePages(): number {
    const gigabytes = new Set([...this.level2.keys()].map(gigabyteOf));
    return gigabytes.size + [...this.level2.values()].filter((entry) => 'pages' in entry).length;
  }

  /**
   * stage2_set_pte. Without `create` a missing table is left missing. Negative for a device page over a present one;
   * otherwise how many table pages it took.
   */
  #writePage(
    ipa: bigint,
    leaf: Leaf,
    {
      iomap = false,
      logging = false,
      create = true,
    }: { iomap?: boolean; logging?: boolean; create?: boolean },
  ): number {
    const base = blockOf(ipa);
    let taken = [...this.level2.keys()].some((other) => gigabyteOf(other) === gigabyteOf(ipa)) ? 0 : 1;
    let entry = this.level2.get(base);
    if (entry !== undefined && 'block' in entry) {
      // Without logging the block's memory is taken for a table: nothing the MMU sees changes.
      this.seen.add(logging ? 'dissolved block' : 'page under block');
      if (!logging) return 0;
      entry = undefined;
    }
    if (entry === undefined) {
      if (!create) return 0;
      taken++;
      entry = { pages: new Map() };
      this.level2.set(base, entry);
    }
    if (iomap && entry.pages.has(ipa)) return -1;
    if (!create) this.seen.add('change mapped');
    entry.pages.set(ipa, { ...leaf });
    return taken;
  }

  #writeBlock(ipa: bigint, leaf: Leaf): number {
    const base = blockOf(ipa);
    const siblings = [...this.level2.keys()].some((other) => gigabyteOf(other) === gigabyteOf(ipa));
    const old = this.level2.get(base);
    if (old !== undefined && 'pages' in old) this.lost++;
    this.level2.set(base, { block: leaf });
    return siblings ? 0 : 1;
  }

  #unmapIpa(start: bigint, end: bigint): void {
    for (const [base, entry] of this.level2) {
      if (base + BLOCK <= start || base >= end) continue;
      if ('pages' in entry) {
        for (const ipa of [...entry.pages.keys()]) if (ipa >= start && ipa < end) entry.pages.delete(ipa);
        if (entry.pages.size > 0) continue;
      }
      this.level2.delete(base);
    }
  }

  /** The leaves that a range touches, blocks as a whole. */
  *#touched(start: bigint, end: bigint): Generator<Leaf> {
    for (const [base, entry] of this.level2) {
      if (base + BLOCK <= start || base >= end) continue;
      if ('block' in entry) yield entry.block;
      else for (const [ipa, leaf] of entry.pages) if (ipa >= start && ipa < end) yield leaf;
    }
  }

  #writeProtect(start: bigint, end: bigint): void {
    for (const leaf of this.#touched(start, end)) leaf.writable = false;
  }

  // The host's side.

  /** The guest addresses that show [start, end), one range for each slot. */
  #shown(start: bigint, end: bigint): [bigint, bigint][] {
    const ranges: [bigint, bigint][] = [];
    for (const { base, size, hva } of this.slots.values()) {
      const low = start > hva ? start : hva;
      const high = end < hva + size ? end : hva + size;
      if (low < high) ranges.push([base + (low - hva), base + (high - hva)]);
    }
    return ranges;
  }

  invalidate(start: bigint, end: bigint): void {
    for (const [low, high] of this.#shown(start, end)) this.#unmapIpa(low, high);
  }

  /** kvm_set_spte_hva: where a table is, the page is mapped at its new place, read-only. */
  change(hva: bigint, pa: bigint): void {
    for (const [ipa] of this.#shown(hva, hva + PAGE)) {
      this.#writePage(ipa, { pa, writable: false, executable: true, young: true }, { create: false });
    }
  }

  /** Clears access flags; how many were set. */
  age(start: bigint, end: bigint): number {
    let young = 0;
    for (const [low, high] of this.#shown(start, end)) {
      for (const leaf of this.#touched(low, high)) {
        if (leaf.young) young++;
        leaf.young = false;
      }
    }
    return young;
  }

  // Faults.

  slotAt(ipa: bigint): Slot | undefined {
    return [...this.slots.values()].find((s) => ipa >= s.base && ipa < s.base + s.size);
  }

  /** kvm_handle_guest_abort. `isv`: the syndrome describes the instruction. */
  fault(ipa: bigint, access: Access, type: number, isv: boolean): Outcome {
    const write = access === Access.WRITE;
    const slot = this.slotAt(ipa);
    if (slot === undefined || slot.invalid || (write && slot.flags & READONLY)) {
      if (access === Access.EXECUTE) return { ret: 1, disposition: Disposition.INJECT_PABT };
      if (!isv) return { ret: -ENOSYS, disposition: Disposition.ERROR };
      return { ret: 0, disposition: Disposition.MMIO_USER };
    }
    if (type === ACCESS_FLAG) {
      const found = this.leafAt(ipa);
      if (found) found.leaf.young = true;
      return { ret: 1, disposition: Disposition.ACCESS_FLAG };
    }
    if (type === PERMISSION && !write) return failed;
    return this.#userMemAbort(slot, ipa & ~(PAGE - 1n), write);
  }

  #userMemAbort(slot: Slot, ipa: bigint, write: boolean): Outcome {
    const logging = slot.bitmap !== undefined && !(slot.flags & READONLY);
    const hva = slot.hva + (ipa - slot.base);
    const area = this.host.areaAt(hva);
    if (area === undefined) return failed;
    const hugetlb = area.kind === 'hugetlb' && !logging;
    const misaligned = ((slot.hva ^ slot.base) & (BLOCK - 1n)) !== 0n;
    if (this.cached < MIN_CACHED) {
      this.cached += this.#supplied(FULL_CACHE - this.cached);
      if (this.cached < FULL_CACHE) return { ret: -ENOMEM, disposition: Disposition.ERROR };
    }
    if (area.kind === 'pfnmap') return this.#mapDeviceFault(slot, area, ipa, hva);
    // A hugetlbfs fault looks its page up at the start of the block, which the slot may not hold.
    const lookup = hugetlb ? blockOf(ipa) : ipa;
    if (this.slotAt(lookup) !== slot) return failed;
    const page = this.#obtain(area, slot.hva + (lookup - slot.base), write);
    if (page === undefined) return failed;
    if (page === 'copied') return { ret: 1, disposition: Disposition.RETRY };
    let writable = write || (page.writable && !(slot.flags & READONLY));
    if (logging && !write) writable = false;
    const block = hugetlb || (!misaligned && !logging && page.huge !== undefined);
    const leaf = { writable, executable: true, young: true };
    if (block) {
      this.cached -= this.#writeBlock(ipa, { ...leaf, pa: blockOf(this.host.paOf(hva)) });
      return { ret: 1, disposition: Disposition.MAPPED_BLOCK };
    }
    if (writable) slot.bitmap?.add((ipa - slot.base) >> 12n);
    this.cached -= this.#writePage(ipa, { ...leaf, pa: this.host.paOf(hva) }, { logging });
    return { ret: 1, disposition: Disposition.MAPPED_PAGE };
  }

  #mapDeviceFault(slot: Slot, area: AreaSpec, ipa: bigint, hva: bigint): Outcome {
    const taken = this.#writePage(ipa, this.#deviceLeaf(area, hva, !(slot.flags & READONLY)), {
      iomap: true,
    });
    if (taken < 0) return failed;
    this.cached -= taken;
    return { ret: 1, disposition: Disposition.MAPPED_PAGE };
  }

  /** get_user_pages: the host's page, made present; 'copied' if a read-only one was there and the VM was told. */
  #obtain(area: AreaSpec, hva: bigint, write: boolean): HostPage | 'copied' | undefined {
    const present = this.host.pages.get(hva);
    if (present !== undefined && (!write || present.writable)) return present;
    const mayWrite = area.writable !== false;
    if (write && !mayWrite) return undefined;
    const { start, size } = this.host.unitAt(area, hva);
    const zero = !write && area.kind !== 'hugetlb';
    if (present !== undefined) this.invalidate(start, start + size);
    const page: HostPage = { writable: write || (!zero && mayWrite) };
    if (size > PAGE) page.huge = {};
    for (let at = start; at < start + size; at += PAGE) this.host.pages.set(at, page);
    if (present === undefined) return page;
    this.seen.add('copy on write');
    if (size === PAGE) this.change(hva, this.host.paOf(hva));
    return 'copied';
  }
}
