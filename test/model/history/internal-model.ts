// What an internal VM is to do with its slots by its policy: results, and the pages that are mapped one to one.
import {
  EEXIST,
  EINVAL,
  ENOMEM,
  KVM_MEM_READONLY,
  KVM_MEM_LOG_DIRTY_PAGES as LOG,
} from '../../../src/abi/kvm.js';
import type { InternalPolicy } from '../../../src/kvm/index.js';
import { BLOCK, PAGE } from '../lab.js';

/** The policies that decide what a slot is mapped as. */
export type MapPolicy = Pick<InternalPolicy, 'idmap' | 'contiguous' | 'region'>;

/** Where the host has its RAM, and which part it has set aside; all below is device registers. */
export const RAM = { pa: 1n << 30n, size: 2n << 30n };
const SET_ASIDE_BYTES = 8n * BLOCK;
export const SET_ASIDE = { pa: RAM.pa + RAM.size - SET_ASIDE_BYTES, size: SET_ASIDE_BYTES };

/** A page as the idmap writes it, one of device registers, and the permission to write either. */
const MEMORY = 0x7ffn;
const DEVICE = 0x7c7n | (2n << 53n);
const WRITE = 0x80n;
const CONTIGUOUS = 1n << 52n;
/** Bytes of a contiguous set of pages; the slots here have none of blocks. */
const SET = 16n * PAGE;

export interface Slot {
  base: bigint;
  size: bigint;
  flags: number;
  invalid: boolean;
}

const ipasOf = ({ base, size }: Slot) =>
  Array.from({ length: Number(size / PAGE) }, (_, i) => base + BigInt(i) * PAGE);

/** The aligned range of so many bytes around `ipa` is in the slot. */
function holds({ base, size }: Slot, ipa: bigint, bytes: bigint): boolean {
  const first = ipa - (ipa % bytes);
  return first >= base && first + bytes <= base + size;
}

export class InternalModel {
  readonly slots = new Map<number, Slot>();
  /** Descriptors by IPA, of pages of 4 KiB. */
  readonly pages = new Map<bigint, bigint>();
  readonly #policy: MapPolicy;

  constructor(policy: MapPolicy) {
    this.#policy = policy;
  }

  get isPosted(): boolean {
    return this.#policy.idmap === 'asPosted';
  }

  /** What the call must return, or that it maps the slot, which the allocator alone can refuse. */
  expected(id: number, slot: Slot): number | 'mapped' {
    const old = this.slots.get(id);
    if (slot.size === 0n) return old === undefined ? -EINVAL : 0;
    if (old !== undefined) {
      if (old.size !== slot.size || (old.flags ^ slot.flags) & KVM_MEM_READONLY) return -EINVAL;
      if (old.base === slot.base && old.flags === slot.flags && !old.invalid) return 0;
    }
    if (old?.base !== slot.base && this.#overlaps(id, slot)) return -EEXIST;
    return this.#isRefused(slot) ? -EINVAL : 'mapped';
  }

  #overlaps(id: number, { base, size }: Slot): boolean {
    return [...this.slots].some(
      ([other, s]) => other !== id && base < s.base + s.size && s.base < base + size,
    );
  }

  /** By the region policy, and what is not mapped as posted is not logged. */
  #isRefused({ base, size, flags }: Slot): boolean {
    if (!this.isPosted && flags & LOG) return true;
    if (this.#policy.region === 'none') return false;
    const inMemory = base >= SET_ASIDE.pa && base + size <= SET_ASIDE.pa + SET_ASIDE.size;
    const inDevices = this.#policy.region === 'deviceAttributes' && base + size <= RAM.pa;
    return !inMemory && !inDevices;
  }

  delete(id: number): void {
    const old = this.slots.get(id);
    if (old !== undefined) this.#unmap(old);
    this.slots.delete(id);
  }

  /** The slot is mapped; if `ret` refuses that, as posted in part: `isMapped` says whether a page has its entry. */
  set(id: number, slot: Slot, ret: number, isMapped: (ipa: bigint, desc: bigint) => boolean): void {
    if (ret === -ENOMEM && !this.isPosted) return;
    const old = this.slots.get(id);
    if (old !== undefined && old.base !== slot.base) {
      old.invalid = true;
      this.#unmap(old);
    }
    const ipas = ret === 0 ? ipasOf(slot) : this.#reached(slot, isMapped);
    for (const ipa of ipas) this.pages.set(ipa, this.#page(ipa, slot));
    if (ret !== 0) return;
    this.slots.set(id, slot);
    if (slot.flags & LOG) for (const ipa of ipas) this.pages.set(ipa, this.#page(ipa, slot) & ~WRITE);
  }

  /** How far a map came that was refused: to the last page whose entry is the slot's and was not before. */
  #reached(slot: Slot, isMapped: (ipa: bigint, desc: bigint) => boolean): bigint[] {
    const ipas = ipasOf(slot);
    const isNew = (ipa: bigint) => {
      const desc = this.#page(ipa, slot);
      return this.pages.get(ipa) !== desc && isMapped(ipa, desc);
    };
    return ipas.slice(0, ipas.map(isNew).lastIndexOf(true) + 1);
  }

  /** As posted a page is writable whatever the slot. */
  #page(ipa: bigint, slot: Slot): bigint {
    const isDevice = this.#policy.region === 'deviceAttributes' && ipa < RAM.pa;
    const desc = ipa | (isDevice ? DEVICE : MEMORY) | (this.#isContiguous(ipa, slot) ? CONTIGUOUS : 0n);
    return !this.isPosted && slot.flags & KVM_MEM_READONLY ? desc & ~WRITE : desc;
  }

  /** A page of a whole set, and of no block. */
  #isContiguous(ipa: bigint, slot: Slot): boolean {
    const inBlock = this.#policy.idmap === 'blocks' && holds(slot, ipa, BLOCK);
    return this.#policy.contiguous && !inBlock && holds(slot, ipa, SET);
  }

  #unmap(slot: Slot): void {
    for (const ipa of ipasOf(slot)) this.pages.delete(ipa);
  }

  /** A write to `ipa` is one to memory. */
  isWritable(ipa: bigint): boolean {
    return [...this.slots.values()].some(
      (s) => ipa >= s.base && ipa < s.base + s.size && !s.invalid && !(s.flags & KVM_MEM_READONLY),
    );
  }
}
