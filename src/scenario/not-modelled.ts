/** What the model leaves out; printed with every comparison. */
export const NOT_MODELLED: readonly string[] = [
  'addresses of most loads and stores: the builds give their number, the semantics name those of kernel structures, and the rest are accesses to the stack (src/data/accesses.json)',
  'prefetchers, write-back traffic, memory-level parallelism beyond the exposed part of a miss, and branch predictors other than a BTB, two-bit counters with global history and a return stack',
  'waiting for mmu_lock while another vcpu holds it (--contention moves its line alone), interrupts, preemption, exclusive-store retries, tracepoints switched on',
  'get_user_pages, page allocation and zeroing, and device handlers are constants with wide ranges, not code that was followed',
  'the guest between two faults is random accesses at a rate per cycle (src/data/guest.json), not a workload',
  'the captured kernel is newer than v4.13: what it does otherwise is listed by "stage2 replay"; time stamps of the capture are not used',
  'world switch, system registers, barriers and cache maintenance are counted operations times ranged prices (docs/costs.md), not measured on the core',
];
