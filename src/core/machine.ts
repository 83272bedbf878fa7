import { Event } from '../abi/event.js';
import { LOG_MESSAGES } from '../abi/kvm.js';
import * as L from '../abi/layout.js';
import { Site } from '../abi/site.js';
import { type Allocation, Arena } from './arena.js';
import { Stage2Error } from './error.js';
import type { CoreExports } from './exports.js';
import { coreModule, instantiate } from './load.js';
import { memoryFor } from './memory.js';
import type { MicroExports } from './micro-exports.js';
import type { BankSpec, KeptRange, RegionSpec } from './physmap.js';
import { checkRange } from './physmap.js';
import { chunkShift, PATH_SLOTS, type Placement } from './placement.js';
import { PATH_BYTES, planOf } from './plan.js';
import { View } from './view.js';

const BANK_KIND = { ram: L.BankKind.RAM, unbacked: L.BankKind.UNBACKED, device: L.BankKind.DEVICE } as const;
/** The allocator never refuses. */
const UNLIMITED = 0xffffffff;

/** What a machine is made of. Sizes are fixed at creation, so no view of its memory is ever detached by it. */
export interface MachineOptions {
  /** Physical address map. Default: none but the table pool and the root tables. */
  banks?: readonly BankSpec[];
  /** Pool of page-table pages: a RAM bank of its own. */
  tablePool?: {
    /** First PA, a multiple of the page size. Default 2^40. */
    pa: bigint;
    /** Of 2^pageShift bytes. Default 256. */
    pages: number;
    /** log2 of the bytes of a page: that of the granule. Default 12. */
    pageShift?: 12 | 14 | 16;
  };
  /** RAM bank for root tables, which are one contiguous allocation each. */
  roots?: {
    /** First PA, 4 KiB aligned. Default 2^41. */
    pa: bigint;
    /** Bytes, a multiple of 4 KiB. Default 1 MiB. */
    size: number;
  };
  /** Memory regions of the host kernel. Default: the memory banks, neighbours joined. */
  regions?: readonly RegionSpec[];
  /** Keep struct page flags for every page of the regions (2 bytes a page). Default true. */
  pageState?: boolean;
  /** Range the host's page allocator hands pages out from, inside a region. */
  hostPages?: RegionSpec;
  /** Where the host kernel itself is, inside a region. */
  kernelImage?: RegionSpec;
  /** Bytes for kernel objects: slot tables, bitmaps, areas, host page tables. Default 4 MiB. */
  arenaBytes?: number;
  /** Record events, branch sites and fault signatures. Default false. */
  accounted?: boolean;
  /**
   * The core, compiled by the embedder of `stage2/core.wasm` or another one of the package: once for many workers, or
   * without SIMD. Default: the one with SIMD that is part of the package's code.
   */
  core?: WebAssembly.Module;
  /** The embedder's own memory: as many bytes of it as `machineBytes` says are zeroed and used. Default: a new one. */
  memory?: WebAssembly.Memory;
  /** Where in `memory` the machine begins: bytes, a multiple of 64 KiB. Default 0; does not count without `memory`. */
  memoryBase?: number;
}

/** What a machine was made of, every default filled in. */
export type MachineParts = Required<
  Omit<MachineOptions, 'core' | 'memory' | 'memoryBase' | 'hostPages' | 'kernelImage'>
> &
  Pick<MachineOptions, 'hostPages' | 'kernelImage'>;

/** One instance of the core: physical memory, kernel objects, counters. Any number may live side by side. */
export class Machine {
  /** Exports of the wasm instance (docs/abi.md). Offsets and sizes given to them are not checked. */
  readonly core: CoreExports;
  /** Its memory, by byte offset from memoryBase. */
  readonly view: View;
  /** Whether events, branch sites and fault signatures are recorded. */
  readonly accounted: boolean;
  /** The options with every default filled in; another machine made of them is just like this one. */
  readonly parts: MachineParts;
  /** Kernel objects, as offsets from memoryBase. */
  readonly arena: Arena;
  /** Root tables, as offsets from `rootsPa`. */
  readonly roots: Arena;
  /** First PA of the bank for root tables. */
  readonly rootsPa: bigint;
  /** By ascending PA, with the table pool and the root tables. */
  readonly banks: readonly BankSpec[];
  /** What the emulated kernel takes for memory (pfn_valid): as given, or by ascending PA. */
  readonly regions: readonly RegionSpec[];
  /** What no guest may have. */
  readonly kept: readonly KeptRange[];
  readonly #at: Placement;

