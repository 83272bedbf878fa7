// What the reference model is asked and what it answers. All addresses and register values are unsigned.

import type { AccessKind } from '../../../src/arm/access.js';

/** Questions have one form for core and model: types alone, which carry none of the core's answers. */
export type { AccessKind } from '../../../src/arm/access.js';
export type { Choices } from '../../../src/arm/choices.js';
export type { CpuFeatures } from '../../../src/arm/cpu.js';
export type { WalkRegisters as Registers } from '../../../src/walk/regime.js';

export type GranuleKib = 4 | 16 | 64;
export type ExceptionLevel = 0 | 1;

interface QueryBase {
  access: AccessKind;
  el: ExceptionLevel;
  unaligned?: boolean;
}

/** Stage 2 alone, for an IPA that stage 1 delivered with these attributes. */
export interface IpaQuery extends QueryBase {
  ipa: bigint;
  /** A MAIR_EL1 byte and an SH field; Normal Write-Back Inner Shareable unless given. */
  stage1?: { attr: number; sh: number };
}

/** Both stages. */
export interface VaQuery extends QueryBase {
  va: bigint;
  /** PSTATE.PAN. */
  pan?: boolean;
}

export type Query = IpaQuery | VaQuery;

/** A descriptor rewritten by hardware; both values are as the memory holds them. */
export interface Update {
  pa: bigint;
  old: bigint;
  new: bigint;
}

export type FaultType =
  | 'Translation'
  | 'AddressSize'
  | 'AccessFlag'
  | 'Permission'
  | 'Alignment'
  | 'SyncExternalOnWalk';

export interface Success {
  ok: true;
  pa: bigint;
  /** The combined attributes, encoded as a MAIR_EL1 byte. */
  attr: number;
  sh: number;
  updates: Update[];
}

export interface Failure {
  ok: false;
  type: FaultType;
  level: number;
  stage: 1 | 2;
  s1ptw: boolean;
  /** Every stage-2 fault has one, also where HPFAR_EL2 would be UNKNOWN. */
  ipa?: bigint;
  /** The access asked to write; for an atomic, only where the missing permission was that to write. */
  write: boolean;
  updates: Update[];
}

export type Answer = Success | Failure;

/** Physical memory in words of eight bytes. */
export interface Memory {
  /** Undefined where there is no memory. */
  read(pa: bigint): bigint | undefined;
  write(pa: bigint, value: bigint): void;
}
