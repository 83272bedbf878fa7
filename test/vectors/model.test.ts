// The reference model itself against the recorded translations: what the property test holds the core to.

import { describe, expect, it } from 'vitest';
import { DEFAULT_CHOICES, encodeFsc, type FaultType } from '../../src/arm/index.js';
import { type Answer, answerOf } from '../../src/conform/answer.js';
import type { MemoryRange, Query, VectorCase, VectorFile } from '../../src/conform/file.js';
import { runVectors } from '../../src/conform/run.js';
import { FAULT_TYPES } from '../../src/conform/spec.js';
import type { Subject } from '../../src/conform/subject.js';
import { conformText } from '../../src/report/conform.js';
import type { TranslateRequest, WalkResult } from '../../src/walk/index.js';
import { loadVectors, VECTORS } from '../conform/files.js';
import { translate, translateStage1Only } from '../model/arch/translate.js';
import type { Choices, Memory, Answer as ModelAnswer } from '../model/arch/types.js';

/** The words of a case, with what a translation writes on top. */
class CaseMemory implements Memory {
  readonly written = new Map<bigint, bigint>();

  constructor(
    readonly ram: readonly MemoryRange[],
    readonly words: ReadonlyMap<bigint, bigint>,
  ) {}

  read(at: bigint): bigint | undefined {
    const held = this.ram.some(({ pa, size }) => at >= pa && at < pa + size);
    return held ? (this.written.get(at) ?? this.words.get(at) ?? 0n) : undefined;
  }

  write(at: bigint, value: bigint): void {
    this.written.set(at, value);
  }
}

/** The model in the place of the core. */
function model(file: VectorFile, vectorCase: VectorCase): Subject {
  return {
    ask: ({ ask, overrides }: Query, choices: Partial<Choices> = {}): Answer => {
      const memory = new CaseMemory(file.ram, vectorCase.memory);
      const registers = { ...vectorCase.registers, ...overrides };
      const found = answer(file, { ...DEFAULT_CHOICES, ...choices }, registers, memory, ask.request);
      const updates = [...memory.written].map(([pa, word]) => ({ pa, word }));
      return answerOf(ask, walkResult(found), updates);
    },
  };
}

function answer(
  { cpu }: VectorFile,
  choices: Choices,
  registers: VectorCase['registers'],
  memory: Memory,
  request: TranslateRequest,
): ModelAnswer {
  const { access = 'read', el = 1 } = request;
  if ('va' in request && request.stage1Only) {
    const kind = access === 'at-write' ? 'at-write' : 'at-read';
    return translateStage1Only(cpu, choices, registers, memory, { va: request.va, access: kind, el });
  }
  return translate(cpu, choices, registers, memory, { ...request, access, el });
}

function walkResult(found: ModelAnswer): WalkResult {
  if (found.ok) {
    const { pa, attr, sh } = found;
    return { ok: true, pa, ipa: 0n, stage2: true, memory: { attr, sh }, steps: [] };
  }
  const { stage, s1ptw, level, write, ipa = 0n } = found;
  const type = FAULT_TYPES[found.type] as FaultType;
  const fsc = encodeFsc(type === 'alignment' ? { type } : { type, level });
  return { ok: false, fault: { fsc, type, level, stage, s1ptw, ipa, write }, steps: [] };
}

describe('the model', () => {
  it.each(VECTORS)('answers %s as recorded, or as the recording allows', (name) => {
    const result = runVectors(loadVectors(name), 1, model);
    expect(result.different === 0 ? '' : conformText([result])).toBe('');
  });
});
