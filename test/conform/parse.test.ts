import { describe, expect, it } from 'vitest';
import type { Query } from '../../src/conform/file.js';
import { parseVectors } from '../../src/conform/parse.js';
import { inCase, query, type RecordedJson, smallRecorded, smallSpec } from './small.js';

function only(file: RecordedJson): Query {
  const parsed = parseVectors(file, 'x.json').cases[0]?.queries[0];
  if (parsed === undefined) throw new Error('no query');
  return parsed;
}

describe('a recorded file', () => {
  it('is read into numbers under the names of the walk', () => {
    const file = parseVectors(smallRecorded(), 'x.json');
    expect(file).toMatchObject({
      name: 'x.json',
      cpu: { paMax: 48, granules: [4, 64], lpa: false, bbm: 2 },
      ram: [{ pa: 0x4000_0000n, size: 0x8000_0000n }],
    });
    const [first] = file.cases;
    expect(first?.registers).toEqual({ vtcr: 0x8002_3559n, vttbr: 0x4800_0000n, hcr: 0x8000_0001n });
    expect([...(first?.memory ?? [])]).toEqual([
      [0x4800_0008n, 0x4800_1003n],
      [0x4800_0010n, 0x7ffn],
    ]);
  });

  it('asks an AT at EL2 for EL1 or EL0, or for stage 1 alone', () => {
    const asked = (op: string) => only(smallRecorded(query({ op }))).ask;
    expect(asked('AT_S12E0W')).toEqual({
      request: { va: 0x1234n, access: 'at-write', el: 0, stage1Only: false },
      at: true,
      from: 2,
    });
    expect(asked('AT_S1E1R').request).toMatchObject({ access: 'at-read', el: 1, stage1Only: true });
  });

  it('asks a load with the syndrome of its instruction, an unprivileged one for EL0', () => {
    const load = { op: 'LDR_X', el: 1, insn: '0xf9400022' };
    const unprivileged = { op: 'STTR_X', el: 1, insn: '0xf8000829', ipa: '0x1004' };
    const asked = (fields: object) => only(smallRecorded(query({ ...fields }))).ask;
    expect(asked(load)).toMatchObject({
      request: { access: 'read', el: 1, unaligned: true },
      at: false,
      from: 1,
      syndrome: { sas: 3, srt: 2, sf: true },
    });
    expect(asked(unprivileged)).toMatchObject({ request: { access: 'write', el: 0 }, from: 1 });
  });

  it('accepts its alternatives with the updates of the query where they list none', () => {
    const upd = [['0x48000008', '0x48001403']];
    const alt = [{ par: '0xa0f' }, { upd: [] }, { ok: true }, { esr: '0x92000007', upd: [] }];
    const { accepted } = only(smallRecorded(query({ upd, alt })));
    const updates = [{ pa: 0x4800_0008n, word: 0x4800_1403n }];
    expect(accepted).toMatchObject([
      { kind: 'par', par: 0xa0dn, updates },
      { kind: 'par', par: 0xa0fn, updates },
      { kind: 'par', par: 0xa0dn, updates: [] },
      { kind: 'success', updates },
      { kind: 'exception', el: 2, esr: 0x9200_0007n, far: 0x1234n, updates: [] },
    ]);
  });

  it('compares the whole syndrome but EA, and without an instruction what does not depend on it', () => {
    const mask = (fields: object): unknown => {
      const load = { op: 'LDR_X', el: 1, esr: '0x92000007', par: undefined, ...fields };
      return only(smallRecorded(query(load))).accepted[0];
    };
    expect(mask({ insn: '0xf9400022' })).toMatchObject({ esrMask: 0xffff_ffff_ffff_fdffn });
    expect(mask({})).toMatchObject({ esrMask: 0xfc00_00ffn });
    expect(mask({ op: 'EXEC' })).toMatchObject({ esrMask: 0xffff_ffff_ffff_fdffn });
  });

  it('accepts nothing where no outcome was recorded', () => {
    expect(only(smallRecorded(query({ par: undefined }))).accepted).toEqual([]);
  });
});