  /**
   * Throws EINVAL for what cannot be laid out, for a core that is none of this version or not as accounted as asked
   * for, ENOMEM if the memory given is too small.
   */
  constructor(options: MachineOptions = {}) {
    const { pool, roots, banks, regions, kept, pageState, arenaBytes, accounted, at } = planOf(options);
    const { hostPages, kernelImage } = options;
    this.accounted = accounted;
    this.rootsPa = roots.pa;
    this.banks = banks;
    this.regions = regions;
    this.kept = kept;
    this.parts = structuredClone({
      banks: options.banks ?? [],
      tablePool: pool,
      roots,
      regions,
      pageState,
      arenaBytes,
      accounted,
      ...(hostPages && { hostPages }),
      ...(kernelImage && { kernelImage }),
    });
    this.#at = at;
    this.view = new View(...memoryFor(options, at.total));
    this.core = instantiate(options.core ?? coreModule(accounted), accounted, this.view.memory);
    // A new memory is empty, and its pages take no room until they are touched.
    if (options.memory !== undefined) this.view.fill(0, at.total);
    this.core.init(this.view.base);
    if (accounted) this.micro.microInit();
    this.arena = new Arena('kernel objects', at.arena, at.arena + arenaBytes);
    this.roots = new Arena('root tables', 0, roots.size);
    this.#writeBanks();
    this.#writePool(pool);
    this.#writeHeader(hostPages);
  }

  /** The micro-architectural model. Throws EINVAL unless the machine is accounted. */
  get micro(): MicroExports {
    if (!this.accounted) throw new Stage2Error('EINVAL', 'accounted false: expected an accounted machine');
    return this.core as CoreExports & MicroExports;
  }

  /** Bytes of memory from memoryBase on. */
  get bytes(): number {
    return this.#at.total;
  }

  /** The tables of banks and of memory regions, which no operation changes. */
  get tables(): Allocation[] {
    const { banks, regions, regionList } = this.#at;
    return [
      [banks, this.banks.length * L.BANK_SIZEOF],
      [regions, regionList + this.regions.length * 4 - regions],
    ];
  }

