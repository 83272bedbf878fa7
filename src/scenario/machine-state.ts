import type { RegionSpec } from '../core/physmap.js';

/**
 * Everything one stage-2 abort depends on, as plain data: what `setUp` builds a machine from and `observe`
 * computes predicates from. Addresses are bytes unless they are called gfn.
 */
export interface MachineState {
  guest: GuestState;
  host: HostState;
  vm: VmState;
  slots: SlotsState;
  /** The process that runs the vcpu; undefined if current->mm is NULL. */
  mm: AddressSpaceState | undefined;
  memory: MemoryState;
  tables: TablesState;
  cache: CacheState;
  /** In-kernel MMIO devices by ascending address. */
  bus: readonly DeviceState[];
}

/** The abort the guest took. */
export interface GuestState {
  esr: bigint;
  /** FAR holds the same address. */
  ipa: bigint;
  pstate: number;
}

export interface HostState {
  atEl2: boolean;
  /** IcachePolicy flags. */
  icache: number;
  capsReady: boolean;
  cacheDic: boolean;
  cacheDicBit: boolean;
  /** The static key of the predkey variant. */
  internalKey: boolean;
  /** The RAS hook claims external aborts. */
  seaClaimed: boolean;
}

export interface VmState {
  hasMm: boolean;
  internalFlag: boolean;
  /** mmu_notifier_count. */
  invalidations: number;
  /** An invalidation ends between the sample of the notifier sequence and mmu_lock. */
  race: boolean;
}

export interface SlotState {
  baseGfn: bigint;
  npages: bigint;
  hva: bigint;
  /** KVM_MEM_READONLY, KVM_MEMSLOT_INVALID. */
  flags: number;
  hasBitmap: boolean;
}

export interface SlotsState {
  /** By descending base. */
  used: readonly SlotState[];
  /** Index the search looks at first; one past the used slots is an empty slot. */
  lru: number;
}

/** A vm_area_struct; left and right are indices of `areas`. */
export interface AreaState {
  start: bigint;
  end: bigint;
  /** AREA_* flags. */
  flags: number;
  left?: number;
  right?: number;
  /** PFNMAP: PA of the first byte. */
  pa?: bigint;
}

export interface AddressSpaceState {
  areas: readonly AreaState[];
  /** Root of the search tree. */
  root?: number;
  /** The task's cache of four areas; an area need not be in the tree. */
  cached: readonly (number | undefined)[];
  /** The cache is of an older tree. */
  stale: boolean;
  /** The one entry of the host's page table that matters. */
  page?: HostPageState;
}

export interface HostPageState {
  hva: bigint;
  pa: bigint;
  /** HOST_PTE_* flags. */
  flags: number;
}

export interface MemoryState {
  /** The host's memory regions by ascending address. */
  regions: readonly RegionSpec[];
  /** PG_* flags by the PA of the page; pages outside the regions are device pages. */
  pages: ReadonlyMap<bigint, number>;
}

/** Stage-2 tables for the faulting IPA. */
export interface TablesState {
  /** Whether the level-1 entry points to a table. */
  level1: boolean;
  /** Level-2 entry. A table's address is filled in when the table is placed. */
  level2: bigint;
  /** Word at the level-3 index of what level 2 points to, be it a table or a block. */
  level3: bigint;
}

/** The vcpu's cache of table pages and the allocator behind it. */
export interface CacheState {
  pages: number;
  /** Pages the allocator delivers before it refuses; ALLOC_NEVER_REFUSES if it does not. */
  budget: number;
}

export interface DeviceState {
  addr: bigint;
  len: bigint;
}
