/** What can be wrong with the tables of a VM, its dirty log, or the pages its machine has for tables. */
export type FindingKind =
  /** A table descriptor that leads to no page of the pool. */
  | 'table-misplaced'
  /** A table page that a second entry leads to: one above it, beside it, or of another VM. */
  | 'table-shared'
  /** A table page that is free. */
  | 'table-free'
  /** A table page that a cache holds as well. */
  | 'table-cached'
  /** A table page whose count says that nothing leads to it. */
  | 'table-lost'
  /** A table page whose reference count is not one for its allocation and one for each live entry. */
  | 'page-count'
  /** An entry that is neither empty nor valid. */
  | 'entry-stray'
  /** A valid entry that translates nothing: bits 01 at level 3, or a block where the level has none. */
  | 'entry-reserved'
  | 'leaf-beyond-ipa'
  | 'leaf-beyond-pa'
  /** Bits that are no address of the level's alignment and no attribute, but RES0. */
  | 'leaf-reserved-bits'
  /** A MemAttr or SH that is reserved. */
  | 'leaf-attributes'
  /** A contiguous leaf whose set is not one run of output addresses with one set of attributes. */
  | 'leaf-contiguous'
  /** A page the guest may write, in a slot that logs, whose dirty bit is clear. */
  | 'dirty-unlogged'
  /** A block that the guest may write, in a slot that logs page by page. */
  | 'dirty-block'
  /**
   * A block that the guest may write and that reaches into a slot that logs from beside it: v4.13 maps a huge page
   * whole into a slot that shows part of it, so that a neighbour's pages are written unlogged.
   */
  | 'dirty-overreach'
  /** A dirty bit of a page that the slot does not have. */
  | 'dirty-beyond'
  /** A list of free pages that names a page twice, one the pool does not have, or one with references. */
  | 'free-list'
  /** A page in a cache, or set aside, that is no allocated page with no entries, or is held twice. */
  | 'cache-page'
  /** A cache with more pages than it has room for. */
  | 'cache-size'
  /** An allocated page that is neither reachable nor cached, and that no emulated code is known to lose. */
  | 'page-unowned';

/** One violated invariant. */
export interface Finding {
  /** The invariant by what violates it. */
  kind: FindingKind;
  /** Offset of the struct kvm (`Vm.offset`), absent where no VM is concerned. */
  vm?: number;
  /** Of a shared table: the VM that an entry to it was met in first. */
  other?: number;
  /** PA: of the entry for `entry-` and `leaf-` and `dirty-` kinds but `dirty-beyond`, which has the IPA; else of the page. */
  address: bigint;
  /** First IPA that the entry or the table is for. */
  ipa?: bigint;
  /** Level of the entry, -1 to 3; of a table page, that of its entries. */
  level?: number;
  /** In words, such as `an output address below 2^40`. */
  expected: string;
  /** In words; a descriptor in hex. */
  found: string;
}

/** Pages of table memory that emulated code lost for good, by the kernel function that did. */
export interface LostPages {
  /** Such as `internal_vm_prep_mem`. */
  owner: string;
  /** PA of each page, ascending. */
  pages: bigint[];
}

/** Where the pages of the pool are: the numbers and the lists of `lost` add up to `pages`. */
export interface PoolAccount {
  /** All that the machine was made with. */
  pages: number;
  /** In the list of free pages. */
  free: number;
  /** Linked in the tables of a VM. */
  reachable: number;
  /** In the cache of a vcpu or of the operations on tables, or set aside for a map that is prepared. */
  cached: number;
  /** Pages that emulated code lost, by what lost them. */
  lost: LostPages[];
  /** None of these: a leak of the emulator itself, or of pages that the caller allocated. */
  unowned: number;
}

/** What a check found, and where the pages of the pool are. */
export interface FsckResult {
  /** In the order they were met, `limit` at most. */
  findings: Finding[];
  /** Findings beyond `limit` that are not listed. */
  more: number;
  /** Of the whole machine. */
  pool: PoolAccount;
}

/** The addresses that tables are held to, and how much is listed. */
export interface FsckOptions {
  /** Bits of IPA the guest has (64 - VTCR_EL2.T0SZ). Default: those of the geometry. */
  ipaBits?: number;
  /** Bits of PA the CPU has (VTCR_EL2.PS). Default: those of the address layout, 48 or 52. */
  paBits?: number;
  /** Findings listed at most. Default 100. */
  limit?: number;
}
