import { Event } from '../abi/event.js';
import { LOG_MESSAGES } from '../abi/kvm.js';
import * as L from '../abi/layout.js';
import { Site } from '../abi/site.js';
import { type Allocation, Arena } from './arena.js';
import { checkInteger, checkU32, checkU64, gone } from './check.js';
import { type Claim, claimRange, releaseRange } from './claims.js';
import { hex, Stage2Error } from './error.js';
import type { CoreExports } from './exports.js';
import { checkHeaderField, checkSetting } from './header.js';
import { coreModule, instantiate } from './load.js';
import { memoryFor } from './memory.js';
import type { MicroExports } from './micro-exports.js';
import type { MachineOptions, MachineParts } from './options.js';
import type { BankSpec, KeptRange, RegionSpec } from './physmap.js';
import { PATH_SLOTS, type Placement } from './placement.js';
import { planOf } from './plan.js';
import { UNLIMITED, writeRecords } from './records.js';
import { View } from './view.js';

/** struct page flags have 16 bits. */
const PAGE_FLAGS_MOST = 0xffff;
/** What stands for core and memory of a machine that is destroyed: no use of them gets as far as memory. */
const DEAD: object = new Proxy(
  {},
  {
    get(): never {
      throw gone('machine');
    },
  },
);

/** One instance of the core: physical memory, kernel objects, counters. Any number may live side by side. */
export class Machine {
  /** Exports of the wasm instance (docs/abi.md). What is given to them is not checked. */
  readonly core: CoreExports;
  /** Its memory, by byte offset from memoryBase. What is read and written there is not checked. */
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
  readonly #claim: Claim;
  #destroyed = false;

  /**
   * Throws EINVAL for what cannot be laid out, for a core that is none of this version or not as accounted as asked
   * for, ENOMEM if the memory given is too small, EBUSY if another machine has part of the place in it.
   */
  constructor(options: MachineOptions = {}) {
    const plan = planOf(options);
    const { parts, banks, kept, at } = plan;
    const { accounted, regions, roots, arenaBytes } = parts;
    const [memory, base] = memoryFor(options, at.total);
    const core = instantiate(options.core ?? coreModule(accounted), accounted, memory);
    this.#claim = claimRange(memory, base, at.total);
    this.accounted = accounted;
    this.rootsPa = roots.pa;
    this.banks = banks;
    this.regions = regions;
    this.kept = kept;
    this.parts = parts;
    this.#at = at;
    this.view = new View(memory, base);
    this.core = core;
    // A new memory is empty, and its pages take no room until they are touched.
    if (options.memory !== undefined) this.view.fill(0, at.total);
    this.core.init(this.view.base);
    if (accounted) this.micro.microInit();
    this.arena = new Arena('kernel objects', at.arena, at.arena + arenaBytes);
    this.roots = new Arena('root tables', 0, roots.size);
    writeRecords(this.view, plan);
    this.core.banksChanged();
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

  #set(field: number, value: number): void {
    this.view.setU32(L.HEADER_OFFSET + field, value);
  }

  /** Header word at `field`, a HEADER_* offset. Throws EINVAL for what is none. */
  header(field: number): number {
    checkHeaderField(field);
    return this.view.u32(L.HEADER_OFFSET + field);
  }

  /**
   * Writes a setting of the emulated host, a u32, as {@link header} reads it: HEADER_HOST_AT_EL2, HEADER_ICACHE_POLICY,
   * HEADER_CAPS_READY, HEADER_CACHE_DIC, HEADER_CACHE_DIC_BIT, HEADER_KEY_INTERNAL, HEADER_ERRATUM_834220,
   * HEADER_SEA_CLAIMED, and HEADER_IO_BUS before HEADER_IO_BUS_COUNT (docs/abi.md). Throws EINVAL for other words of the
   * header, which the machine itself keeps, and for devices that are not in its memory.
   */
  setHeader(field: number, value: number): void {
    checkSetting(this, field, value);
    this.#set(field, value);
  }

