// The translation side of the micro-architectural model: what a TLB holds and how it lies in memory. Compiled by asc
// and by tsc; assembly/uarch/tlb_setup.ts compares the offsets with its classes at compile time.

/** What an entry of a TLB translates. */
export enum TlbType {
  /** VA -> PA by all stages that are on: one of them, or both combined. */
  COMBINED,
  /** IPA -> PA by stage 2. */
  IPA,
  /** VA -> address of the next stage-1 table: never of the last level. */
  WALK,
  /** The host kernel's own linear map, and its table above the last. */
  HOST,
  HOST_WALK,
  /** VA -> PA of a guest of assembly/uarch/guest.ts, which has no tables. */
  GUEST,
  COUNT,
}

/** What a TLBI removes. Entries of the host and of a guest without tables stay but for ALL; ALLE1 takes the latter too. */
export enum TlbiKind {
  /** Every entry of the core. */
  ALL,
  /** ALLE1: every guest entry, whatever its VMID. */
  ALLE1,
  /** VMALLS12E1: every entry of a VMID. */
  VMALLS12E1,
  /** VMALLE1: entries of a VMID that stage 1 is part of; IPA -> PA entries stay. */
  VMALLE1,
  /** VAAE1: as VMALLE1, those that cover one VA. */
  VAAE1,
  /** VAALE1: of these only whole translations, no partial walks. */
  VAALE1,
  /** IPAS2E1: IPA -> PA entries of a VMID that cover one IPA. Combined entries stay. */
  IPAS2E1,
  COUNT,
}

/** Where an access was answered. */
export enum TlbSource {
  /** There is nothing to translate: all stages are off. */
  NONE,
  L1,
  L2,
  WALK,
}

// Flags of an access.
/** The address is a VA for stage 1 (and 2), not an IPA for stage 2. */
export const ACCESS_VA = 1;
/** PSTATE.PAN. */
export const ACCESS_PAN = 2;
/** The line at the PA is accessed too. */
export const ACCESS_LINE = 4;

// Tlb: TLB_RING and TLB_ENTRIES are offsets in a set.
export const TLB_SETS = 0;
export const TLB_WAYS = 4;
/** Tags of a set as they lie in memory: a multiple of 8. */
export const TLB_SLOTS = 8;
/** One less than the sets, if they are a power of two, else -1. */
export const TLB_MASK = 12;
/** From one set to the next. A set has a u16 for each slot, a hash of the entry's key or 0 if there is none, then: */
export const TLB_SET_BYTES = 16;
/** u16: the way used last; from RING_LINKS on two u16 for each way: the one used next before it, and next after it. */
export const TLB_RING = 20;
/** A record for each way. */
export const TLB_ENTRIES = 24;
/** u64 for each type: bit n is set if the TLB holds entries of 2^n bytes. */
export const TLB_SIZES = 32;
/** u32 for each type and log2 of a size: entries held. */
export const TLB_HELD = 80;
export const TLB_FIRST_SET = 1616;
export const RING_LINKS = 4;

// One entry of a TLB.
/** Address in bits 63:12, TlbType in bits 11:6, log2 of the size in bits 5:0. */
export const ENTRY_KEY = 0;
/** VMID; ASIDs are not modelled, so that stage-1 entries are those of every ASID. */
export const ENTRY_CONTEXT = 8;
/** The stages that took part, what the stage-1 tables above forbid, and more: see ENTRY_STAGE1 and the like. */
export const ENTRY_FLAGS = 12;
/** The PA of the first byte; of a partial walk the IPA of the next table. */
export const ENTRY_OUTPUT = 16;
/** Leaf descriptors (of a partial walk the table descriptor) as the hardware left them, where the stage took part. */
export const ENTRY_STAGE1_DESC = 24;
export const ENTRY_STAGE2_DESC = 32;
export const ENTRY_SIZEOF = 40;

export const ENTRY_STAGE1 = 1;
export const ENTRY_STAGE2 = 2;
/** 5 bits, side by side as in a stage-1 table descriptor. */
export const ENTRY_TABLE_LSB = 8;
export const ENTRY_TABLE_MASK = 0x1f;
/** Of a partial walk: the level of the next table, and one. */
export const ENTRY_LEVEL_LSB = 16;
export const ENTRY_LEVEL_MASK = 0xff;
/** Memory type that stage 1 gave, a byte of MAIR_EL1. */
export const ENTRY_TYPE_LSB = 24;
