import {
  HOST_PTE_PRESENT,
  HOST_PTE_WRITE,
  PG_FILE,
  PG_HEAD,
  PG_MAPCOUNT_NEG,
  PG_RESERVED,
  PG_TAIL,
} from '../../abi/kvm.js';
import * as L from '../../abi/layout.js';
import type { Machine } from '../../core/machine.js';
import type { AddressSpace } from '../../kvm/index.js';

const PAGE = 4096n;
const BLOCK = 2n << 20n;
/** Room for an aligned huge page of 1 GiB. */
const RESERVE = 2n << 30n;
const COMPOUND = PG_HEAD | PG_TAIL;
const PA_MASK = 0x000ffffffffff000n;

/**
 * Captured pages live in the upper half of the emulated host's RAM, [2^35, 2^36): the PA modulo 2^35. What the
 * emulated host hands out itself comes from below. Two captured pages share a frame only if they lie a multiple of
 * 32 GiB apart; then they share struct page flags, nothing else.
 */
const CAPTURED_ZONE = 1n << 35n;
/** RAM starts at 1 GiB (src/kvm/host.ts). */
export const HOST_RAM_BYTES = (1n << 36n) - (1n << 30n);

/** The host's pages behind a VM: what the capture shows of them, and made-up ones where it does not. */
export class HostPages {
  readonly #machine: Machine;
  readonly #mm: AddressSpace;
  readonly #first: bigint;
  /** PA and hva of the last read-only page that answered a read: seen again elsewhere it is the zero page. */
  #lastReadOnly: { pa: bigint; hva: bigint } | undefined;

  constructor(machine: Machine, mm: AddressSpace) {
    this.#machine = machine;
    this.#mm = mm;
    this.#first = machine.view.u64(L.HEADER_OFFSET + L.HEADER_HOST_NEXT);
    machine.view.setU64(L.HEADER_OFFSET + L.HEADER_HOST_END, CAPTURED_ZONE);
  }

  /** The emulated frame of a captured PA. */
  static frame(pa: bigint): bigint {
    return CAPTURED_ZONE | (pa & (CAPTURED_ZONE - 1n) & PA_MASK);
  }

