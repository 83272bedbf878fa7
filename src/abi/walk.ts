// What the hardware walk takes and gives: access kinds, features, choices, and the records in linear memory.
// Compiled by asc and by tsc; assembly/structs.ts compares the offsets with its classes at compile time.

/** What an access is to the translation regime. */
export enum AccessType {
  READ,
  WRITE,
  EXECUTE,
  /** Read and write: atomics and exclusives that do both. */
  ATOMIC,
  /** Read of a stage-1 descriptor. */
  TABLE_WALK,
  /** Hardware update of a stage-1 descriptor. */
  TABLE_UPDATE,
  AT_READ,
  AT_WRITE,
  /** DC by VA that neither invalidates only nor zeroes. */
  CACHE_OP,
  /** DC IVAC. */
  CACHE_INVALIDATE,
  /** DC ZVA. */
  CACHE_ZERO,
  /** IC IVAU. */
  ICACHE_OP,
  COUNT,
}

// Flags of one request.
export const REQUEST_UNALIGNED = 1;
/** PSTATE.PAN. */
export const REQUEST_PAN = 2;
/** Stage 1 alone is asked for: AT S1E1R and the like. Its own table reads still go through stage 2. */
export const REQUEST_STAGE1_ONLY = 4;

// Features of the CPU.
export const FEAT_XNX = 1;
export const FEAT_HAF = 2;
export const FEAT_HDBS = 4;
export const FEAT_TTST = 8;
export const FEAT_LPA = 16;
export const FEAT_LPA2_4K = 32;
export const FEAT_LPA2_16K = 64;
export const FEAT_S2FWB = 128;
export const FEAT_GRANULE_4K = 256;
export const FEAT_GRANULE_16K = 512;
export const FEAT_GRANULE_64K = 1024;
/** FEAT_BBM level 1 or 2: bit 16 of a block is nT. */
export const FEAT_NT = 2048;

// Choices that the architecture leaves open; a clear bit is the default (src/arm/choices.ts).
export const CHOICE_T0SZ_CLAMP = 1;
export const CHOICE_CONTIG_FROM_DESCRIPTOR = 2;
export const CHOICE_CONTIG_BEYOND_FAULT = 4;
export const CHOICE_NT_FAULT = 8;
export const CHOICE_AF_SET_ON_FAULT = 16;
export const CHOICE_AF_KEPT_BY_AT = 32;
export const CHOICE_FETCH_DEVICE_FAULT = 64;
export const CHOICE_CACHE_OP_IGNORES_AF = 128;
/** Two bits: what a reserved MemAttr acts as. */
export const CHOICE_MEMATTR_LSB = 8;
/** Two bits: what the reserved SH acts as. */
export const CHOICE_SH_LSB = 10;
/** Two bits: the granule of a TG0 or TG1 that is reserved or not implemented. */
export const CHOICE_GRANULE_LSB = 12;

export enum ReservedMemAttr {
  WB,
  WT,
  NC,
}

export enum ReservedShareability {
  NSH,
  ISH,
  OSH,
}

export enum ReservedGranule {
  SMALLEST,
  G4K,
  G16K,
  G64K,
}

/** Where a descriptor holds bits 51:48 of an address. */
export enum AddressLayout {
  /** Nowhere: addresses have 48 bits. */
  NARROW,
  /** FEAT_LPA with 64K granules. */
  LPA,
  /** FEAT_LPA2 with 4K and 16K granules. */
  LPA2,
}

/** The registers, features and choices a walk depends on, and what they decode to. */
export const REGIME_VTCR = 0;
export const REGIME_VTTBR = 8;
export const REGIME_HCR = 16;
export const REGIME_SCTLR_EL2 = 24;
export const REGIME_SCTLR_EL1 = 32;
export const REGIME_TCR_EL1 = 40;
export const REGIME_TTBR0_EL1 = 48;
export const REGIME_TTBR1_EL1 = 56;
export const REGIME_MAIR_EL1 = 64;
export const REGIME_FEATURES = 72;
export const REGIME_CHOICES = 76;
export const REGIME_PA_MAX = 80;
/** First decoded field: VTTBR_EL2.BADDR aligned down to the first table's size. */
export const REGIME_BASE = 88;
export const REGIME_GRANULE_SHIFT = 96;
export const REGIME_STRIDE = 100;
export const REGIME_START_LEVEL = 104;
export const REGIME_IA_BITS = 108;
export const REGIME_OA_BITS = 112;
/** 0 if the configuration itself faults at level 0. */
export const REGIME_VALID = 116;
export const REGIME_LAYOUT = 120;
/** Mask, block value and page value of a leaf for each access a kernel serves. */
export const REGIME_KERNEL_MASKS = 224;
export const KERNEL_MASKS_SIZEOF = 24;
export const REGIME_SIZEOF = 344;

/** What a walk gives. `fsc` is the fault status code with its level, or -1. */
export const TRANSLATION_FSC = 0;
export const TRANSLATION_LEVEL = 4;
export const TRANSLATION_STAGE = 8;
export const TRANSLATION_S1PTW = 12;
/** 1 if the access that faulted writes; an atomic only where it may read. WnR but for AT, DC and IC. */
export const TRANSLATION_WRITE = 16;
/** 1 if stage 2 translated nothing: HCR_EL2.VM and DC clear, or stage 1 alone was asked for. */
export const TRANSLATION_STAGE2_OFF = 20;
/** Combined memory type as a byte of MAIR_EL1, and SH. */
export const TRANSLATION_ATTR = 24;
export const TRANSLATION_SH = 28;
export const TRANSLATION_PA = 32;
/** Input of the stage-2 translation that came last. */
export const TRANSLATION_IPA = 40;
/** The stage-2 leaf as it was read. */
export const TRANSLATION_DESC = 48;
export const TRANSLATION_STEPS = 56;
/** Each descriptor read: its address, its value, what the hardware wrote over it (else its value), level, stage. */
export const TRANSLATION_STEP = 64;
export const STEP_PA = 0;
export const STEP_DESC = 8;
export const STEP_WRITTEN = 16;
export const STEP_LEVEL = 24;
export const STEP_STAGE = 28;
export const STEP_SIZEOF = 32;
/** Five stage-1 reads, each behind a stage-2 walk of five, one update and the last stage-2 walk are 40; twice that. */
export const STEPS_MAX = 80;
export const TRANSLATION_SIZEOF = 2624;

// One result of a batch: PA[51:0], with attributes the stage-2 leaf's MemAttr, S2AP, SH and XN; or bit 63 and the
// fault status code in bits 5:0.
export const RESULT_MEMATTR_LSB = 52;
export const RESULT_S2AP_LSB = 56;
export const RESULT_SH_LSB = 58;
export const RESULT_XN_LSB = 60;
export const RESULT_FAULT_LSB = 63;
