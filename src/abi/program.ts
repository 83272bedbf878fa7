// Programs: the path of one signature through one build as a list of operations on a modelled core. Compiled by asc and
// by tsc. An operation is four words; what it means depends on the first.

/** What an operation does; its code is in the low bits of the first word. */
export enum Op {
  END,
  /** Fetches code: base, offset, bytes. */
  FETCH,
  /** Data: operand, offset. */
  LOAD,
  STORE,
  /** A branch: base of its pc in the low half and of its target in the high half, offset of the pc, of the target. */
  BRANCH,
  COUNT,
}

export const OP_WORDS = 4;
export const OP_CODE_LSB = 0;
export const OP_CODE_WIDTH = 4;
/** BranchKind of a BRANCH. */
export const OP_KIND_LSB = 4;
export const OP_KIND_WIDTH = 4;
/** Whether a BRANCH is taken. */
export const OP_TAKEN_LSB = 8;
export const OP_TARGET_BASE_LSB = 16;
/** Operations a program may have, and what an offset and a fetch may be. */
export const PROGRAM_OPS_MAX = 65536;
export const OFFSET_END = 1048576;
export const FETCH_BYTES_MAX = 4096;

// A program in the core: a header, its operations, then room for them with the addresses of a placement: two lists, each
// with an end (assembly/uarch/steps.ts).
export const LOADED_OPERATIONS = 0;
export const LOADED_GENERATION = 4;
export const LOADED_HEADER = 16;
export const STEP_BYTES = 32;

/** Places of code: the .text of the handler, then the functions it calls. Each is a u64 base of the placement. */
export const CODE_BASES = 256;
export const TEXT_BASE = 0;

/** Structures of the emulated kernel. Their addresses follow from a record of the log of faults (assembly/uarch/operands.ts). */
export enum Operand {
  /** The kernel stack of the task; offsets count from its lowest byte. */
  STACK,
  /** task_struct of the vcpu's thread. */
  TASK,
  /** Per-cpu variables of the kernel, of the one modelled cpu. */
  PERCPU,
  /** Variables of the kernel. */
  GLOBAL,
  /** struct kvm of the VM. */
  KVM,
  /** struct kvm_vcpu. */
  VCPU,
  /** kvm_run, shared with user space. */
  RUN,
  /** kvm_memslots, from its start. */
  SLOTS,
  /** The table behind its slots and id_to_index[]: lru_slot and used_slots. */
  SLOTS_TAIL,
  /** The slot that lru_slot names, which the search tries first. */
  SLOT_HINT,
  /** The slot that the search ended at. */
  SLOT,
  /** mm_struct of the vcpu's thread. */
  MM,
  /** vm_area_struct that find_vma gave for the hva. */
  VMA,
  /** Other areas met on the way to the area. */
  VMA_NODE,
  /** The host's page-table entry of the page. */
  HOST_PTE,
  /** struct page of the page. */
  PAGE,
  /** struct page of the first page of the aligned 2 MiB that PAGE is in. */
  PAGE_HEAD,
  /** Array of the memory regions of the host. */
  REGIONS,
  /** The level-0 entry, at its real PA; 0 if the fault did not get there. */
  ENTRY_0,
  /** As ENTRY_0, of level 1. */
  ENTRY_1,
  /** As ENTRY_0, of level 2. */
  ENTRY_2,
  /** As ENTRY_0, of level 3. */
  ENTRY_3,
  /** struct page of the table that holds ENTRY_0. */
  ENTRY_PAGE_0,
  /** struct page of the table that holds ENTRY_1. */
  ENTRY_PAGE_1,
  /** struct page of the table that holds ENTRY_2. */
  ENTRY_PAGE_2,
  /** struct page of the table that holds ENTRY_3. */
  ENTRY_PAGE_3,
  /** Word of the dirty bitmap. */
  BITMAP,
  /** Table pages in the vcpu's cache, from the one that is popped next. */
  CACHED,
  /** Devices of the in-kernel MMIO bus. */
  BUS,
  /** The slot that step `offset` of the binary search looks at. */
  SLOT_PROBE,
  /** How many operands there are; no operand. */
  COUNT,
}

export const STACK_BYTES = 16384;

// A placement: u64 addresses of the code bases, then of the regions of memory by operand.
export const PLACEMENT_CODE = 0;
export const PLACEMENT_DATA = 2048;
export const PLACEMENT_SIZEOF = 2304;

/** What is done between two faults. */
export enum Between {
  /** Nothing: the core keeps what it has. */
  NOTHING,
  /** The core forgets everything. */
  RESET,
  /** A guest runs. */
  GUEST,
}

// A run: what to follow, and what happens between faults. 32-bit words but where said.
export const RUN_RECORDS = 0;
/** u32 offset of the program of each record, and of the row of counts its events are added to. */
export const RUN_PROGRAMS = 4;
export const RUN_ROWS = 8;
export const RUN_COUNT = 12;
export const RUN_PLACEMENT = 16;
export const RUN_BETWEEN = 20;
export const RUN_DATA_LINES = 24;
export const RUN_CODE_LINES = 28;
export const RUN_BRANCHES = 32;
export const RUN_DATA_BYTES = 36;
export const RUN_CODE_BYTES = 40;
/** How probable it is, in 1/65536, that another cpu takes the line of mmu_lock before a fault. */
export const RUN_STEAL = 44;
/** What a program notes when its code was given its addresses; another number with every placement. */
export const RUN_GENERATION = 48;
/** u64 addresses by operand of the fault under way, and the counts of the core before it. */
export const RUN_ADDRESSES = 56;
export const RUN_SNAPSHOT = 304;
/** u32 by operand and by place of code: where the DTLB or ITLB had it the last time, if it still has it. */
export const RUN_WAYS = 640;
export const RUN_CODE_WAYS = 768;
/** u64 counts by event of the branches of a program that is followed over and over (assembly/uarch/steady.ts). */
export const RUN_SETTLED = 1792;
export const RUN_SIZEOF = 2112;
export const STEAL_ALWAYS = 65536;