  /** Memory nobody uses, made up: a page, or `bytes` aligned to their size. */
  fresh(bytes = PAGE): bigint {
    this.recycle();
    const at = L.HEADER_OFFSET + L.HEADER_HOST_NEXT;
    const pa = (this.#machine.view.u64(at) + bytes - 1n) & ~(bytes - 1n);
    this.#machine.view.setU64(at, pa + bytes);
    return pa;
  }

  /** Starts over when the host's own pages run low, zero pages included: a long trace may ask for more than there are. */
  recycle(): void {
    const { view } = this.#machine;
    if (view.u64(L.HEADER_OFFSET + L.HEADER_HOST_NEXT) < CAPTURED_ZONE - RESERVE) return;
    view.setU64(L.HEADER_OFFSET + L.HEADER_HOST_NEXT, this.#first);
    view.setU64(L.HEADER_OFFSET + L.HEADER_ZERO_PAGE, 0n);
    view.setU64(L.HEADER_OFFSET + L.HEADER_HUGE_ZERO_PAGE, 0n);
  }

  /** The host maps `hva` to the page at `frame`, 4 KiB, by a page-table entry. */
  setPage(hva: bigint, frame: bigint, writable: boolean): void {
    if (!this.#holds(hva)) return;
    const old = this.#mm.pte(hva) & PA_MASK;
    if (old !== frame) this.#machine.setPageFlags(frame, 0);
    this.#mm.setPte(hva, frame, HOST_PTE_PRESENT | (writable ? HOST_PTE_WRITE : 0));
  }

  /** A page that answered a fault by a 4 KiB mapping. `splits`: nothing but its host page kept it from a block. */
  answerPage(hva: bigint, pa: bigint, writable: boolean, splits: boolean): void {
    const frame = HostPages.frame(pa);
    this.setPage(hva, frame, writable);
    const flags = this.#machine.pageFlags(frame);
    if (splits && (flags & COMPOUND) !== 0) this.#machine.setPageFlags(frame, 0);
    if (!writable) this.#noteReadOnly(hva, frame);
  }

  /** A huge page of `size` bytes that answered a fault by a block: the 2 MiB of it around `hva`. */
  answerBlock(hva: bigint, pa: bigint, size: bigint, writable: boolean): void {
    const head = (pa & ~(BLOCK - 1n) & (size - 1n)) === 0n;
    this.#setBlock(hva, HostPages.frame(pa) & ~(BLOCK - 1n), head, writable);
  }

  /** The 2 MiB around `hva` are those at `first`, the head of a huge page or a part of a larger one. */
  #setBlock(hva: bigint, first: bigint, head: boolean, writable: boolean): void {
    const start = hva & ~(BLOCK - 1n);
    for (let offset = 0n; offset < BLOCK; offset += PAGE) {
      this.setPage(start + offset, first + offset, writable);
      const part = head && offset === 0n ? PG_HEAD : PG_TAIL;
      this.#machine.setPageFlags(first + offset, part | PG_MAPCOUNT_NEG);
    }
  }

  /** The host's page at `hva`, if it is there, may be written. */
  makeWritable(hva: bigint): void {
    const pte = this.pte(hva);
    if (pte !== undefined) this.#mm.setPte(hva, pte & PA_MASK, HOST_PTE_PRESENT | HOST_PTE_WRITE);
  }

  /** A page of a file: reads of files meet the page cache, not the zero page. */
  provideFilePage(hva: bigint, writable: boolean): void {
    if (this.pte(hva) !== undefined || !this.#holds(hva)) return;
    const frame = this.fresh();
    this.setPage(hva, frame, writable);
    this.#machine.setPageFlags(frame, PG_FILE);
  }

  /** A page of its own size in an area that could have huge ones: the zero page for a read. */
  provideSmallPage(hva: bigint, write: boolean): void {
    this.splitBlock(hva);
    if (this.pte(hva) !== undefined || !this.#holds(hva)) return;
    if (write) this.setPage(hva, this.fresh(), true);
    else this.#mm.setPte(hva, this.#zeroPage(), HOST_PTE_PRESENT);
  }

  /** The host maps the 2 MiB around `hva` page by page from now on, if it did so by a huge page (not of hugetlbfs). */
  splitBlock(hva: bigint): void {
    if (this.#mm.find(hva)?.kind !== 'thp' || !this.#isHuge(hva)) return;
    const start = hva & ~(BLOCK - 1n);
    for (let at = start; at < start + BLOCK; at += PAGE) this.#splitPage(at);
  }

  #isHuge(hva: bigint): boolean {
    const pte = this.pte(hva);
    return pte !== undefined && (this.#machine.pageFlags(pte & PA_MASK) & PG_MAPCOUNT_NEG) !== 0;
  }

  /** The huge zero page is everyone's, so it stays whole and small zero pages take its place. */
  #splitPage(hva: bigint): void {
    if (!this.#isHuge(hva)) return;
    const frame = (this.pte(hva) ?? 0n) & PA_MASK;
    const zero = this.#machine.view.u64(L.HEADER_OFFSET + L.HEADER_HUGE_ZERO_PAGE);
    if (zero !== 0n && (frame & ~(BLOCK - 1n)) === zero) {
      this.#mm.setPte(hva, this.#zeroPage(), HOST_PTE_PRESENT);
    } else {
      this.#machine.setPageFlags(frame, this.#machine.pageFlags(frame) & ~PG_MAPCOUNT_NEG);
    }
  }

  /** What a read gets of a private mapping of hugetlbfs: a page of its own, write-protected. */
  providePrivateHugePage(hva: bigint): void {
    if (this.pte(hva) === undefined && this.#holds(hva)) this.#setBlock(hva, this.fresh(BLOCK), true, false);
  }

  /** The host's zero page, of which it keeps one. */
  #zeroPage(): bigint {
    const at = L.HEADER_OFFSET + L.HEADER_ZERO_PAGE;
    const known = this.#machine.view.u64(at);
    if (known !== 0n) return known;
    const frame = this.fresh();
    this.#machine.setPageFlags(frame, PG_RESERVED);
    this.#machine.view.setU64(at, frame);
    return frame;
  }

  /** The page-table entry of `hva` if a page is present. */
  pte(hva: bigint): bigint | undefined {
    if (!this.#holds(hva)) return undefined;
    const pte = this.#mm.pte(hva);
    return (pte & BigInt(HOST_PTE_PRESENT)) === 0n ? undefined : pte;
  }

  #holds(hva: bigint): boolean {
    const area = this.#mm.find(hva);
    return area !== undefined && area.ptes !== 0;
  }

  #noteReadOnly(hva: bigint, frame: bigint): void {
    const last = this.#lastReadOnly;
    if (last !== undefined && last.pa === frame && last.hva !== hva) {
      this.#machine.setPageFlags(frame, PG_RESERVED);
    }
    this.#lastReadOnly = { pa: frame, hva };
  }
}
