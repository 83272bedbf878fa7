// The micro-architectural model: what it counts, and where its state lies. Compiled by asc and by tsc. The model
// knows no cycles: a price list (src/cost) turns counts into cycles.

/** What the model counts while it runs. Hits in the first level are not events: a block's price includes them. */
export enum MicroEvent {
  /** Loads that missed the L1D, and whose line was found in the L2. */
  LOAD_L2,
  /** As LOAD_L2, found in the L3. */
  LOAD_L3,
  /** As LOAD_L2, found in no cache: read from memory. */
  LOAD_DRAM,
  /** As LOAD_L2, but the line was in another cpu's cache. */
  LOAD_REMOTE,
  /** As LOAD_L2, for stores that missed the L1D. */
  STORE_L2,
  /** As LOAD_L3, for stores. */
  STORE_L3,
  /** As LOAD_DRAM, for stores. */
  STORE_DRAM,
  /** As LOAD_REMOTE, for stores. */
  STORE_REMOTE,
  /** Lines of code that missed the L1I and were found in the L2. */
  FETCH_L2,
  /** As FETCH_L2, found in the L3. */
  FETCH_L3,
  /** As FETCH_L2, read from memory. */
  FETCH_DRAM,
  /** First-level TLB misses that hit the second level. */
  DTLB_L2,
  /** As DTLB_L2, for fetches. */
  ITLB_L2,
  /** Table walks: accesses that no TLB answered, of the host kernel too. */
  WALK,
  /** Descriptors that walks read, found in the L1D. */
  WALK_READ_L1,
  /** Descriptors found in the L2. */
  WALK_READ_L2,
  /** Descriptors found in the L3; with an L3 also those in another cpu's cache. */
  WALK_READ_L3,
  /** Descriptors read from memory; without an L3 also those in another cpu's cache. */
  WALK_READ_DRAM,
  /** Look-ups of stage-1 walk entries, the partial results of walks, hits and misses alike. */
  WALK_CACHE_LOOKUP,
  /** As WALK_CACHE_LOOKUP, of IPA -> PA entries. */
  IPA_CACHE_LOOKUP,
  /** Those of WALK_CACHE_LOOKUP that found an entry. */
  WALK_CACHE_HIT,
  /** Those of IPA_CACHE_LOOKUP that found an entry that permits the access. */
  IPA_CACHE_HIT,
  /** Taken branches that the front end followed, held by the nano BTB. */
  TAKEN_NANO,
  /** As TAKEN_NANO, held by the micro BTB and not by the nano one. */
  TAKEN_MICRO,
  /** As TAKEN_NANO, held by the main BTB alone. */
  TAKEN_MAIN,
  /** A direct branch rightly taken but not in the BTB: followed when it is decoded. */
  TAKEN_DECODED,
  /** Conditional branches that went the other way than predicted. */
  MISPREDICT_COND,
  /** Returns to another place than the return stack had, or with the stack empty. */
  MISPREDICT_RETURN,
  /** Indirect branches and calls whose target the BTB did not have. */
  MISPREDICT_INDIRECT,
  /** Cache maintenance by VA, of a line that no cache held. */
  CLEAN_ABSENT,
  /** As CLEAN_ABSENT, of a line that a cache held clean. */
  CLEAN_CLEAN,
  /** As CLEAN_ABSENT, of a line that a cache held dirty, another cpu's included. */
  CLEAN_DIRTY,
  /** TLBI instructions. */
  TLBI,
  /** How many events there are; no event. */
  COUNT,
}

/** How a branch instruction transfers control. */
export enum BranchKind {
  /** B.cond, CBZ, CBNZ, TBZ, TBNZ: the one kind that may fall through. */
  COND,
  /** B: direct, always taken. */
  JUMP,
  /** BL: as JUMP, and its return address goes onto the return stack. */
  CALL,
  /** RET: predicted by the return stack. */
  RETURN,
  /** BR: its target is predicted by the BTB. */
  INDIRECT,
  /** BLR: as INDIRECT, and its return address goes onto the return stack. */
  INDIRECT_CALL,
}

