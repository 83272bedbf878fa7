import type { CpuFeatures } from '../arm/cpu.js';
import type { AccessSyndrome } from '../arm/esr.js';
import type { FaultType } from '../arm/fault.js';
import type { WalkRegisters } from '../walk/regime.js';
import type { TranslateRequest } from '../walk/types.js';

export const FORMATS = ['a64-s2-oracle/1', 'a64-s2-spec/1'] as const;
/** Formats of a file of recorded translations. */
export type Format = (typeof FORMATS)[number];

/** Recorded translations of one CPU. */
export interface VectorFile {
  /** As messages call it. */
  name: string;
  /** The `format` field of the file. */
  format: Format;
  /** The `features` of the file. */
  cpu: CpuFeatures;
  /** All memory there is. */
  ram: readonly MemoryRange[];
  /** In the order of the file. */
  cases: readonly VectorCase[];
}

/** Memory of a recording. */
export interface MemoryRange {
  /** 4 KiB aligned, as is the size. */
  pa: bigint;
  /** Bytes. */
  size: bigint;
}

/** One set of registers and tables. */
export interface VectorCase {
  /** As the file calls it. */
  name: string;
  /** Of every query of the case, but for its overrides. */
  registers: WalkRegisters;
  /** 64-bit words by PA, as stored; the rest of memory is zero. */
  memory: ReadonlyMap<bigint, bigint>;
  /** In the order of the file. */
  queries: readonly Query[];
}

/** One access, and what may come of it. */
export interface Query {
  /** As the file calls it, with what it names the access of a walk of stage 2 alone. */
  op: string;
  /** What a translator is asked. */
  ask: Ask;
  /** Registers that differ from those of the case. */
  overrides: Partial<WalkRegisters>;
  /** The recorded outcome and then its legal alternatives; empty if none was recorded. */
  accepted: readonly Expectation[];
  /** What the architecture leaves open here, by the tags of the format. */
  open: readonly string[];
}

/** How the access is made. */
export interface Ask {
  /** The address, and the kind and exception level of its access. */
  request: TranslateRequest;
  /** An AT instruction: PAR_EL1 holds the answer. */
  at: boolean;
  /** Exception level that executes the instruction. */
  from: 0 | 1 | 2;
  /** The instruction as ESR_EL2.ISS shows it; absent where it has none or is not known. */
  syndrome?: AccessSyndrome | undefined;
}

/** A descriptor that the hardware rewrote. */
export interface Update {
  /** Of the 8-byte descriptor. */
  pa: bigint;
  /** The new word, as stored. */
  word: bigint;
}

/** An outcome to compare with: what is absent is not compared. */
export type Expectation = (ExpectedPar | ExpectedSuccess | ExpectedException) & {
  /** Compared as a set: each descriptor that the hardware rewrote, and no other. */
  updates: readonly Update[];
};

/** PAR_EL1 after an AT instruction. */
export interface ExpectedPar {
  /** Which of the outcomes this is. */
  kind: 'par';
  /** PAR_EL1 whole; NS and bit 10 of a successful one are not compared. */
  par: bigint;
}

/** An access that was made. */
export interface ExpectedSuccess {
  /** Which of the outcomes this is. */
  kind: 'success';
  /** Output address; absent in an alternative that says no more than success. */
  pa?: bigint | undefined;
  /** MAIR-style attribute byte and shareability. */
  memory?: {
    /** A byte as in MAIR_EL1. */
    attr: number;
    /** SH[1:0]. */
    sh: number;
  };
}

/** A fault as the registers of the exception level that takes it report it. */
export interface ExpectedException {
  /** Which of the outcomes this is. */
  kind: 'exception';
  /** Exception level that takes it. */
  el: 1 | 2;
  /** ESR_ELx of `el`; only the bits of `esrMask` are compared. */
  esr: bigint;
  /** Bits of ESR_ELx that count. */
  esrMask: bigint;
  /** FAR_ELx of `el`; absent where it is not recorded. */
  far?: bigint | undefined;
  /** HPFAR_EL2; absent where it is UNKNOWN, not recorded, or the fault goes to EL1. */
  hpfar?: bigint | undefined;
  /** Only in the format `a64-s2-spec/1`. */
  fault?: ExpectedFault;
}

/** A fault as a recording names it, beside the registers. */
export interface ExpectedFault {
  /** What DFSC or IFSC says, its level apart. */
  type: FaultType;
  /** -1 to 3; absent for an alignment fault, whose status code has none. */
  level?: number | undefined;
  /** Stage of translation that faulted. */
  stage: 1 | 2;
  /** A stage-2 fault on the access to a stage-1 table. */
  s1ptw: boolean;
  /** The access that faulted writes; an atomic only where it may read but not write. */
  write: boolean;
  /** What stage 2 was given; absent where HPFAR_EL2 is UNKNOWN. */
  ipa?: bigint | undefined;
}
