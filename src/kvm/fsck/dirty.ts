import { KVM_MEM_LOG_DIRTY_PAGES, KVM_MEMSLOT_INVALID, PAGE_SHIFT } from '../../abi/kvm.js';
import { hex } from '../../core/error.js';
import { bitmapBytes } from '../memslots.js';
import { type MemorySlot, slotBytes, slotIpa } from '../slot_table.js';
import type { Vm } from '../vm.js';
import type { Findings } from './findings.js';
import type { FindingKind } from './types.js';

const PAGE = BigInt(PAGE_SHIFT);

/** A leaf the guest may write. */
export interface WritableLeaf {
  ipa: bigint;
  /** Bytes it maps. */
  size: bigint;
  level: number;
  /** PA of its entry. */
  entry: bigint;
}

/** The dirty bitmaps of a VM against what the guest may write. */
export class DirtyLogs {
  readonly #vm: Vm;
  readonly #findings: Findings;
  /** Slots that log. */
  readonly #slots: readonly MemorySlot[];

  constructor(vm: Vm, findings: Findings) {
    this.#vm = vm;
    this.#findings = findings;
    this.#slots = vm.slots.used.filter(isLogging);
    for (const slot of this.#slots) this.#checkEnd(slot);
  }

  /** No slot logs: leaves need not be shown. */
  get isEmpty(): boolean {
    return this.#slots.length === 0;
  }

  /** A bitmap is of whole 64-bit words: the bits after the last page stay clear. */
  #checkEnd(slot: MemorySlot): void {
    const last = bitmapBytes(slot.npages) - 8;
    const word = this.#vm.machine.view.u64(slot.dirtyBitmap + last);
    const used = slot.npages - BigInt(last * 8);
    const beyond = used < 64n ? word >> used : 0n;
    if (beyond === 0n) return;
    const address = slotIpa(slot) + slotBytes(slot);
    const expected = `${slot.npages} pages in slot ${slot.id}`;
    this.#findings.add({
      kind: 'dirty-beyond',
      vm: this.#vm.offset,
      address,
      expected,
      found: `bits ${hex(beyond)} after them`,
    });
  }

  /** Shows a leaf that is writable. */
  check(leaf: WritableLeaf): void {
    for (const slot of this.#slots) {
      const from = leaf.ipa > slotIpa(slot) ? leaf.ipa : slotIpa(slot);
      const slotEnd = slotIpa(slot) + slotBytes(slot);
      const to = leaf.ipa + leaf.size < slotEnd ? leaf.ipa + leaf.size : slotEnd;
      if (from < to) this.#checkPart(slot, leaf, from, to);
    }
  }

  #checkPart(slot: MemorySlot, leaf: WritableLeaf, from: bigint, to: bigint): void {
    if (leaf.level < 3) {
      const kind = to - from === leaf.size ? 'dirty-block' : 'dirty-overreach';
      this.#add(kind, leaf, `pages in slot ${slot.id}, which logs`, 'a writable block');
      return;
    }
    const first = (from >> PAGE) - slot.baseGfn;
    const end = (to >> PAGE) - slot.baseGfn;
    for (let page = first; page < end; page++) if (this.#isDirty(slot, page)) return;
    this.#add(
      'dirty-unlogged',
      leaf,
      `page ${first} of slot ${slot.id} dirty, or write-protected`,
      'writable',
    );
  }

  #isDirty(slot: MemorySlot, page: bigint): boolean {
    const byte = this.#vm.machine.view.u8(slot.dirtyBitmap + Number(page >> 3n));
    return ((byte >> Number(page & 7n)) & 1) !== 0;
  }

  #add(kind: FindingKind, leaf: WritableLeaf, expected: string, found: string): void {
    const { ipa, level, entry } = leaf;
    this.#findings.add({ kind, vm: this.#vm.offset, address: entry, ipa, level, expected, found });
  }
}

function isLogging({ flags, dirtyBitmap }: MemorySlot): boolean {
  return (flags & KVM_MEM_LOG_DIRTY_PAGES) !== 0 && (flags & KVM_MEMSLOT_INVALID) === 0 && dirtyBitmap !== 0;
}
