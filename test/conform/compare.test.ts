import { describe, expect, it } from 'vitest';
import { BASE_CPU, type CpuFeatures } from '../../src/arm/cpu.js';
import type { Answer } from '../../src/conform/answer.js';
import { openChoices } from '../../src/conform/choices.js';
import { compare } from '../../src/conform/compare.js';
import type { Expectation } from '../../src/conform/file.js';

const none = { updates: [], steps: [] };
const word = (pa: bigint, value: bigint) => ({ pa, word: value });
const par = (value: bigint, updates: Answer['updates'] = []): Answer => ({
  kind: 'par',
  par: value,
  ...none,
  updates,
});
const expectPar = (value: bigint, updates: Answer['updates'] = []): Expectation => ({
  kind: 'par',
  par: value,
  updates,
});

const fault = {
  fsc: 7,
  type: 'translation',
  level: 3,
  stage: 2,
  s1ptw: false,
  ipa: 0x5678n,
  write: false,
} as const;
const exception: Answer = {
  kind: 'exception',
  el: 2,
  esr: 0x9200_0007n,
  far: 0x1234n,
  hpfar: 0x50n,
  fault,
  ...none,
};
const expectException: Extract<Expectation, { kind: 'exception' }> = {
  kind: 'exception',
  el: 2,
  esr: 0x9200_0007n,
  esrMask: -1n,
  far: 0x1234n,
  updates: [],
};

describe('an answer is compared', () => {
  it('in PAR_EL1 of a success without NS and bit 10', () => {
    const recorded = expectPar(0xff00_0001_015c_d980n);
    expect(compare({ accepted: [recorded] }, par(0xff00_0001_015c_df80n))).toEqual({ status: 'equal' });
    expect(compare({ accepted: [recorded] }, par(0xff00_0001_015c_d900n))).toEqual({
      status: 'different',
      fields: ['par'],
    });
  });

  it('in PAR_EL1 of a fault in all bits, and never as a success', () => {
    expect(compare({ accepted: [expectPar(0xa0dn)] }, par(0xa0dn)).status).toBe('equal');
    expect(compare({ accepted: [expectPar(0xa0dn)] }, par(0x80dn)).status).toBe('different');
    expect(compare({ accepted: [expectPar(0xa0dn)] }, par(0xa0cn)).status).toBe('different');
  });

  it('with the rewritten descriptors as a set', () => {
    const recorded = expectPar(0xa0dn, [word(8n, 1n), word(16n, 2n)]);
    const compared = (...updates: Answer['updates']) =>
      compare({ accepted: [recorded] }, par(0xa0dn, updates));
    expect(compared(word(16n, 2n), word(8n, 1n)).status).toBe('equal');
    for (const updates of [
      [],
      [word(8n, 1n)],
      [word(8n, 1n), word(16n, 3n)],
      [word(8n, 1n), word(24n, 2n)],
    ]) {
      expect(compared(...updates)).toEqual({ status: 'different', fields: ['upd'] });
    }
  });

  it('with each alternative', () => {
    const accepted = [expectPar(0xa0dn), expectPar(0xa0fn), expectPar(0xa0dn, [word(8n, 1n)])];
    expect(compare({ accepted }, par(0xa0fn))).toEqual({ status: 'alternative' });
    expect(compare({ accepted }, par(0xa0dn, [word(8n, 1n)]))).toEqual({ status: 'alternative' });
    expect(compare({ accepted }, par(0xa0fn, [word(8n, 1n)]))).toEqual({
      status: 'different',
      fields: ['par', 'upd'],
    });
  });

  it('in the bits of the syndrome that count', () => {
    const accepted = [{ ...expectException, esr: 0x9383_0007n, esrMask: 0xfc00_00ffn }];
    expect(compare({ accepted }, exception).status).toBe('equal');
    expect(compare({ accepted: [{ ...expectException, esr: 0x9383_0007n }] }, exception)).toEqual({
      status: 'different',
      fields: ['esr'],
    });
  });

  it('in HPFAR_EL2 only where it is known', () => {
    expect(compare({ accepted: [expectException] }, exception).status).toBe('equal');
    expect(compare({ accepted: [{ ...expectException, hpfar: 0x60n }] }, exception)).toMatchObject({
      fields: ['hpfar'],
    });
    const { hpfar: _, ...unknown } = exception;
    expect(compare({ accepted: [{ ...expectException, hpfar: 0x50n }] }, unknown)).toMatchObject({
      fields: ['hpfar'],
    });
  });

  it('in the exception level and the faulting address', () => {
    const accepted = [{ ...expectException, el: 1 as const, far: 0n }];
    expect(compare({ accepted }, exception)).toEqual({ status: 'different', fields: ['el', 'far'] });
  });

  it('in each field of a known fault', () => {
    const { fsc: _, ...known } = fault;
    expect(compare({ accepted: [{ ...expectException, fault: known }] }, exception).status).toBe('equal');
    const other = { type: 'permission', level: 2, stage: 1, s1ptw: true, ipa: 0n, write: true } as const;
    expect(compare({ accepted: [{ ...expectException, fault: other }] }, exception)).toEqual({
      status: 'different',
      fields: ['fault', 'level', 'stage', 's1ptw', 'write', 'ipa'],
    });
  });

  it('in PA and memory attributes as far as they were recorded', () => {
    const answer: Answer = { kind: 'success', pa: 0x5000n, memory: { attr: 0xff, sh: 3 }, ...none };
    const expected: Expectation = { kind: 'success', updates: [] };
    const compared = (fields: object) => compare({ accepted: [{ ...expected, ...fields }] }, answer);
    expect(compared({}).status).toBe('equal');
    expect(compared({ pa: 0x5000n, memory: { attr: 0xff, sh: 3 } }).status).toBe('equal');
    expect(compared({ pa: 0x6000n, memory: { attr: 0x44, sh: 2 } })).toMatchObject({
      fields: ['pa', 'attr', 'sh'],
    });
    expect(compare({ accepted: [expectException] }, answer)).toMatchObject({ fields: ['outcome'] });
  });

  it('as different if it could not be had, and with nothing if nothing was recorded', () => {
    expect(compare({ accepted: [expectException] }, { kind: 'failure', why: 'no', ...none }).status).toBe(
      'different',
    );
    expect(compare({ accepted: [] }, exception)).toEqual({
      status: 'not-applicable',
      reason: 'the query records no outcome',
    });
  });
});

describe('the settings that a query leaves open', () => {
  const cpu: CpuFeatures = { ...BASE_CPU, granules: [4, 64] };

  it('are those of its tags, with granules that the CPU has', () => {
    expect(openChoices(['tg0'], cpu)).toEqual([{ granule: 4 }, { granule: 64 }]);
    expect(openChoices([], cpu)).toEqual([]);
    expect(openChoices(['vttbr_align', 'isv_ext', 'toString'], cpu)).toEqual([]);
  });

  it('are combined', () => {
    expect(openChoices(['t0sz', 'nT'], cpu)).toEqual([
      { blockNt: 'fault' },
      { t0sz: 'clamp' },
      { t0sz: 'clamp', blockNt: 'fault' },
    ]);
  });
});
