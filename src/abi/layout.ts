// Where things are in the linear memory of an instance. Compiled by asc and by tsc; assembly/structs.ts
// compares these offsets with its classes at compile time. All offsets in bytes.

export const ABI_MAGIC = 0x324d4d53;
/** Version of records, numbers and exports of the cores (docs/abi.md). */
export const ABI_VERSION = 4;

// From memoryBase: guard page | header | event counts | site counts | signature | what the host places.
export const HEADER_OFFSET = 4096;
export const EVENT_COUNTS_OFFSET = 4608;
export const SITE_COUNTS_OFFSET = 5120;
export const SIGNATURE_OFFSET = 6656;
export const LOG_COUNTS_OFFSET = 7680;
/** First offset the host may place objects at. */
export const FIXED_END = 8192;

export const HEADER_MAGIC = 0;
export const HEADER_ABI = 4;
export const HEADER_BANKS = 8;
export const HEADER_BANK_COUNT = 12;
export const HEADER_MEMBLOCK = 16;
export const HEADER_MEMBLOCK_COUNT = 20;
export const HEADER_PATH_TABLE = 24;
export const HEADER_PATH_TABLE_MASK = 28;
export const HEADER_PATH_COUNT = 32;
export const HEADER_PATH_ARENA = 36;
export const HEADER_PATH_ARENA_END = 40;
/** Header: offset of the records of in-kernel devices (IODEV_*). */
export const HEADER_IO_BUS = 44;
/** Header: number of in-kernel devices. */
export const HEADER_IO_BUS_COUNT = 48;
/** Header: 1 if the host kernel runs at EL2 (VHE). */
export const HEADER_HOST_AT_EL2 = 52;
/** Header: {@link IcachePolicy} flags: instruction caches that the host has. */
export const HEADER_ICACHE_POLICY = 56;
/** Header: 1 if the cpu capabilities of the host are final. */
export const HEADER_CAPS_READY = 60;
/** Header: 1 if the capability ARM64_HAS_CACHE_DIC is set. */
export const HEADER_CACHE_DIC = 64;
/** Header: 1 if the bit of that capability is set in cpu_hwcaps. */
export const HEADER_CACHE_DIC_BIT = 68;
/** Header: 1 if the static key of the predkey variant is on. */
export const HEADER_KEY_INTERNAL = 72;
/** Header: 1 if HPFAR_EL2 is not to be trusted (erratum 834220 of Cortex-A57). */
export const HEADER_ERRATUM_834220 = 76;
/** Header: 1 if the host handles a synchronous external abort. */
export const HEADER_SEA_CLAIMED = 80;
export const HEADER_HOST_NEXT = 88;
export const HEADER_HOST_END = 96;
export const HEADER_HOST_HINT = 104;
export const HEADER_ZERO_PAGE = 112;
export const HEADER_HUGE_ZERO_PAGE = 120;
export const HEADER_POOL_PA = 128;
export const HEADER_POOL_OFFSET = 136;
export const HEADER_POOL_SHIFT = 140;
export const HEADER_POOL_PAGES = 144;
export const HEADER_POOL_FREE = 148;
export const HEADER_POOL_STACK = 152;
export const HEADER_POOL_REFS = 156;
export const HEADER_POOL_BUDGET = 160;
export const HEADER_SCRATCH = 164;
export const HEADER_CHUNKS = 168;
export const HEADER_CHUNK_SHIFT = 172;
/** Next record of the log of faults (src/abi/fault-log.ts), 0 for no log, and the end of its room. */
export const HEADER_FAULT_LOG = 184;
export const HEADER_FAULT_LOG_END = 188;
/** Next record of the log of table changes (src/abi/table-log.ts), 0 for no log; its end; records without room. */
export const HEADER_TABLE_LOG = 192;
export const HEADER_TABLE_LOG_END = 196;
export const HEADER_TABLE_LOG_LOST = 200;
export const HEADER_SIZE = 208;

/** Entries of the chunk table, u64 each. */
export const CHUNKS = 4096;

/**
 * The page count of a table page that the emulated code can neither reach nor free any more: this, and LostBy in the
 * bits below.
 */
export const PAGE_LOST = 0x8000;

/** What lost a table page. */
export enum LostBy {
  /** internal_vm_prep_mem as posted, which does not free its local cache. */
  PREP_MEM_CACHE,
  /** stage2_set_pmd_huge of v4.13, which writes a block over a table. */
  TABLE_UNDER_BLOCK,
}