describe('a file of the specification', () => {
  it('asks for stage 2 alone with what stage 1 delivered', () => {
    const { op, ask, accepted } = only(
      smallSpec(query({ acc: 'TTWU', mair: '0x44', sh: 2, unaligned: true })),
    );
    expect(op).toBe('S2 TTWU');
    expect(ask.request).toEqual({
      ipa: 0x1234n,
      access: 'table-update',
      el: 1,
      unaligned: true,
      stage1: { attr: 0x44, sh: 2 },
    });
    expect(accepted).toMatchObject([{ kind: 'success', pa: 0x5000n, memory: { attr: 0xff, sh: 3 } }]);
  });

  it('asks for both stages by the virtual address', () => {
    const { ask } = only(smallSpec(query({ op: 'CAS_X', acc: undefined })));
    expect(ask.request).toEqual({ va: 0x1234n, access: 'atomic', el: 1, unaligned: false });
  });

  it('expects the IPA of a fault where HPFAR_EL2 holds it', () => {
    const spec = {
      fault: 'Translation',
      level: -1,
      stage: 2,
      s1ptw: false,
      ipa: '0x1234',
      write: false,
      esr: '0x9300002b',
    };
    const accepted = (fields: object) => only(smallSpec(query({ spec: { ...spec, ...fields } }))).accepted[0];
    expect(accepted({ hpfar: '0x10' })).toMatchObject({
      kind: 'exception',
      el: 2,
      hpfar: 0x10n,
      fault: { type: 'translation', level: -1, stage: 2, s1ptw: false, ipa: 0x1234n, write: false },
    });
    expect(accepted({})).toMatchObject({ fault: { ipa: undefined } });
    expect(accepted({ fault: 'Alignment' })).toMatchObject({
      fault: { type: 'alignment', level: undefined },
    });
  });
});

function messageOf(value: unknown): string {
  try {
    parseVectors(value, 'x.json');
    return 'nothing is wrong';
  } catch (error) {
    expect(error).toMatchObject({ code: 'EINVAL', file: expect.stringMatching(/^x\.json/) });
    return (error as Error).message;
  }
}

const AT = 'x.json: cases[0] (small/000): ';

