import * as L from '../../abi/layout.js';
import { hex } from '../../core/error.js';
import type { Machine } from '../../core/machine.js';
import type { Vm } from '../vm.js';
import type { Findings } from './findings.js';
import type { LostPages, PoolAccount } from './types.js';

/** What is known of a page of the pool, as flags. */
export const FREE = 1;
export const REACHED = 2;
export const CACHED = 4;

/** The kernel functions that lose pages, by LostBy. */
const LOSERS: Record<L.LostBy, string> = {
  [L.LostBy.PREP_MEM_CACHE]: 'internal_vm_prep_mem',
  [L.LostBy.TABLE_UNDER_BLOCK]: 'stage2_set_pmd_huge',
};

/** Offsets of the caches of table pages of a VM. */
export function cachesOf(vm: Vm): number[] {
  return [...vm.tables.caches, ...vm.vcpus.map((vcpu) => vcpu.offset + L.VCPU_CACHE)];
}

/** What led to a page: PA of the entry, offset of the struct kvm. */
export interface Parent {
  entry: bigint;
  vm: number;
}

/** The pages a machine has for tables: who holds each, by the list of free pages and by what a check has met so far. */
export class PoolPages {
  readonly #machine: Machine;
  readonly #findings: Findings;
  readonly #pa: bigint;
  readonly #shift: bigint;
  /** Reference counts, as they are. */
  readonly #counts: Uint16Array;
  readonly #flags: Uint8Array;
  readonly #parents = new Map<number, Parent>();
  #free = 0;

  constructor(machine: Machine, findings: Findings) {
    this.#machine = machine;
    this.#findings = findings;
    const pages = machine.tablePages;
    this.#pa = machine.view.u64(L.HEADER_OFFSET + L.HEADER_POOL_PA);
    this.#shift = BigInt(machine.header(L.HEADER_POOL_SHIFT));
    const counts = machine.view.bytes(machine.header(L.HEADER_POOL_REFS), pages * 2);
    this.#counts = new Uint16Array(counts.buffer, counts.byteOffset, pages);
    this.#flags = new Uint8Array(pages);
    this.#readFreeList();
  }

  #readFreeList(): void {
    const { view, freeTablePages, tablePages } = this.#machine;
    const stack = view.words(this.#machine.header(L.HEADER_POOL_STACK), Math.min(freeTablePages, tablePages));
    if (freeTablePages > tablePages)
      this.#freeList(this.#pa, `at most ${tablePages} pages`, `${freeTablePages}`);
    for (const page of stack) {
      if (page >= tablePages) this.#freeList(this.#pa, `a page below ${tablePages}`, `page ${page}`);
      else if (this.#flags[page] === FREE) this.#freeList(this.paOf(page), 'once', 'twice');
      else {
        this.#flags[page] = FREE;
        this.#free++;
        if (this.#counts[page] !== 0)
          this.#freeList(this.paOf(page), 'no references', `${this.#counts[page]}`);
      }
    }
  }

  #freeList(address: bigint, expected: string, found: string): void {
    this.#findings.add({ kind: 'free-list', address, expected, found });
  }

  /** The page that begins at `pa`, or -1. */
  at(pa: bigint): number {
    const index = (pa - this.#pa) >> this.#shift;
    if (pa < this.#pa || index >= BigInt(this.#flags.length)) return -1;
    return this.#pa + (index << this.#shift) === pa ? Number(index) : -1;
  }

  paOf(page: number): bigint {
    return this.#pa + (BigInt(page) << this.#shift);
  }

  count(page: number): number {
    return this.#counts[page] as number;
  }

  flags(page: number): number {
    return this.#flags[page] as number;
  }

  #mark(page: number, flag: number): void {
    this.#flags[page] = (this.#flags[page] as number) | flag;
  }

  /** The entry at `entry`, of the VM at `vm`, leads to the page. */
  reach(page: number, entry: bigint, vm: number): void {
    this.#mark(page, REACHED);
    this.#parents.set(page, { entry, vm });
  }

  /** What led to the page first. */
  parent(page: number): Parent | undefined {
    return this.#parents.get(page);
  }

  isLost(page: number): boolean {
    return (this.count(page) & L.PAGE_LOST) !== 0;
  }

  /** Sorts the pages by who holds them; those nobody does are findings. */
  account(): PoolAccount {
    const lost = new Map<string, bigint[]>();
    const account = { pages: this.#flags.length, free: this.#free, reachable: 0, cached: 0, unowned: 0 };
    for (let page = 0; page < this.#flags.length; page++) {
      const flags = this.flags(page);
      if (flags & FREE) continue;
      if (flags & REACHED) account.reachable++;
      else if (flags & CACHED) account.cached++;
      else if (this.isLost(page)) this.#addLost(lost, page);
      else {
        account.unowned++;
        this.#unowned(page);
      }
    }
    return { ...account, lost: [...lost].map(([owner, pages]): LostPages => ({ owner, pages })) };
  }

  #addLost(lost: Map<string, bigint[]>, page: number): void {
    const by: L.LostBy = this.count(page) & ~L.PAGE_LOST;
    const owner = LOSERS[by] ?? `unknown (${by})`;
    const pages = lost.get(owner) ?? [];
    lost.set(owner, pages);
    pages.push(this.paOf(page));
  }

  #unowned(page: number): void {
    const found = `${this.count(page)} references, and nobody who holds it`;
    const expected = 'free, linked, cached, or lost by emulated code';
    this.#findings.add({ kind: 'page-unowned', address: this.paOf(page), expected, found });
  }

  /** Marks the pages of the cache at offset `cache`, which belongs to the struct kvm at `vm`. */
  readCache(cache: number, vm: number): void {
    const { view } = this.#machine;
    const held = view.u32(cache + L.CACHE_NOBJS);
    const room = (L.CACHE_SIZEOF - L.CACHE_OBJECTS) / 8;
    if (held > room) {
      const address = view.u64(cache + L.CACHE_OBJECTS);
      const [expected, found] = [`at most ${room} pages`, `${held}`];
      this.#findings.add({ kind: 'cache-size', vm, address, expected, found });
    }
    for (let i = 0; i < Math.min(held, room); i++) this.#hold(view.u64(cache + L.CACHE_OBJECTS + i * 8), vm);
  }

  /** Marks the pages chained at offset `reserve`; a chain that is cooked is left where it leads astray. */
  readReserve(reserve: number, vm: number): void {
    const { view } = this.#machine;
    let pa = view.u64(reserve + L.RESERVE_HEAD);
    for (let left = view.u32(reserve + L.RESERVE_PAGES); left > 0 && this.#hold(pa, vm); left--)
      pa = view.u64(this.#machine.ramOffset(pa) as number);
  }

  /** The page at `pa` is held for tables of the struct kvm at `vm`. False if it cannot be. */
  #hold(pa: bigint, vm: number): boolean {
    const found = this.#heldProblem(pa);
    if (found === undefined) return true;
    this.#findings.add({ kind: 'cache-page', vm, address: pa, expected: 'a page of its own', found });
    return false;
  }

  /** What is wrong with a page that is held; marks it. */
  #heldProblem(pa: bigint): string | undefined {
    const page = this.at(pa);
    if (page < 0) return `${hex(pa)}, no page of the pool`;
    const flags = this.flags(page);
    this.#mark(page, CACHED);
    if (flags & FREE) return 'a free page';
    if (flags & CACHED) return 'a page held twice';
    return this.count(page) === 1 ? undefined : `a page with a count of ${hex(this.count(page))}`;
  }
}
