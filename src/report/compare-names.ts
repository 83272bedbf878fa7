/** What the names in the text of a comparison mean, a line each. */
export const COMPARE_NAMES: readonly string[] = [
  'a class is what the fault was, and what became of it. MAPPED_PAGE: a page was mapped; MAPPED_BLOCK: 2 MiB at once; RETRY: an MMU notifier ran meanwhile, the guest faults again; MMIO_USER: a device access for user space; INJECT_PABT, INJECT_DABT, INJECT_VABT: an abort for the guest',
  'reach it: faults of the class on which the variant executes other code than the base. "Layout only": none does, and what is added comes of code that lies elsewhere',
  '± is two standard errors of the mean, over placements and samples; [p5 - p95] the range of the pairs themselves. The faults followed are the same in every draw: that others would give another mean is not in either',
  'handler B: bytes of kvm_handle_guest_abort; reachable B: of it and of all functions of mmu.o that it can reach',
  'gcc12c, gcc12: the compiler configurations under COUNTS; rfc: the patch as posted, pred: an inline predicate, predkey: a static key',
  'guest:N: N cycles of guest before each fault; warm: nothing between two faults; cold: caches, TLBs and predictors empty before each',
  'prices are named by what happens: LOAD_L2 is a load that hit the L2, FETCH_DRAM a fetch that came from memory, issue_added what the added instructions cost with everything in the L1 ("steady cycles", in thousandths)',
  'conf: D documented, M measured by others, R recalled, E estimated',
];
