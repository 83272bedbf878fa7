/** What the price of a map of an internal VM leaves out. */
export const NOT_COUNTED: readonly string[] = [
  'misses of caches and TLBs, and mispredictions, while the map is made; the lines of the new tables are written, and a flush finds what the guest’s memory left in the caches, at the price of any line',
  'the instructions of stage2_flush_memslot around its calls, and slot table, SRCU and bitmap of the slot itself',
  'waiting for mmu_lock, being preempted, and the latency of others who wait while the lock is held',
  'zeroing of table pages beyond the ranged price of the allocator',
  'TLB: entries that the guest’s stage 1 splits further, and what partial walks and IPA entries take of a unified TLB',
];
