import type { AccessKind } from '../arm/access.js';
import type { FaultType } from '../arm/fault.js';

/** What every request may say of its access. */
interface Access {
  /** Default `read`. */
  access?: AccessKind;
  /** Exception level of the access, 0 or 1. Default 1. */
  el?: 0 | 1;
  /** The address is no multiple of the size of the access. Default false. */
  unaligned?: boolean;
}

/** One access to translate by stage 2 alone. */
export interface IpaRequest extends Access {
  /** Any u64; with stage 2 on, one outside the IPA space faults. */
  ipa: bigint;
  /**
   * What stage 1 gave the access. Default: normal write-back memory (0xff), not shareable, to which stage 2 adds nothing
   * but its own.
   */
  stage1?: MemoryType;
}

/**
 * One access to translate by stage 1 (EL1&0) and stage 2. With SCTLR_EL1.M clear the IPA is the VA. The kinds of
 * access to a stage-1 table are for IPAs alone.
 */
export interface VaRequest extends Access {
  /** Any u64, with its tag where TCR_EL1 ignores the top byte. */
  va: bigint;
  /** PSTATE.PAN. Default false. */
  pan?: boolean;
  /** Stop before the stage-2 translation of the output, as AT S1E1R does. Default false. */
  stage1Only?: boolean;
}

/** One access to translate: an IPA by stage 2, a VA by both stages. */
export type TranslateRequest = IpaRequest | VaRequest;

/** A memory type, of one stage or of both together. */
export interface MemoryType {
  /** As a byte of MAIR_EL1, 0 to 0xff. */
  attr: number;
  /** SH: 0 non-shareable, 2 outer, 3 inner shareable. */
  sh: number;
}

/** The stage-2 block or page an address translates through. */
export interface TranslatedLeaf {
  /** 3 for a page, less for a block. */
  level: number;
  /** As it was read; a hardware update comes after it. */
  desc: bigint;
}

/** An address that translates. */
export interface TranslateSuccess {
  /** It translates. */
  ok: true;
  /** Of the byte asked for. */
  pa: bigint;
  /** What stage 2 was given: the IPA, or the output of stage 1. */
  ipa: bigint;
  /** False with HCR_EL2.VM and DC clear or `stage1Only`: then the PA is the IPA, and there is no leaf. */
  stage2: boolean;
  /** What stages 1 and 2 combine to. */
  memory: MemoryType;
  /** Absent where stage 2 translated nothing. */
  leaf?: TranslatedLeaf;
}

/** A guest fault. */
export interface WalkFault {
  /** Fault status code, level included. */
  fsc: number;
  /** What `fsc` stands for, its level apart. */
  type: FaultType;
  /** -1 to 3. */
  level: number;
  /** Stage 1 faults go to EL1, those of stage 2 to EL2. */
  stage: 1 | 2;
  /** It is a stage-1 table that stage 2 did not let through. */
  s1ptw: boolean;
  /** What stage 2 was given last; with `s1ptw` the stage-1 descriptor's IPA. */
  ipa: bigint;
  /**
   * The access that faulted writes; an atomic only where it may read but not write. That is WnR, but for AT and for
   * cache maintenance, which always report as a write.
   */
  write: boolean;
}

/** An address that does not translate. */
export interface TranslateFault {
  /** It does not translate. */
  ok: false;
  /** What the exception would report. */
  fault: WalkFault;
}

/** What an access comes to: a PA with its attributes, or a guest fault. */
export type TranslateResult = TranslateSuccess | TranslateFault;

/** One descriptor that the walk read. */
export interface WalkStep {
  /** Stage of translation that read it. */
  stage: 1 | 2;
  /** Of the table it was read from, -1 to 3. */
  level: number;
  /** Address of the entry. */
  pa: bigint;
  /** As it was read, byte order apart. */
  desc: bigint;
  /** What the hardware wrote over it: access flag or dirty state. */
  written?: bigint;
}

/** A translation with every descriptor it read, in order; those of a fault up to the entry that faulted. */
export type WalkResult = TranslateResult & {
  /** In the order they were read; empty if there was none to read. */
  steps: WalkStep[];
};
