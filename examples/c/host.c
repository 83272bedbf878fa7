// What docs/abi.md asks of a host, in its order: records are placed one behind the other and filled in.
#include "host.h"

#include <stdio.h>

wasm_rt_memory_t *IMPORTED_MEMORY(Environment *environment) { return &environment->memory; }

/** The first offset that is free. */
static uint32_t next = STAGE2_FIXED_END;

/** Room for a record, aligned to a power of two. */
static uint32_t place(uint32_t bytes, uint32_t align) {
  uint32_t offset = (next + align - 1) & ~(align - 1);
  next = offset + bytes;
  return offset;
}

static void putHeader(Host *host, uint32_t field, uint32_t value) { put32(host, STAGE2_HEADER_OFFSET + field, value); }

/** One bank of RAM: [pa, pa + bytes) has its bytes at `offset`. */
static void putBank(Host *host, uint32_t bank, uint64_t pa, uint32_t bytes, uint32_t offset) {
  put64(host, bank + STAGE2_BANK_PA, pa);
  put64(host, bank + STAGE2_BANK_END, pa + bytes);
  put32(host, bank + STAGE2_BANK_OFFSET, offset);
  put32(host, bank + STAGE2_BANK_KIND, STAGE2_BANK_KIND_RAM);
}

/** Banks by ascending address, and the one memory region that the emulated kernel knows. */
static void putMemory(Host *host) {
  uint32_t banks = place(3 * STAGE2_BANK_SIZEOF, 8), region = place(STAGE2_BANK_SIZEOF, 8), list = place(4, 4);
  host->ram = place(RAM_BYTES, 4096);
  host->pool = place(POOL_PAGES * 4096, 4096);
  putBank(host, banks, RAM_PA, RAM_BYTES, host->ram);
  putBank(host, banks + STAGE2_BANK_SIZEOF, POOL_PA, POOL_PAGES * 4096, host->pool);
  putBank(host, banks + 2 * STAGE2_BANK_SIZEOF, ROOT_PA, ROOT_BYTES, place(ROOT_BYTES, 4096));
  putHeader(host, STAGE2_HEADER_BANKS, banks);
  putHeader(host, STAGE2_HEADER_BANK_COUNT, 3);
  putBank(host, region, RAM_PA, RAM_BYTES, 0);
  put32(host, region + STAGE2_BANK_KIND, STAGE2_BANK_KIND_UNBACKED);
  put32(host, region + STAGE2_BANK_MEM_MAP, place(RAM_BYTES / 4096 * 2, 8));
  put32(host, list, region);
  putHeader(host, STAGE2_HEADER_MEMBLOCK, list);
  putHeader(host, STAGE2_HEADER_MEMBLOCK_COUNT, 1);
  put64(host, STAGE2_HEADER_OFFSET + STAGE2_HEADER_HOST_NEXT, RAM_PA);
  put64(host, STAGE2_HEADER_OFFSET + STAGE2_HEADER_HOST_END, RAM_PA + RAM_BYTES);
}

/** The pool of table pages: all free, the lowest on top of the stack. */
static void putPool(Host *host) {
  uint32_t stack = place(POOL_PAGES * 4, 8);
  for (uint32_t i = 0; i < POOL_PAGES; i++) put32(host, stack + 4 * i, POOL_PAGES - 1 - i);
  put64(host, STAGE2_HEADER_OFFSET + STAGE2_HEADER_POOL_PA, POOL_PA);
  putHeader(host, STAGE2_HEADER_POOL_OFFSET, host->pool);
  putHeader(host, STAGE2_HEADER_POOL_SHIFT, 12);
  putHeader(host, STAGE2_HEADER_POOL_PAGES, POOL_PAGES);
  putHeader(host, STAGE2_HEADER_POOL_FREE, POOL_PAGES);
  putHeader(host, STAGE2_HEADER_POOL_STACK, stack);
  putHeader(host, STAGE2_HEADER_POOL_REFS, place(POOL_PAGES * 2, 8));
  putHeader(host, STAGE2_HEADER_POOL_BUDGET, 0xffffffffu);
  putHeader(host, STAGE2_HEADER_SCRATCH, place(STAGE2_TRANSLATION_SIZEOF + 8, 8));
  putHeader(host, STAGE2_HEADER_CHUNKS, place(STAGE2_CHUNKS * 8, 8));
  putHeader(host, STAGE2_HEADER_CHUNK_SHIFT, 16);
}

/** The process behind the VM: one anonymous area with a page table of its own. */
static uint32_t putProcess(Host *host) {
  uint32_t mm = place(STAGE2_MM_SIZEOF, 8), area = place(STAGE2_AREA_SIZEOF, 8);
  put64(host, area + STAGE2_AREA_START, GUEST_HVA);
  put64(host, area + STAGE2_AREA_END, GUEST_HVA + GUEST_BYTES);
  put32(host, area + STAGE2_AREA_FLAGS, STAGE2_AREA_WRITE);
  put32(host, area + STAGE2_AREA_PTES, place(GUEST_BYTES / 4096 * 8, 8));
  put32(host, mm + STAGE2_MM_ROOT, area);
  put32(host, mm + STAGE2_MM_SEQNUM, 1);
  return mm;
}

