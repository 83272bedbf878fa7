import type { BankSpec, RegionSpec } from './physmap.js';

/** What a machine is made of. Sizes are fixed at creation, so no view of its memory is ever detached by it. */
export interface MachineOptions {
  /** Physical address map. Default: none but the table pool and the root tables. */
  banks?: readonly BankSpec[];
  /**
   * Pool of page-table pages: a RAM bank of its own. Default: 256 pages at 2^40, which a CPU of 40 PA bits (Cortex-A53,
   * A76) cannot reach: for its tables give this and `roots` a place below 2^40.
   */
  tablePool?: {
    /** First PA, a multiple of the page size. Default 2^40. */
    pa: bigint;
    /** Of 2^pageShift bytes. Default 256. */
    pages: number;
    /** log2 of the bytes of a page: that of the granule. Default 12. */
    pageShift?: 12 | 14 | 16;
  };
  /** RAM bank for root tables, which are one contiguous allocation each. Default: 1 MiB at 2^41. */
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
  /**
   * Range the host's page allocator hands pages out from, inside a region. Default: none. Then a fault that needs a new
   * page, as in an anonymous area of an {@link AddressSpace}, ends with ret -EFAULT (-14), as it does when the range is
   * used up; pages of `pfnmap` areas and those that `setPte` placed need none.
   */
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
  /**
   * The embedder's own memory, not shared. From `memoryBase` on the machine has as many bytes of it as `machineBytes`
   * says, until {@link Machine.destroy}; no other machine may have part of them. All of them are zeroed when it is made,
   * RAM included: load an image into RAM afterwards. Default: a new memory.
   */
  memory?: WebAssembly.Memory;
  /** Where in `memory` the machine begins: bytes, a multiple of 64 KiB. Default 0; does not count without `memory`. */
  memoryBase?: number;
}

/** What a machine was made of, every default filled in. */
export type MachineParts = Required<
  Omit<MachineOptions, 'core' | 'memory' | 'memoryBase' | 'hostPages' | 'kernelImage' | 'tablePool'>
> &
  Pick<MachineOptions, 'hostPages' | 'kernelImage'> & {
    tablePool: Required<NonNullable<MachineOptions['tablePool']>>;
  };