/** Physical memory bank: [pa, pa + size). Sorted by pa, not overlapping. */
export const BANK_PA = 0;
export const BANK_END = 8;
export const BANK_OFFSET = 16;
export const BANK_KIND = 20;
export const BANK_MEM_MAP = 24;
export const BANK_SIZEOF = 32;

export enum BankKind {
  /** Memory with bytes in linear memory. */
  RAM,
  /** Memory the host kernel knows whose bytes are not held: reads as zero, writes are dropped. */
  UNBACKED,
  DEVICE,
}

/** First 64 bytes as in struct kvm of the recorded builds: mmu_lock 0, slots_lock 8, mm 40, memslots[0] 48. */
export const VM_MMU_LOCK = 0;
export const VM_SLOTS_LOCK = 8;
export const VM_MM = 40;
export const VM_MEMSLOTS = 48;
export const VM_PGD = 64;
export const VM_VTTBR = 72;
export const VM_GRANULE_SHIFT = 80;
export const VM_STRIDE = 84;
export const VM_START_LEVEL = 88;
export const VM_IA_BITS = 92;
export const VM_NOTIFIER_COUNT = 96;
export const VM_NOTIFIER_SEQ = 100;
export const VM_CHECK = 104;
export const VM_FLAG_INTERNAL = 108;
export const VM_RACE = 112;
export const VM_SLOT_CAPACITY = 116;
/** AddressLayout of the descriptors (src/abi/walk.ts). */
export const VM_LAYOUT = 120;
/** VmMmio (src/abi/kvm.ts). */
export const VM_MMIO = 124;
export const VM_LARGE_BLOCKS = 128;
export const VM_REFAULT_FAILS = 132;
export const VM_SIZEOF = 136;

/** struct kvm_memslots: generation, the slots, id_to_index[], lru_slot, used_slots. */
export const SLOTS_GENERATION = 0;
export const SLOTS_ARRAY = 8;
export const SLOT_BASE_GFN = 0;
export const SLOT_NPAGES = 8;
export const SLOT_DIRTY_BITMAP = 16;
export const SLOT_USERSPACE_ADDR = 24;
export const SLOT_FLAGS = 32;
export const SLOT_ID = 36;
export const SLOT_SIZEOF = 40;

/** mm_struct: tree root, sequence number of the per-task cache. */
export const MM_ROOT = 0;
export const MM_SEQNUM = 4;
export const MM_SIZEOF = 8;

export const AREA_START = 0;
export const AREA_END = 8;
export const AREA_LEFT = 16;
export const AREA_RIGHT = 20;
export const AREA_FLAGS = 24;
export const AREA_PTES = 28;
export const AREA_PFN_BASE = 32;
export const AREA_HUGE_SHIFT = 40;
export const AREA_SIZEOF = 48;

export const VCPU_VM = 0;
export const VCPU_TASK_MM = 4;
/** Vcpu: the guest's PC. */
export const VCPU_PC = 8;
/** Vcpu: the guest's PSTATE, as in SPSR_EL2. */
export const VCPU_PSTATE = 16;
/** Vcpu: ESR_EL2 of the last exit. */
export const VCPU_ESR = 24;
/** Vcpu: FAR_EL2 of the last exit. */
export const VCPU_FAR = 32;
/** Vcpu: HPFAR_EL2 of the last exit. */
export const VCPU_HPFAR = 40;
/** Vcpu: PAR_EL1 after AT S1E1R on FAR_EL2, where HPFAR_EL2 is not to be trusted. */
export const VCPU_PAR = 48;
/** Vcpu: HCR_EL2 under which the guest runs. */
export const VCPU_HCR = 56;
/** Vcpu: ELR_EL1 of the guest. */
export const VCPU_ELR_EL1 = 64;
/** Vcpu: SPSR_EL1 of the guest. */
export const VCPU_SPSR_EL1 = 72;
/** Vcpu: VBAR_EL1 of the guest. */
export const VCPU_VBAR_EL1 = 80;
/** Vcpu: FAR_EL1 of the guest. */
export const VCPU_FAR_EL1 = 88;
/** Vcpu: ESR_EL1 of the guest. */
export const VCPU_ESR_EL1 = 96;
export const VCPU_MMIO_PA = 104;
export const VCPU_MMIO_DATA = 112;
export const VCPU_MMIO_LEN = 120;
export const VCPU_MMIO_IS_WRITE = 124;
export const VCPU_EXIT_REASON = 128;
export const VCPU_DISPOSITION = 132;
export const VCPU_SIGNAL_HVA = 136;
export const VCPU_SIGNAL_LSB = 144;
export const VCPU_VMACACHE_SEQ = 148;
/** Vcpu: SCTLR_EL1 of the guest. */
export const VCPU_SCTLR_EL1 = 152;
export const VCPU_VMACACHE = 160;
export const VCPU_CACHE = 176;
export const VCPU_REGS = 504;
/** The last unexpected fault of an internal VM, and how often it came back. */
export const VCPU_REFAULT = 752;
export const VCPU_REFAULTS = 768;
export const VCPU_SIZEOF = 776;