  #writeBanks(): void {
    const { view } = this;
    let records = 0;
    for (const [i, bank] of this.banks.entries()) {
      const offset = this.#at.ram[i] ?? 0;
      const previous = this.banks[i - 1];
      const joins =
        previous !== undefined &&
        bank.kind === 'ram' &&
        previous.kind === 'ram' &&
        previous.pa + previous.size === bank.pa;
      // Neighbouring RAM banks lie side by side in linear memory too: one record, found at one go.
      if (!joins) records++;
      const at = this.#at.banks + (records - 1) * L.BANK_SIZEOF;
      view.setU64(at + L.BANK_END, bank.pa + bank.size);
      if (joins) continue;
      view.setU64(at + L.BANK_PA, bank.pa);
      view.setU32(at + L.BANK_OFFSET, offset);
      view.setU32(at + L.BANK_KIND, BANK_KIND[bank.kind]);
    }
    this.setHeader(L.HEADER_BANK_COUNT, records);
    for (const [i, region] of this.regions.entries()) {
      const at = this.#at.regions + i * L.BANK_SIZEOF;
      view.setU64(at + L.BANK_PA, region.pa);
      view.setU64(at + L.BANK_END, region.pa + region.size);
      view.setU32(at + L.BANK_KIND, L.BankKind.UNBACKED);
      view.setU32(at + L.BANK_MEM_MAP, this.#at.memMaps[i] ?? 0);
      view.setU32(this.#at.regionList + i * 4, at);
    }
  }

  #writePool(pool: { pa: bigint; pages: number; pageShift: number }): void {
    const { view } = this;
    const bank = this.banks.findIndex((b) => b.pa === pool.pa);
    this.setHeader(L.HEADER_POOL_OFFSET, this.#at.ram[bank] ?? 0);
    view.setU64(L.HEADER_OFFSET + L.HEADER_POOL_PA, pool.pa);
    this.setHeader(L.HEADER_POOL_SHIFT, pool.pageShift);
    this.setHeader(L.HEADER_POOL_PAGES, pool.pages);
    this.setHeader(L.HEADER_POOL_FREE, pool.pages);
    this.setHeader(L.HEADER_POOL_STACK, this.#at.stack);
    this.setHeader(L.HEADER_POOL_REFS, this.#at.refs);
    this.setHeader(L.HEADER_POOL_BUDGET, UNLIMITED);
    // Popped from the end: the lowest page goes out first.
    for (let i = 0; i < pool.pages; i++) view.setU32(this.#at.stack + i * 4, pool.pages - 1 - i);
  }

  #writeHeader(hostPages: RegionSpec | undefined): void {
    this.setHeader(L.HEADER_BANKS, this.#at.banks);
    this.setHeader(L.HEADER_MEMBLOCK, this.#at.regionList);
    this.setHeader(L.HEADER_MEMBLOCK_COUNT, this.regions.length);
    this.setHeader(L.HEADER_SCRATCH, this.#at.scratch);
    this.setHeader(L.HEADER_CHUNKS, this.#at.chunks);
    this.setHeader(L.HEADER_CHUNK_SHIFT, chunkShift(this.banks));
    this.setHeader(L.HEADER_PATH_TABLE, this.#at.pathTable);
    this.setHeader(L.HEADER_PATH_TABLE_MASK, PATH_SLOTS - 1);
    this.setHeader(L.HEADER_PATH_ARENA, this.#at.pathArena);
    this.setHeader(L.HEADER_PATH_ARENA_END, this.#at.pathArena + (this.accounted ? PATH_BYTES : 0));
    if (hostPages !== undefined) {
      checkRange('host page range', hostPages);
      this.view.setU64(L.HEADER_OFFSET + L.HEADER_HOST_NEXT, hostPages.pa);
      this.view.setU64(L.HEADER_OFFSET + L.HEADER_HOST_END, hostPages.pa + hostPages.size);
    }
    this.core.banksChanged();
  }

  /** Header word at `field` (an offset of src/abi/layout.ts). */
  header(field: number): number {
    return this.view.u32(L.HEADER_OFFSET + field);
  }

  /** Writes the header word at `field`, as {@link header} reads it. */
  setHeader(field: number, value: number): void {
    this.view.setU32(L.HEADER_OFFSET + field, value);
  }

  /** Linear offset of the bytes of `pa`, or undefined if no RAM bank holds it. */
  ramOffset(pa: bigint): number | undefined {
    const index = this.banks.findIndex((b) => b.kind === 'ram' && pa >= b.pa && pa < b.pa + b.size);
    const bank = this.banks[index];
    return bank === undefined ? undefined : (this.#at.ram[index] ?? 0) + Number(pa - bank.pa);
  }

  /** struct page flags (PG_*) of the page at `pa`; the flags stay 0 where no state is kept. */
  setPageFlags(pa: bigint, flags: number): void {
    const at = this.#pageFlagsOffset(pa);
    if (at !== undefined) this.view.setU16(at, flags);
  }

  /** The flags as {@link setPageFlags} left them; 0 where no state is kept. */
  pageFlags(pa: bigint): number {
    const at = this.#pageFlagsOffset(pa);
    return at === undefined ? 0 : this.view.u16(at);
  }

  #pageFlagsOffset(pa: bigint): number | undefined {
    const index = this.regions.findIndex((r) => pa >= r.pa && pa < r.pa + r.size);
    const region = this.regions[index];
    const map = this.#at.memMaps[index] ?? 0;
    if (region === undefined || map === 0) return undefined;
    return map + Number((pa - region.pa) >> 12n) * 2;
  }

  /** Writes a 64-bit word of RAM. Throws EFAULT where no bytes are held. */
  writeRam(pa: bigint, value: bigint): void {
    const at = this.ramOffset(pa);
    if (at === undefined || (pa & 7n) !== 0n) {
      throw new Stage2Error('EFAULT', `0x${pa.toString(16)}: expected an 8-byte aligned address in RAM`);
    }
    this.view.setU64(at, value);
  }

  /** Table pages the pool still has. */
  get freeTablePages(): number {
    return this.header(L.HEADER_POOL_FREE);
  }

  /** Table pages the pool was made with. */
  get tablePages(): number {
    return this.header(L.HEADER_POOL_PAGES);
  }

  /** Lets the table allocator deliver `pages` more pages and then refuse. */
  setAllocationBudget(pages: number | 'unlimited'): void {
    this.setHeader(L.HEADER_POOL_BUDGET, pages === 'unlimited' ? UNLIMITED : pages);
  }

  /** Count of `event` since creation or `resetCounts` (accounted output only). */
  eventCount(event: Event): number {
    return Number(this.view.u64(L.EVENT_COUNTS_OFFSET + event * 8));
  }

  /** How often the condition of `site` was [false, true]. */
  siteCounts(site: Site): [number, number] {
    const at = L.SITE_COUNTS_OFFSET + site * 16;
    return [Number(this.view.u64(at)), Number(this.view.u64(at + 8))];
  }

  /** Reports the outcome of a site that the host side of the emulated kernel evaluates; passes it through. */
  countSite(site: Site, condition: boolean): boolean {
    if (this.accounted) {
      const at = L.SITE_COUNTS_OFFSET + site * 16 + (condition ? 8 : 0);
      this.view.setU64(at, this.view.u64(at) + 1n);
    }
    return condition;
  }

  /** Lines of the emulated kernel log by LogMessage. */
  logCounts(): number[] {
    return Array.from({ length: LOG_MESSAGES }, (_, i) => Number(this.view.u64(L.LOG_COUNTS_OFFSET + i * 8)));
  }

  /** Forgets events, sites, log lines and fault signatures. */
  resetCounts(): void {
    this.view.fill(L.EVENT_COUNTS_OFFSET, Event.COUNT * 8);
    this.view.fill(L.SITE_COUNTS_OFFSET, Site.COUNT * 16);
    this.view.fill(L.LOG_COUNTS_OFFSET, LOG_MESSAGES * 8);
    this.view.fill(this.#at.pathTable, PATH_SLOTS * 4);
    this.setHeader(L.HEADER_PATH_COUNT, 0);
    this.setHeader(L.HEADER_PATH_ARENA, this.#at.pathArena);
  }

  /** Offset of the first entry of the path table; entries follow each other up to the header's pathArena. */
  get pathArena(): number {
    return this.#at.pathArena;
  }
}
