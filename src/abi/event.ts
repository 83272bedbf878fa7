// What the accounted core counts outside the blocks of a build. Compiled by asc and by tsc.

/** What an accounted machine counts; `Machine.eventCount` reads it. */
export enum Event {
  /** Descriptor words that the software table code reads. */
  DESC_READ,
  /** Descriptor words that the software table code writes, the zero of a break or an unmap included. */
  DESC_WRITE,
  /** Table pages taken from the machine's pool, each zeroed. */
  TABLE_ALLOC,
  /** Table pages given back to the pool. */
  TABLE_FREE,
  /** A valid entry replaced: cleared, invalidated, written. */
  BREAK_BEFORE_MAKE,
  /** Hypercalls that invalidate one IPA: TLBI IPAS2E1IS, then VMALLE1IS. */
  TLBI_IPA,
  /** Hypercalls that invalidate all of a VMID: TLBI VMALLS12E1IS. */
  TLBI_VMID,
  /** DSBs of hypercalls that invalidate (3 by IPA, 2 by VMID), of published entries, and of FLUSH_DCACHE_AREA. */
  DSB,
  /** ISBs of hypercalls that invalidate (2 each) and of published entries. */
  ISB,
  /** Calls to EL2 that invalidate the TLBs: the sum of TLBI_IPA and TLBI_VMID. */
  HYPERCALL,
  /** Data cache lines cleaned and invalidated to PoC. */
  DC_CIVAC_LINE,
  /** Lines cleaned to PoU and their I-cache lines invalidated. */
  PAGES_MADE_EXECUTABLE,
  /** Times mmu_lock is taken by the fault handler and by mapping an internal VM; not by MMU notifiers. */
  LOCK,
  /** Table pages that mmu_topup_memory_cache put into a cache; each is in TABLE_ALLOC too. */
  PAGES_TOPPED_UP,
  /** Pages, of the VM's granule, that internal_vm_prep_mem as posted mapped. */
  IDMAP_PAGE,
  /** Calls of an MMU-notifier handler of a VM: unmap, change_pte and age. */
  NOTIFIER_CALL,
  /** Aborts that reached kvm_handle_guest_abort, those that it does not serve included. */
  FAULT,
  /** Faults whose signature found no room; their paths are not known. */
  FAULT_UNRECORDED,
  /** Faults that found no room in the log, or have no path that a record could name. */
  FAULT_UNLOGGED,
  /** A page mapping met a block and took its output address as a table, as v4.13 does. */
  BLOCK_TAKEN_AS_TABLE,
  /** A block written over a live table, whose pages are lost, as v4.13 does without CONFIG_DEBUG_VM. */
  TABLE_LOST_UNDER_BLOCK,
  /** Calls of __flush_dcache_area for what a leaf maps: its lines are DC_CIVAC_LINE, its barrier is in DSB. */
  FLUSH_DCACHE_AREA,
  /** How many events there are; no event. */
  COUNT,
}

/** Fault class: ESR's fault type, level, access and S1PTW packed into 7 bits. */
export const CLASS_TYPE_LSB = 0;
export const CLASS_LEVEL_LSB = 2;
export const CLASS_ACCESS_LSB = 4;
export const CLASS_S1PTW_LSB = 6;

export enum ClassType {
  TRANSLATION,
  ACCESS_FLAG,
  PERMISSION,
  OTHER,
}

/** What a guest does, in the class of its fault. */
export enum Access {
  /** A data abort with CM and WnR clear. */
  READ,
  /** A data abort with WnR set and CM clear; S1PTW alone makes none. */
  WRITE,
  /** An instruction abort. */
  EXECUTE,
  /** A data abort with ESR_EL2.ISS.CM set: cache maintenance. */
  CACHE_OP,
}

// Signature of a fault: everything its path through any build depends on. 32-bit words.
export const SIG_CLASS = 0;
export const SIG_RET = 1;
export const SIG_KNOWN = 2;
export const SIG_VALUE = 6;
export const SIG_CACHE_ROOM = 10;
export const SIG_ALLOC_OK = 11;
export const SIG_MAP_LINES = 12;
export const SIG_CALLEES = 14;
/** SIG_ALLOC_OK of an allocator that never refuses. */
export const ALLOC_NEVER_REFUSES = 1000000;
/** Words a signature may take; longer ones are counted as unrecorded. */
export const SIG_MAX = 128;

// First word of a callee record: callee, outcome code, number of quantity words that follow.
export const SIGCALL_CALLEE_LSB = 0;
export const SIGCALL_CODE_LSB = 8;
export const SIGCALL_QUANTITIES_LSB = 24;
// Quantity word: value below, quantity id above.
export const SIGQ_ID_LSB = 24;

// Disposition sits above the class in word SIG_CLASS.
export const SIG_DISPOSITION_LSB = 16;

// Entry of the path table: faults counted, words, hash, then the signature.
export const PATH_COUNT = 0;
export const PATH_WORDS = 8;
export const PATH_HASH = 12;
export const PATH_SIGNATURE = 16;

// Outcome codes of callees. src/cost/outcomes.ts spells them as the build files do.
export enum SlotSearch {
  LRU_HIT = 0,
  LRU_BELOW = 1,
  LRU_ABOVE = 2,
  FOUND = 0,
  NONE_GAP = 4,
  NONE_END = 8,
}

export enum HvaOutcome {
  RW_SLOT,
  NO_SLOT,
  READONLY_SLOT,
  INVALID_SLOT,
}

export enum VmaOutcome {
  CACHE_HIT = 0,
  CACHE_MISS = 1,
  CACHE_STALE = 2,
  TREE_FOUND = 0,
  TREE_ABOVE = 4,
  TREE_NONE = 8,
  TREE_EMPTY = 12,
}

export enum GupOutcome {
  PAGE = 0,
  POISON = 1,
  LATE_POISON = 2,
  ERROR = 3,
  PFNMAP = 4,
  WRITE = 0,
  READ = 8,
  READ_RO_SLOT = 16,
  UPGRADED = 32,
  TAIL = 64,
  NOT_MEMORY_BELOW = 32,
  NOT_MEMORY_ABOVE = 64,
}

export enum PfnOutcome {
  PAGE = 0,
  NOT_MEMORY_BELOW = 1,
  NOT_MEMORY_ABOVE = 2,
  RESERVED = 3,
  TAIL = 4,
  // kvm_set_pfn_accessed on a page
  ACTIVE = 0,
  UNEVICTABLE = 8,
  INACTIVE = 16,
  SET_REFERENCED = 0,
  REFERENCED = 32,
  ACTIVATE_LRU = 64,
  ACTIVATE_PAGEVEC = 96,
  FILE = 128,
}

export enum PabtOutcome {
  EL1H,
  EL1T,
  EL0,
  AARCH32,
}

export enum MmioOutcome {
  NO_ISV = 0,
  S1PTW = 1,
  WRITE = 2,
  READ = 3,
  // S1PTW: PabtOutcome from bit 2. READ and WRITE: log2 of the size from bit 2.
  DETAIL_LSB = 2,
  KERNEL = 16,
  SIGN_EXTEND = 32,
  SF = 64,
  ZERO_REGISTER = 128,
  AARCH32 = 256,
}