/** struct kvm_memslots with one slot in use. */
static uint32_t putSlots(Host *host) {
  uint32_t capacity = STAGE2_KVM_USER_MEM_SLOTS, array = capacity * STAGE2_SLOT_SIZEOF, ids = capacity * 2;
  uint32_t slots = place(STAGE2_SLOTS_ARRAY + array + ids + 8, 8), slot = slots + STAGE2_SLOTS_ARRAY;
  put64(host, slot + STAGE2_SLOT_BASE_GFN, GUEST_IPA >> STAGE2_PAGE_SHIFT);
  put64(host, slot + STAGE2_SLOT_NPAGES, GUEST_BYTES >> STAGE2_PAGE_SHIFT);
  put64(host, slot + STAGE2_SLOT_USERSPACE_ADDR, GUEST_HVA);
  put32(host, slots + STAGE2_SLOTS_ARRAY + array + ids + 4, 1);
  return slots;
}

/** A VM with 4K pages and 40-bit addresses, which start at two tables of level 1, and its vcpu. */
static void putVm(Host *host) {
  uint32_t mm = putProcess(host);
  host->vm = place(STAGE2_VM_SIZEOF, 64);
  put32(host, host->vm + STAGE2_VM_MM, mm);
  put32(host, host->vm + STAGE2_VM_MEMSLOTS, putSlots(host));
  put64(host, host->vm + STAGE2_VM_PGD, ROOT_PA);
  put64(host, host->vm + STAGE2_VM_VTTBR, ROOT_PA | 1ull << 48);
  put32(host, host->vm + STAGE2_VM_GRANULE_SHIFT, 12);
  put32(host, host->vm + STAGE2_VM_STRIDE, 9);
  put32(host, host->vm + STAGE2_VM_START_LEVEL, 1);
  put32(host, host->vm + STAGE2_VM_IA_BITS, STAGE2_KVM_PHYS_SHIFT);
  put32(host, host->vm + STAGE2_VM_CHECK, STAGE2_VM_CHECK_NONE);
  put32(host, host->vm + STAGE2_VM_SLOT_CAPACITY, STAGE2_KVM_USER_MEM_SLOTS);
  host->vcpu = place(STAGE2_VCPU_SIZEOF, 8);
  put32(host, host->vcpu + STAGE2_VCPU_VM, host->vm);
  put32(host, host->vcpu + STAGE2_VCPU_TASK_MM, mm);
  put64(host, host->vcpu + STAGE2_VCPU_PSTATE, STAGE2_PSTATE_EL1H);
}

/** VTCR_EL2 as KVM writes it for that VM, and a CPU with 4K pages and 48-bit physical addresses. */
static void putRegime(Host *host) {
  uint64_t vtcr = 1ull << STAGE2_VTCR_RES1_LSB | (64ull - STAGE2_KVM_PHYS_SHIFT) << STAGE2_VTCR_T0SZ_LSB |
                  1ull << STAGE2_VTCR_SL0_LSB | 1ull << STAGE2_VTCR_IRGN0_LSB | 1ull << STAGE2_VTCR_ORGN0_LSB |
                  3ull << STAGE2_VTCR_SH0_LSB | 5ull << STAGE2_VTCR_PS_LSB;
  host->regime = place(STAGE2_REGIME_SIZEOF, 8);
  put64(host, host->regime + STAGE2_REGIME_VTCR, vtcr);
  put64(host, host->regime + STAGE2_REGIME_VTTBR, get64(host, host->vm + STAGE2_VM_VTTBR));
  put64(host, host->regime + STAGE2_REGIME_HCR, 1ull << STAGE2_HCR_VM_LSB);
  put32(host, host->regime + STAGE2_REGIME_FEATURES, STAGE2_FEAT_GRANULE_4K);
  put32(host, host->regime + STAGE2_REGIME_PA_MAX, 48);
}

void hostInit(Host *host, uint8_t *bytes) {
  host->environment.memory = (wasm_rt_memory_t){
      .data = bytes, .pages = MEMORY_BYTES >> 16, .max_pages = MEMORY_BYTES >> 16, .size = MEMORY_BYTES};
  instantiate(&host->core, &host->environment);
  if (CALL(abiVersion)(&host->core) != STAGE2_ABI_VERSION) {
    fprintf(stderr, "the core is of ABI version %u, this program of %u\n", CALL(abiVersion)(&host->core),
            STAGE2_ABI_VERSION);
    exit(70);
  }
  CALL(init)(&host->core, 0);
  putMemory(host);
  putPool(host);
  putVm(host);
  putRegime(host);
  host->requests = place(STAGE2_REQUEST_SIZEOF, 8);
  host->results = place(STAGE2_RESULT_SIZEOF, 8);
  host->batch = place(BATCH * 16, 8);
  CALL(banksChanged)(&host->core);
  CALL(regimeDecode)(&host->core, host->regime);
}
