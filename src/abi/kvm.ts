// Constants and enumerations of the emulated Linux v4.13 KVM/arm64. Compiled by asc and by tsc:
// import-free, numbers and enums only. Names are the kernel's, or those of the stage2-build files.

/** Memory slots of user space: ids 0 to 511. */
export const KVM_USER_MEM_SLOTS = 512;
/** Private memory slots, ids 512 to 767, which the RFC added for internal VMs. */
export const KVM_PRIVATE_MEM_SLOTS = 256;
/** KVM_MEM_MAX_NR_PAGES of v4.13. */
export const KVM_MEM_MAX_NR_PAGES = 0x7fffffff;
/** Flag of a memory slot: its writes are logged. */
export const KVM_MEM_LOG_DIRTY_PAGES = 1;
/** Flag of a memory slot: a guest write leaves to user space. */
export const KVM_MEM_READONLY = 2;
export const KVM_MEMSLOT_INVALID = 0x10000;
export const KVM_NR_MEM_OBJS = 40;
/** IPA bits of every v4.13 VM. */
export const KVM_PHYS_SHIFT = 40;
export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 4096;

export const EPERM = 1;
export const ENOENT = 2;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EFAULT = 14;
export const EEXIST = 17;
export const EINVAL = 22;
export const ENOSPC = 28;
export const ENOSYS = 38;

/** What __kvm_vcpu_run returned: the low bits of the exit code. */
export enum ExitCode {
  /** A physical interrupt (ARM_EXCEPTION_IRQ): the guest is entered again. */
  IRQ = 0,
  /** An SError taken from the guest (ARM_EXCEPTION_EL1_SERROR): answered by a virtual one. */
  EL1_SERROR = 1,
  /** A synchronous exception (ARM_EXCEPTION_TRAP), described by ESR_EL2. */
  TRAP = 2,
  /** The code at EL2 is gone (ARM_EXCEPTION_HYP_GONE): KVM_RUN ends with FAIL_ENTRY. */
  HYP_GONE = 3,
}
export const EXIT_WITH_SERROR_LSB = 31;

/** Why KVM_RUN returned: exit_reason of struct kvm_run, KVM_EXIT_* by its number. */
export enum ExitReason {
  /** KVM_EXIT_UNKNOWN: nothing is left for user space. */
  NONE = 0,
  /** KVM_EXIT_FAIL_ENTRY, after ExitCode.HYP_GONE. */
  FAIL_ENTRY = 9,
  /** KVM_EXIT_MMIO: a device access that user space is to emulate. */
  MMIO = 6,
  /** KVM_EXIT_INTERNAL_ERROR, after an exit code that there is none of. */
  INTERNAL_ERROR = 17,
}

/** How a fault ended, beside the return value of handle_exit. */
export enum Disposition {
  /** No exit has been served yet. */
  NONE,
  /** user_mem_abort wrote a level-3 entry. */
  MAPPED_PAGE,
  /** user_mem_abort wrote a level-2 block: hugetlbfs or a transparent huge page. */
  MAPPED_BLOCK,
  /** An MMU notifier ran meanwhile (U12a, U12b): nothing is mapped, and the guest faults again. */
  RETRY,
  /** handle_access_fault set AF in the leaf, if there was one. */
  ACCESS_FLAG,
  /** A device access left for user space, as ExitReason.MMIO and the vcpu's `run.mmio` say. */
  MMIO_USER,
  /** A device access that a device of the in-kernel MMIO bus answered. */
  MMIO_KERNEL,
  /** A prefetch abort to the guest: a fetch outside the slots. */
  INJECT_PABT,
  /** A data abort to the guest: a device access with S1PTW, or one that an internal VM's policy or handler refuses. */
  INJECT_DABT,
  /** A virtual SError is pended (HCR_EL2.VSE); the PC stays. */
  INJECT_VABT,
  /** Cache maintenance outside the slots: the PC moves past it. */
  SKIP_INSTRUCTION,
  /** The host's RAS hook took the external abort (site A2). */
  RAS_CLAIMED,
  /** The host page is poisoned: SIGBUS for the thread, and the guest is entered again. */
  SIGBUS,
  /** KVM_RUN fails with the negative errno that the fault returned. */
  ERROR,
  /** AT on FAR_EL2 failed (PAR_EL1.F), so the IPA is unknown: the guest is entered again without an exit. */
  REENTERED_AT_EL2,
  /** The host kernel dies: no current->mm in user_mem_abort, or a table page missing under mmu_lock. */
  HOST_OOPS,
  /** An exit that is no stage-2 abort: an interrupt, a trap of another class, an entry that failed. */
  NOT_AN_ABORT,
  /** As INJECT_VABT, for a fault that came back with the SError still pending and masked: it will come back for ever. */
  REFAULT_LOOP,
  /** A device access that the embedder's handler answered. */
  MMIO_HANDLED,
}

/** Lines the emulated kernel logs. */
export enum LogMessage {
  /** A fault status that kvm_handle_guest_abort does not handle. */
  UNSUPPORTED_FSC,
  /** A permission fault of a read. */
  UNEXPECTED_READ_PERMISSION,
  /** A fault of an internal VM, which has no process to fault pages in. */
  INTERNAL_VM_FAULT,
  /** No area of the process holds the HVA of the fault. */
  NO_VMA,
  /** A device access whose syndrome does not describe the instruction. */
  MMIO_NO_ISV,
}
export const LOG_MESSAGES = 5;

