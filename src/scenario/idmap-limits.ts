/** What the price of a map of an internal VM leaves out. */
export const NOT_COUNTED: readonly string[] = [
  'misses of caches and TLBs, and mispredictions, while the map is made; the lines of the new tables are written, and a flush finds what the guest’s memory left in the caches, at the price of any line',
  'the instructions of stage2_flush_memslot around its calls, and slot table, SRCU and bitmap of the slot itself',
  'waiting for mmu_lock, being preempted, and the latency of others who wait while the lock is held',
  'zeroing of table pages beyond the ranged price of the allocator',
  'TLB: entries that the guest’s stage 1 splits further, and what partial walks and IPA entries take of a unified TLB',
];

/** What the cost of the first call of a runtime service leaves out. */
export const NOT_COUNTED_OF_CALLS: readonly string[] = [
  'of the call: everything but translations; its instructions, its data and what a device takes are the same under every policy',
  'a stage 1 of the guest, whose tables would be walked through stage 2; here a VA is an IPA',
  'the contiguous hint in the TLBs of the modelled core, and leaves that a TLB splits: an entry covers one leaf',
];