describe('a file is refused, naming the file, the case and the field, if', () => {
  it.each<[string, unknown, string]>([
    ['it is no object', 'x', 'x.json: top level: found "x", expected an object'],
    [
      'it is of another format',
      smallRecorded((f) => Object.assign(f, { format: 'a64-s2-oracle/2' })),
      'x.json: format: found "a64-s2-oracle/2", expected a64-s2-oracle/1 or a64-s2-spec/1',
    ],
    [
      'a feature is missing',
      smallRecorded((f) => delete f.features.xnx),
      'x.json: features.xnx: the field is missing',
    ],
    [
      'nobody knows a feature',
      smallRecorded((f) => Object.assign(f.features, { sve: true })),
      'x.json: features.sve: found "sve", expected one of pa_bits, lpa, granules, lpa2, ttst, xnx, haf, hdbs, fwb, ras, bbm',
    ],
    [
      'there are no features',
      smallRecorded((f) => Object.assign(f, { features: 5 })),
      'x.json: features: found 5, expected an object',
    ],
    [
      'a granule is none',
      smallRecorded((f) => Object.assign(f.features, { granules: [8] })),
      'x.json: features.granules[0]: found 8, expected 4, 16 or 64',
    ],
    [
      'the PA size is none',
      smallRecorded((f) => Object.assign(f.features, { pa_bits: 65 })),
      'x.json: features.pa_bits: found 65, expected a whole number from 32 to 56',
    ],
    [
      'a bank is no pair',
      smallRecorded((f) => Object.assign(f, { ram: [['0x0']] })),
      'x.json: ram[0][1]: found nothing, expected a hex string of up to 64 bits such as "0x1000"',
    ],
    [
      'a bank is not of whole pages',
      smallRecorded((f) => Object.assign(f, { ram: [['0x40000000', '0x800']] })),
      'x.json: ram[0]: found 0x800 bytes at 0x40000000, expected whole pages of 4 KiB below 2^52',
    ],
    [
      'banks overlap',
      smallRecorded((f) => f.ram.push(['0x50000000', '0x1000'])),
      'x.json: ram: found two banks at 0x50000000, expected one',
    ],
    [
      'a case has no name',
      smallRecorded(inCase((c) => Object.assign(c, { name: 7 }))),
      'x.json: cases[0].name: found 7, expected a string',
    ],
    [
      'a case is none',
      smallRecorded((f) => Object.assign(f, { cases: ['x'] })),
      'x.json: cases[0]: found "x", expected an object',
    ],
    [
      'a register is missing',
      smallRecorded(inCase((c) => delete c.registers.hcr_el2)),
      `${AT}registers.hcr_el2: the field is missing`,
    ],
    [
      'nobody knows a register',
      smallSpec(inCase((c) => Object.assign(c.registers, { vtcr: '0x0' }))),
      `${AT}registers.vtcr: found "vtcr", expected one of vtcr_el2, vttbr_el2, hcr_el2, sctlr_el2, sctlr_el1, tcr_el1, ttbr0_el1, ttbr1_el1, mair_el1`,
    ],
    [
      'a register is no hex',
      smallRecorded(inCase((c) => Object.assign(c.registers, { hcr_el2: '0xq' }))),
      `${AT}registers.hcr_el2: found "0xq", expected a hex string of up to 64 bits such as "0x1000"`,
    ],
    [
      'a word is a number',
      smallRecorded(inCase((c) => c.memory[0]?.u64.push(5))),
      `${AT}memory[0].u64[2]: found 5, expected a hex string of up to 64 bits such as "0x1000"`,
    ],
    [
      'a word is outside the banks',
      smallRecorded(inCase((c) => c.memory.push({ pa: '0xbffffff8', u64: ['0x1', '0x2'] }))),
      `${AT}memory[1].pa: found a word at 0xc0000000, expected all in ram [0x40000000, 0xc0000000)`,
    ],
    [
      'words are not aligned',
      smallRecorded(inCase((c) => c.memory.push({ pa: '0x48000004', u64: [] }))),
      `${AT}memory[1].pa: found 0x48000004, expected a multiple of 8`,
    ],
    [
      'a word is listed twice',
      smallRecorded(inCase((c) => c.memory.push({ pa: '0x48000010', u64: ['0x0'] }))),
      `${AT}memory[1].pa: found a second word at 0x48000010, expected one`,
    ],
    [
      'an operation is unknown',
      smallRecorded(query({ op: 'LDRX_X' })),
      `${AT}queries[0].op: found "LDRX_X", expected AT_S12E1R, AT_S12E0W, AT_S1E1R, EXEC, LDR_X, STRB, LDADD_X or another that the format lists`,
    ],
    ['a load has no EL', smallRecorded(query({ op: 'LDR_X' })), `${AT}queries[0].el: the field is missing`],
    [
      'an EL is neither 0 nor 1',
      smallRecorded(query({ el: 2 })),
      `${AT}queries[0].el: found 2, expected 0 or 1`,
    ],
    [
      'an instruction has 33 bits',
      smallRecorded(query({ op: 'LDR_X', el: 1, insn: '0x1f9400022' })),
      `${AT}queries[0].insn: found 0x1f9400022, expected a 32-bit instruction`,
    ],
    [
      'there are two outcomes',
      smallRecorded(query({ pa: '0x0' })),
      `${AT}queries[0].pa: found beside par, expected one outcome`,
    ],
    [
      'an outcome is no hex',
      smallRecorded(query({ par: 'a0d' })),
      `${AT}queries[0].par: found "a0d", expected a hex string of up to 64 bits such as "0x1000"`,
    ],
    [
      'an update is no pair',
      smallRecorded(query({ upd: [['0x0', '0x1', '0x2']] })),
      `${AT}queries[0].upd[0][2]: found "0x2", expected a PA and a descriptor`,
    ],
    [
      'an alternative is of the wrong type',
      smallRecorded(query({ alt: [{ par: 5 }] })),
      `${AT}queries[0].alt[0].par: found 5, expected a hex string of up to 64 bits such as "0x1000"`,
    ],
    [
      'an access is unknown',
      smallSpec(query({ acc: 'RW' })),
      `${AT}queries[0].acc: found "RW", expected one of R, W, X, TTW, TTWU, RMW, AT_R, AT_W`,
    ],
    [
      'an access is missing',
      smallSpec(query({ acc: undefined })),
      `${AT}queries[0].acc: the field is missing`,
    ],
    [
      'an operation is not of the specification',
      smallSpec(query({ op: 'STR_Q' })),
      `${AT}queries[0].op: found "STR_Q", expected one of S2, LDR_X, STR_X, CAS_X, EXEC`,
    ],
    [
      'stage-1 attributes are missing',
      smallSpec(query({ mair: undefined })),
      `${AT}queries[0].mair: the field is missing`,
    ],
    ['a shareability is none', smallSpec(query({ sh: 4 })), `${AT}queries[0].sh: found 4, expected 0 to 3`],
    [
      'an attribute has nine bits',
      smallSpec(query({ mair: '0x100' })),
      `${AT}queries[0].mair: found "0x100", expected an attribute byte such as "0xff"`,
    ],
    [
      'the answer is missing',
      smallSpec((f) => delete f.cases[0]?.queries[0]?.spec),
      `${AT}queries[0].spec: the field is missing`,
    ],
    [
      'a fault is unknown',
      smallSpec(query({ spec: { fault: 'Oops' } })),
      `${AT}queries[0].spec.fault: found "Oops", expected a fault such as Translation or Permission`,
    ],
    [
      'a fault has no level',
      smallSpec(query({ spec: { fault: 'Translation' } })),
      `${AT}queries[0].spec.level: the field is missing`,
    ],
  ])('%s', (_, value, message) => {
    expect(messageOf(JSON.parse(JSON.stringify(value)))).toBe(message);
  });
});