/** kvm_mmu_memory_cache: number of objects, then their PAs. */
export const CACHE_NOBJS = 0;
export const CACHE_OBJECTS = 8;
export const CACHE_SIZEOF = 328;

/** An in-kernel MMIO device: its range and the value its reads return. */
export const IODEV_ADDR = 0;
/** Device: bytes of its range, u64. */
export const IODEV_LEN = 8;
/** Device: what its reads return, u64. */
export const IODEV_VALUE = 16;
/** Device: bytes of a record. */
export const IODEV_SIZEOF = 24;

/** One fault of a batch. */
export const REQUEST_VCPU = 0;
export const REQUEST_EXIT_CODE = 4;
export const REQUEST_ESR = 8;
export const REQUEST_FAR = 16;
export const REQUEST_HPFAR = 24;
export const REQUEST_PAR = 32;
export const REQUEST_SIZEOF = 40;

export const RESULT_RET = 0;
export const RESULT_DISPOSITION = 4;
/** Path table entry of the fault (accounted output), 0 if none. */
export const RESULT_PATH = 8;
export const RESULT_SIZEOF = 16;

/** One leaf written by the dump visitor. */
export const LEAF_IPA = 0;
export const LEAF_DESC = 8;
export const LEAF_LEVEL = 16;
export const LEAF_SIZEOF = 24;

/** A chain of table pages set aside, each with the next in its first word: its first, and how many. All zero: none. */
export const RESERVE_HEAD = 0;
export const RESERVE_PAGES = 8;
export const RESERVE_SIZEOF = 16;

// Visitors of the software walk, filled by the host: what to map, how far to dissolve, what to change, where to dump.
export const MAP_VISITOR_IPA = 0;
export const MAP_VISITOR_PA = 8;
export const MAP_VISITOR_END = 16;
export const MAP_VISITOR_ATTRIBUTES = 24;
/** Linear addresses, not offsets. With a reserve the cache is not looked at. */
export const MAP_VISITOR_CACHE = 32;
export const MAP_VISITOR_RESERVE = 36;
export const MAP_VISITOR_FLAGS = 40;
/** Pages even where a block fits. */
export const MAP_PAGES_ONLY = 1;
/** The contiguous hint where a whole set is mapped. Needs MAP_VISITOR_END. */
export const MAP_CONTIGUOUS = 2;
/** Device attributes where the output is a device region; no leaf reaches over a border of kinds. */
export const MAP_BY_KIND = 4;
/** Table pages that a map with this record takes, and the range that is unmapped before it. */
export const PLAN_VISITOR_TABLES = 48;
export const PLAN_VISITOR_GONE_START = 56;
export const PLAN_VISITOR_GONE_END = 64;
export const DISSOLVE_VISITOR_CACHE = 0;
export const DISSOLVE_VISITOR_LEVEL = 4;
export const ATTRIBUTE_VISITOR_SET = 0;
export const ATTRIBUTE_VISITOR_CLEAR = 8;
export const ATTRIBUTE_VISITOR_CHANGED = 16;
export const DUMP_VISITOR_OUT = 0;
export const DUMP_VISITOR_CAPACITY = 4;
export const DUMP_VISITOR_FOUND = 8;
/** Room for any of them. */
export const VISITOR_SIZEOF = 72;

/** What the tables of a VM hold: a u64 for each level from -1 to 3 of table pages, leaves, and which of those are what. */
export const CENSUS_TABLES = 0;
export const CENSUS_LEAVES = 40;
export const CENSUS_CONTIGUOUS = 80;
export const CENSUS_DEVICE = 120;
export const CENSUS_SIZEOF = 160;