  /**
   * Where the bytes of `pa` are, from memoryBase on, as {@link view} takes it: in the memory itself
   * `view.base + ramOffset(pa)`. Undefined if no RAM bank holds it.
   */
  ramOffset(pa: bigint): number | undefined {
    checkU64('pa', pa);
    this.#checkAlive();
    const index = this.banks.findIndex((b) => b.kind === 'ram' && pa >= b.pa && pa < b.pa + b.size);
    const bank = this.banks[index];
    return bank === undefined ? undefined : (this.#at.ram[index] ?? 0) + Number(pa - bank.pa);
  }

  /** struct page flags (PG_*, 16 bits) of the page at `pa`; the flags stay 0 where no state is kept. */
  setPageFlags(pa: bigint, flags: number): void {
    checkInteger('flags', flags, 0, PAGE_FLAGS_MOST);
    const at = this.#pageFlagsOffset(pa);
    if (at !== undefined) this.view.setU16(at, flags);
  }

  /** The flags as {@link setPageFlags} left them; 0 where no state is kept. */
  pageFlags(pa: bigint): number {
    const at = this.#pageFlagsOffset(pa);
    return at === undefined ? 0 : this.view.u16(at);
  }

  #pageFlagsOffset(pa: bigint): number | undefined {
    checkU64('pa', pa);
    const index = this.regions.findIndex((r) => pa >= r.pa && pa < r.pa + r.size);
    const region = this.regions[index];
    const map = this.#at.memMaps[index] ?? 0;
    if (region === undefined || map === 0) return undefined;
    return map + Number((pa - region.pa) >> 12n) * 2;
  }

  /** Writes a 64-bit word of RAM. Throws EFAULT where no bytes are held and unless `pa` is 8-byte aligned. */
  writeRam(pa: bigint, value: bigint): void {
    checkU64('value', value);
    this.view.setU64(this.#wordOffset(pa), value);
  }

  /** The 64-bit word of RAM at `pa`. Throws EFAULT as {@link writeRam} does. */
  readRam(pa: bigint): bigint {
    return this.view.u64(this.#wordOffset(pa));
  }

  #wordOffset(pa: bigint): number {
    const at = this.ramOffset(pa);
    if (at !== undefined && (pa & 7n) === 0n) return at;
    throw new Stage2Error('EFAULT', `pa ${hex(pa)}: expected an 8-byte aligned address in RAM`);
  }

  /** Table pages the pool still has. */
  get freeTablePages(): number {
    return this.header(L.HEADER_POOL_FREE);
  }

  /** Table pages the pool was made with. */
  get tablePages(): number {
    return this.header(L.HEADER_POOL_PAGES);
  }

  /** Lets the table allocator deliver `pages` more pages, a u32, and then refuse. */
  setAllocationBudget(pages: number | 'unlimited'): void {
    this.#set(L.HEADER_POOL_BUDGET, pages === 'unlimited' ? UNLIMITED : checkU32('pages', pages));
  }

  /** Count of `event` since creation or `resetCounts` (accounted output only). */
  eventCount(event: Event): number {
    checkInteger('event', event, 0, Event.COUNT - 1);
    return Number(this.view.u64(L.EVENT_COUNTS_OFFSET + event * 8));
  }

  /** How often the condition of `site` was [false, true]. */
  siteCounts(site: Site): [number, number] {
    const at = L.SITE_COUNTS_OFFSET + checkInteger('site', site, 0, Site.COUNT - 1) * 16;
    return [Number(this.view.u64(at)), Number(this.view.u64(at + 8))];
  }

  /** Reports the outcome of a site that the host side of the emulated kernel evaluates; passes it through. */
  countSite(site: Site, condition: boolean): boolean {
    checkInteger('site', site, 0, Site.COUNT - 1);
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
    this.#set(L.HEADER_PATH_COUNT, 0);
    this.#set(L.HEADER_PATH_ARENA, this.#at.pathArena);
  }

  /** True after {@link destroy}. */
  get destroyed(): boolean {
    return this.#destroyed;
  }

  #checkAlive(): void {
    if (this.#destroyed) throw gone('machine');
  }

  /**
   * Gives its place in the memory back: another machine may have it, or the embedder. Everything made of this one is of
   * no use afterwards: what reads or writes its memory throws EINVAL, as does a second call.
   */
  destroy(): void {
    this.#checkAlive();
    this.#destroyed = true;
    releaseRange(this.view.memory, this.#claim);
    const dead = this as { core: CoreExports; view: View };
    dead.core = DEAD as CoreExports;
    dead.view = DEAD as View;
  }

  /** Offset of the first entry of the path table; entries follow each other up to the header's pathArena. */
  get pathArena(): number {
    return this.#at.pathArena;
  }
}
