// The log of table changes: what the emulated kernel does to stage-2 tables and to the TLBs, in program order, one
// record each. Compiled by asc and by tsc.

export enum TableStep {
  /** A descriptor written: its PA, what was there, what is. */
  WRITE,
  /** Leaves written from a PA on, WORD of them: the first, and in OLD what each is above the one before. */
  RUN,
  /** A table page taken from the pool, all zero, or given back to it: its PA. */
  ALLOC,
  FREE,
  /** DSB ISHST waits for stores; DSB ISH for invalidations as well. */
  DSB_ISHST,
  DSB_ISH,
  ISB,
  /** TLBI of a VMID in WORD; the first has an IPA. */
  TLBI_IPAS2E1IS,
  TLBI_VMALLE1IS,
  TLBI_VMALLS12E1IS,
}

/** TableStep. */
export const TABLE_STEP_KIND = 0;
export const TABLE_STEP_WORD = 4;
/** PA or IPA. */
export const TABLE_STEP_ADDRESS = 8;
export const TABLE_STEP_OLD = 16;
export const TABLE_STEP_NEW = 24;
export const TABLE_STEP_SIZEOF = 32;
