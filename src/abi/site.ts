// Branch sites of the emulated Linux v4.13 KVM/arm64. Compiled by asc and by tsc: import-free, numbers and enums only.

/**
 * Conditions of the fault path in the order of fault-path.md section 4; U12a and U12b are its two tests. Of each: its
 * function, what holds when it is true, likely() or unlikely() if the source says so, and whether RFC 04/11 adds it
 * (src/data/sites.json).
 */
export enum Site {
  /** kvm_handle_guest_abort: the fault type is an external abort or parity error. */
  A1,
  /** kvm_handle_guest_abort: the host RAS hook claimed the abort. */
  A2,
  /** kvm_handle_guest_abort: data abort and the fault type is exactly 0x10 (unlikely). */
  A3,
  /** kvm_handle_guest_abort: the fault type is none of translation, permission, access flag. */
  A4,
  /** kvm_handle_guest_abort: the hva is an error, or a write and the slot is not writable. */
  A5,
  /** kvm_handle_guest_abort: instruction abort. */
  A6,
  /** kvm_handle_guest_abort: cache maintenance bit of the syndrome. */
  A7,
  /** kvm_handle_guest_abort: access flag fault. */
  A8,
  /** user_mem_abort: the slot has a dirty bitmap and is not read-only. */
  U0,
  /** user_mem_abort: permission fault and not a write. */
  U1,
  /** user_mem_abort: the VM has no mm (unlikely, RFC). */
  U2,
  /** user_mem_abort: no vma, or it starts above the hva (unlikely). */
  U3,
  /** user_mem_abort: the vma is hugetlbfs and the slot is not logging. */
  U4,
  /** user_mem_abort: hva and IPA differ in the low bits of a block. */
  U5,
  /** user_mem_abort: the page cache could not be topped up. */
  U6,
  /** user_mem_abort: the host page is poisoned. */
  U7,
  /** user_mem_abort: the host page could not be obtained. */
  U8,
  /** user_mem_abort: the pfn is not memory the kernel knows. */
  U9,
  /** user_mem_abort: the slot is logging. */
  U10,
  /** user_mem_abort: not a write. */
  U11,
  /** mmu_notifier_retry: an MMU notifier is running (unlikely). */
  U12a,
  /** mmu_notifier_retry: the MMU notifier sequence moved. */
  U12b,
  /** user_mem_abort: neither hugetlbfs nor held to pages. */
  U13,
  /** transparent_hugepage_adjust: the host maps the page by a block. */
  H1,
  /** transparent_hugepage_adjust: the pfn is inside the block. */
  H2,
  /** user_mem_abort: map as a block. */
  U14,
  /** user_mem_abort: writable, block arm. */
  U15a,
  /** user_mem_abort: writable, page arm. */
  U15b,
  /** stage2_set_pmd_huge: an old block is present. */
  M1,
  /** kvm_handle_guest_abort: user_mem_abort returned 0. */
  A9,
  /** handle_access_fault: no level-2 entry. */
  F1,
  /** handle_access_fault: the level-2 entry is a block. */
  F2,
  /** handle_access_fault: no level-3 entry. */
  F3,
  /** handle_access_fault: an entry was found. */
  F4,
  /** kvm_is_write_fault: instruction abort. */
  W1,
  /** mmu_topup_memory_cache: the cache holds enough pages. */
  C1,
  /** mmu_topup_memory_cache: the cache is not full. */
  C2,
  /** mmu_topup_memory_cache: the page allocator refused. */
  C3,
  /** stage2_get_pmd: the level-1 entry is empty. */
  G2,
  /** stage2_set_pte: there is no level-2 slot. */
  P1,
  /** stage2_set_pte: the logging flag is set. */
  P2,
  /** stage2_dissolve_pmd: the level-2 entry is a block. */
  D1,
  /** stage2_set_pte: the level-2 entry is empty. */
  P3,
  /** stage2_set_pte: there is no page cache. */
  P4,
  /** stage2_set_pte: device mapping and the old entry is present. */
  P5,
  /** stage2_set_pte: an old entry is present. */
  P6,
  /** coherent_cache_guest_page: aliasing VIPT I-cache. */
  I1,
  /** coherent_cache_guest_page: the host runs at EL2, or the I-cache is not VPIPT. */
  I2,
  /** stage2_unmap_memslot: the VM has no mm (unlikely, RFC). */
  R1,
  /** stage2_unmap_vm: the VM has an mm, before the lock (likely, RFC). */
  R2,
  /** stage2_unmap_vm: the VM has an mm, before the unlock (likely, RFC). */
  R3,
  /** kvm_arch_prepare_memory_region: the VM has no mm (unlikely, RFC). */
  R5,
  /** kvm_arch_prepare_memory_region: the VM has an mm (RFC). */
  R7,
  /** How many sites there are; no site. */
  COUNT,
}