/** Which test of the kind of VM the fault handler makes (site U2). */
export enum VmCheck {
  NONE,
  MM,
  FLAG,
  KEY,
}

/** What becomes of an access of an internal VM that neither a slot nor a device in the kernel answers. */
export enum VmMmio {
  /** An exit to user space, which there is none. */
  AS_POSTED,
  /** A synchronous external abort to the guest. */
  ABORT,
  /** The embedder is asked; an access that its syndrome does not describe is aborted. */
  HANDLER,
}

/** I-cache types the kernel has seen, as flags: cpus of one system may differ. */
export enum IcachePolicy {
  /** Physically indexed and tagged: only what is written needs maintenance. */
  PIPT,
  /** Virtually indexed: a page may lie at several indexes, so all of it is invalidated. */
  ALIASING_VIPT,
  /** Tagged with the VMID: a host kernel at EL1 cannot invalidate lines of a guest by address. */
  VPIPT,
}

// Backing areas (vm_area_struct), host page-table entries and struct page, as far as the fault path sees them.
export const AREA_WRITE = 1;
export const AREA_HUGETLB = 2;
export const AREA_PFNMAP = 4;
export const AREA_THP = 8;

/** Bit of a host page-table entry: there is a page. */
export const HOST_PTE_PRESENT = 1;
/** Bit of a host page-table entry: the process may write the page. */
export const HOST_PTE_WRITE = 2;
/** Bit of a host page-table entry: the page had a memory error; get_user_pages gives -EHWPOISON. */
export const HOST_PTE_POISON = 4;
/** Bit of a host page-table entry: get_user_pages fails otherwise, and check_user_page_hwpoison finds the poison. */
export const HOST_PTE_LATE_POISON = 8;
/** Bit of a host page-table entry: get_user_pages fails. */
export const HOST_PTE_ERROR = 16;

/** Flag of a struct page: first page of a compound page. */
export const PG_HEAD = 1;
/** Flag of a struct page: another page of a compound page. */
export const PG_TAIL = 2;
/** Flag of a struct page: _mapcount is negative, as that of the pages of a transparent huge page is. */
export const PG_MAPCOUNT_NEG = 4;
/** Flag of a struct page: not managed by the allocator. */
export const PG_RESERVED = 8;
/** Flag of a struct page: not on the active list. */
export const PG_INACTIVE = 16;
/** Flag of a struct page: on the unevictable list. */
export const PG_UNEVICTABLE = 32;
/** Flag of a struct page: referenced since it was last looked at. */
export const PG_REFERENCED = 64;
/** Flag of a struct page: of a file, and not anonymous. */
export const PG_FILE = 128;
/** Flag of a struct page: still in a per-cpu vector and on no list. */
export const PG_OFF_LRU = 256;

/** Predicates of the stage2-build files, in their order. Meanings: the `predicates` key of any build. */
export enum Predicate {
  is_iabt,
  is_dabt,
  type_sea,
  type_ext,
  fsc_known,
  type_access,
  type_perm,
  is_cm,
  is_write,
  sea_claimed,
  guest_aarch32,
  slot_found,
  slot_invalid,
  hva_is_error,
  slot_readonly,
  slot_writable,
  slot_has_bitmap,
  slot_logging,
  slot_misaligned,
  vm_has_mm,
  vm_flag_internal,
  task_has_mm,
  vma_found,
  vma_starts_above,
  vma_hugetlb,
  hugetlb,
  cache_enough,
  has_cache,
  cache_empty,
  topup_failed,
  pfn_poisoned,
  pfn_error,
  pfn_is_device,
  host_writable,
  map_logging,
  map_writable,
  force_pte,
  notifier_count,
  notifier_seq_moved,
  page_head_flag,
  page_is_tail,
  page_mapcount_neg,
  page_is_thp,
  thp_tail,
  map_block,
  l1_empty,
  l2_empty,
  l2_is_block,
  l2_is_table,
  l2_present,
  pte_empty,
  pte_present,
  install_failed,
  host_at_el2,
  icache_aliasing,
  icache_vpipt,
  key_internal_on,
  llsc_retry,
  table_last_ref,
  entry_kernel_only,
  l1_slot_missing,
  l2_slot_missing,
  va_linear,
  caps_ready,
  cap_cache_dic,
  cap_cache_dic_bit,
  key_trace_guest_fault_on,
  key_trace_access_fault_on,
  cpu_online,
  trace_funcs,
  trace_more,
  preempt_held,
  need_resched,
}

/** Integers that loops and callee slopes of the stage2-build files depend on. */
export enum Quantity {
  cache_room,
  alloc_ok,
  map_lines,
  slot_steps_ge,
  slot_steps_lt,
  vma_null_probes,
  vma_other_probes,
  vma_probe_below,
  tree_left,
  tree_right,
  mb_lt,
  mb_ge,
  bus_lt,
  bus_gt,
  bus_empty_r,
  bus_empty_w,
  bus_last_lt_r,
  bus_last_lt_w,
  bus_not_first_r,
  bus_not_first_w,
  rt_zero_w,
}

/** Functions outside mmu.o whose cost depends on state; those with one outcome are not named here. */
export enum Callee {
  handle_exit,
  pfn_valid,
  gfn_to_memslot,
  gfn_to_hva_memslot_prot,
  down_read,
  find_vma,
  gfn_to_pfn_prot,
  kvm_set_pfn_dirty,
  mark_page_dirty,
  kvm_set_pfn_accessed,
  kvm_release_pfn_clean,
  kvm_get_pfn,
  io_mem_abort,
  kvm_inject_pabt,
}
