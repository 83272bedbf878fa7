// The host API of the walk as it is about to become; these declarations go when src/walk has it.
import type { AccessKind } from '../arm/access.js';
import type { Choices } from '../arm/choices.js';
import type { CpuFeatures } from '../arm/cpu.js';
import type { FaultType } from '../arm/fault.js';
import type { Machine } from '../core/machine.js';
import { Translator as Current } from '../walk/translator.js';

export interface WalkRegisters {
  vtcr: bigint;
  vttbr: bigint;
  hcr: bigint;
  sctlrEl2?: bigint;
  sctlrEl1?: bigint;
  tcrEl1?: bigint;
  ttbr0El1?: bigint;
  ttbr1El1?: bigint;
  mairEl1?: bigint;
}

export interface Stage2Request {
  ipa: bigint;
  access?: AccessKind;
  el?: 0 | 1;
  unaligned?: boolean;
  stage1?: { attr: number; sh: number };
}

export interface BothStagesRequest {
  va: bigint;
  access?: AccessKind;
  el?: 0 | 1;
  unaligned?: boolean;
  pan?: boolean;
  stage1Only?: boolean;
}

export type TranslateRequest = Stage2Request | BothStagesRequest;

export interface WalkStep {
  stage: 1 | 2;
  level: number;
  pa: bigint;
  desc: bigint;
  written?: bigint;
}

export interface WalkFault {
  fsc: number;
  type: FaultType;
  level: number;
  stage: 1 | 2;
  s1ptw: boolean;
  ipa: bigint;
  write: boolean;
}

export type TranslateResult =
  | {
      ok: true;
      pa: bigint;
      ipa: bigint;
      stage2: boolean;
      memory: { attr: number; sh: number };
      steps: WalkStep[];
    }
  | { ok: false; fault: WalkFault; steps: WalkStep[] };

export interface Translator {
  setRegisters(registers: Partial<WalkRegisters>): void;
  translate(request: TranslateRequest): TranslateResult;
  destroy(): void;
}

export const Translator = Current as unknown as new (
  machine: Machine,
  registers: WalkRegisters,
  cpu: { features: CpuFeatures; choices?: Partial<Choices> },
) => Translator;
