import { describe, expect, it } from 'vitest';
import { encodeFsc, parOf, reportFault } from '../../src/arm/index.js';

const PERMISSION_3 = encodeFsc({ type: 'permission', level: 3 });
const TRANSLATION_2 = encodeFsc({ type: 'translation', level: 2 });
const ABORT_1 = encodeFsc({ type: 'external-abort-on-walk', level: 1 });
const syndrome = { sas: 2, srt: 3, sf: false };
const at = { va: 0x1234_5678n, from: 1 } as const;
const fault = { fsc: TRANSLATION_2, stage: 2, s1ptw: false, ipa: 0x4000_0678n, write: false } as const;

describe('a stage-2 fault', () => {
  it('is taken to EL2 with the IPA and the syndrome of the instruction', () => {
    const access = { ...at, access: 'write', syndrome } as const;
    expect(reportFault({ ...fault, write: true }, access)).toEqual({
      el: 2,
      esr: 0x9383_0046n,
      far: 0x1234_5678n,
      hpfar: 0x40_0000n,
    });
  });

  it('of permission leaves HPFAR_EL2 UNKNOWN', () => {
    const report = reportFault({ ...fault, fsc: PERMISSION_3 }, { ...at, access: 'read' });
    expect(report).toEqual({ el: 2, esr: 0x9200_000fn, far: 0x1234_5678n });
  });

  it('on a stage-1 table gives the IPA of the descriptor, for permission too, and no syndrome', () => {
    const walk = { ...fault, fsc: PERMISSION_3, s1ptw: true, write: true };
    expect(reportFault(walk, { ...at, access: 'write', syndrome })).toMatchObject({
      esr: 0x9200_00cfn,
      hpfar: 0x40_0000n,
    });
  });

  it('of a fetch is an instruction abort', () => {
    expect(reportFault(fault, { ...at, access: 'execute' }).esr).toBe(0x8200_0006n);
  });

  it.each([
    ['at-read', 0x9200_0146n],
    ['cache-op', 0x9200_0146n],
    ['cache-invalidate', 0x9200_0146n],
    ['icache-op', 0x9200_0146n],
    ['cache-zero', 0x9200_0046n],
  ] as const)('of %s reports as a write, and DC ZVA as no cache maintenance', (access, esr) => {
    expect(reportFault({ ...fault, write: true }, { ...at, access, syndrome }).esr).toBe(esr);
  });
});

describe('a stage-1 fault', () => {
  const stage1 = { ...fault, stage: 1 } as const;
  it.each([
    ['read', 0, 0x9200_0006n],
    ['read', 1, 0x9600_0006n],
    ['execute', 0, 0x8200_0006n],
    ['execute', 1, 0x8600_0006n],
  ] as const)('of a %s from EL%i is taken to EL1 without syndrome and IPA', (access, from, esr) => {
    const report = reportFault(stage1, { va: 0x1000n, access, from, syndrome });
    expect(report).toEqual({ el: 1, esr, far: 0x1000n });
  });
});

describe('PAR_EL1', () => {
  it('holds the attributes and 52 bits of the PA', () => {
    const memory = { attr: 0xff, sh: 3 };
    expect(parOf({ ok: true, pa: 0xf_1234_5678_9abcn, memory })).toBe(0xff0f_1234_5678_9980n);
  });

  it.each([0x00, 0x04, 0x0c, 0x44])('has attribute %i outer shareable', (attr) => {
    const par = parOf({ ok: true, pa: 0n, memory: { attr, sh: 0 } });
    expect(par).toBe((BigInt(attr) << 56n) | 0x900n);
  });

  it('tells the stage of a fault and the stage-1 walk', () => {
    expect(parOf({ ok: false, fault })).toBe(0xa0dn);
    expect(parOf({ ok: false, fault: { ...fault, s1ptw: true } })).toBe(0xb0dn);
    expect(parOf({ ok: false, fault: { ...fault, stage: 1 } })).toBe(0x80dn);
  });

  it('is not written on an external abort: the AT takes an exception', () => {
    const abort = { ...fault, fsc: ABORT_1 };
    expect(parOf({ ok: false, fault: abort })).toBeUndefined();
    const report = reportFault(abort, { va: 0x5000n, access: 'at-read', from: 2 });
    expect(report).toEqual({ el: 2, esr: 0x9600_0155n, far: 0x5000n });
  });

  it('is not written at EL1 on a stage-2 fault of the stage-1 walk', () => {
    const walk = { ...fault, s1ptw: true };
    expect(parOf({ ok: false, fault: walk }, 1)).toBeUndefined();
    expect(reportFault(walk, { va: 0x5000n, access: 'at-read', from: 1 }).esr).toBe(0x9200_01c6n);
  });
});