/** What a core predicts of a conditional branch that its BTB does not hold. */
export enum ColdRule {
  /** Not taken, whatever its direction. */
  FALL_THROUGH,
  /** Backward taken, forward not. */
  BACKWARD_TAKEN,
  /** There is no BTB of direct branches: the untagged direction predictor decides. */
  DIRECTION,
}

/** Where the walker keeps intermediate results. */
export enum WalkStorage {
  /** A walk cache and an IPA cache of their own, as on Cortex-A53 and A55. */
  SEPARATE,
  /** Typed entries of the second-level TLB, as on Cortex-A76 and Neoverse N1. */
  UNIFIED,
}

/** Parts of the branch prediction that an exception, a return from one or a mitigation may empty; bits. */
export enum PredictorPart {
  /** The return stack. */
  RETURNS = 1,
  /** The global history of conditional branches. */
  HISTORY = 2,
  /** Every level of the BTB. */
  TARGETS = 4,
  /** The two-bit counters of the direction predictor, back to weakly not taken. */
  DIRECTIONS = 8,
}

/** Walks that a batch looks ahead, the bytes of each, and the descriptors it reads at most. */
export const STEPS = 64;
export const AHEAD_STEP_SIZEOF = 40;
export const READS_PER_STEP = 3;

// MicroCore: offsets from memoryBase of the parts of one modelled core; 0 where the core has none.
export const CORE_L1I = 0;
export const CORE_L1D = 4;
export const CORE_L2 = 8;
export const CORE_L3 = 12;
export const CORE_ITLB = 16;
export const CORE_DTLB = 20;
export const CORE_STLB = 24;
export const CORE_WALK_CACHE = 28;
export const CORE_IPA_CACHE = 32;
export const CORE_BTB_NANO = 36;
export const CORE_BTB_MICRO = 40;
export const CORE_BTB_MAIN = 44;
/** Two-bit counters, one byte each; the number is a power of two. */
export const CORE_DIRECTION = 48;
export const CORE_DIRECTION_MASK = 52;
/** Bits of global history in the index of the direction predictor. */
export const CORE_HISTORY_BITS = 56;
export const CORE_RETURNS = 60;
export const CORE_RETURNS_SIZE = 64;
export const CORE_COLD_RULE = 68;
export const CORE_WALK_STORAGE = 72;
/** Outcomes of the last conditional branches, the latest in bit 0. */
export const CORE_HISTORY = 76;
/** State of the random numbers, not zero. */
export const CORE_RANDOM = 80;
/** Lines that another cpu took. */
export const CORE_STOLEN = 88;
/** Where the return stack grows, and how many of its entries are in use. */
export const CORE_RETURNS_TOP = 92;
export const CORE_RETURNS_USED = 96;
/** u64 counts by MicroEvent, and where they are kept while a guest runs. */
export const CORE_COUNTS = 128;
export const CORE_SAVED_COUNTS = 576;
/** STEPS records of walks; see assembly/uarch/walk_ahead.ts. */
export const CORE_STEPS = 1024;
/**
 * Two logs of addresses, u64 each, that one level of the caches hands on to the next (assembly/uarch/walk_log.ts). A level
 * adds at most a replaced line to each read: three times the reads in the first log, twice in the second.
 */
export const CORE_LOG = 3584;
export const CORE_LOG_NEXT = 8192;
export const CORE_SIZEOF = 11264;

// Cache: a header, then the sets. A set is whole groups of four ways in the order of their last use, the latest first.
// A group is four low words and four high words of line numbers.
export const CACHE_SETS = 64;
export const CACHE_GROUP_WAYS = 4;
export const CACHE_GROUP_BYTES = 32;
/** Behind the sets a byte for each so many bytes of them. */
export const CACHE_CHUNK_BYTES = 4096;

// The last level of a BTB: a header, then its entries. Another level: a header, a u32 for each set, then its ways.
export const BTB_ENTRIES = 64;
export const BTB_ENTRY_BYTES = 32;
export const FRONT_HEADS = 16;
export const FRONT_WAY_BYTES = 12;

// StolenLines: the number of lines, then u64 line numbers, the oldest first.
export const STOLEN_MAX = 64;
export const STOLEN_LINES = 8;
export const STOLEN_SIZEOF = 520;
