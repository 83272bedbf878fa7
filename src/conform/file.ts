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
  format: Format;
  cpu: CpuFeatures;
  /** All memory there is. */
  ram: readonly MemoryRange[];
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
  name: string;
  registers: WalkRegisters;
  /** 64-bit words by PA, as stored; the rest of memory is zero. */
  memory: ReadonlyMap<bigint, bigint>;
  queries: readonly Query[];
}

/** One access, and what may come of it. */
export interface Query {
  /** As the file calls it, with what it names the access of a walk of stage 2 alone. */
  op: string;
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
  request: TranslateRequest;
  /** An AT instruction: PAR_EL1 holds the answer. */
  at: boolean;
  /** Exception level that executes the instruction. */
  from: 0 | 1 | 2;
  syndrome?: AccessSyndrome | undefined;
}

/** A descriptor that the hardware rewrote. */
export interface Update {
  pa: bigint;
  /** The new word, as stored. */
  word: bigint;
}

/** An outcome to compare with: what is absent is not compared. */
export type Expectation = (ExpectedPar | ExpectedSuccess | ExpectedException) & {
  updates: readonly Update[];
};

/** PAR_EL1 after an AT instruction. */
export interface ExpectedPar {
  kind: 'par';
  par: bigint;
}

/** An access that was made. */
export interface ExpectedSuccess {
  kind: 'success';
  pa?: bigint | undefined;
  /** MAIR-style attribute byte and shareability. */
  memory?: { attr: number; sh: number };
}

/** A fault as the registers of the exception level that takes it report it. */
export interface ExpectedException {
  kind: 'exception';
  /** Exception level that takes it. */
  el: 1 | 2;
  esr: bigint;
  /** Bits of ESR_ELx that count. */
  esrMask: bigint;
  far?: bigint | undefined;
  hpfar?: bigint | undefined;
  fault?: ExpectedFault;
}

/** A fault as a recording names it, beside the registers. */
export interface ExpectedFault {
  type: FaultType;
  level?: number | undefined;
  stage: 1 | 2;
  s1ptw: boolean;
  write: boolean;
  ipa?: bigint | undefined;
}
