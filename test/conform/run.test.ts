import { describe, expect, it } from 'vitest';
import { type Answer, failure } from '../../src/conform/answer.js';
import { machineOf } from '../../src/conform/memory.js';
import { parseVectors } from '../../src/conform/parse.js';
import { type FileResult, runVectors } from '../../src/conform/run.js';
import type { Subject } from '../../src/conform/subject.js';
import { conformText } from '../../src/report/conform.js';
import { query, type RecordedJson, smallRecorded, smallSpec } from './small.js';

const steps = [
  { stage: 1, level: 3, pa: 0x4800_2000n, desc: 0x7ffn },
  { stage: 2, level: 2, pa: 0x4800_0008n, desc: 0x4800_1003n, written: 0x4800_1403n },
] as const;
const answer: Answer = { kind: 'par', par: 0xa0fn, updates: [{ pa: 8n, word: 1n }], steps };

function run(file: RecordedJson, ask: Subject['ask'], limit = 3): FileResult {
  return runVectors(parseVectors(file, 'x.json'), limit, () => ({ ask }));
}

function copies(file: RecordedJson, n: number): RecordedJson {
  const [first] = file.cases;
  if (first !== undefined) first.queries = Array.from({ length: n }, () => ({ ...first.queries[0] }));
  return file;
}

describe('a run', () => {
  it('counts what is equal, an alternative, different and not applicable, with reasons', () => {
    const file = copies(smallRecorded(), 4);
    const queries = file.cases[0]?.queries ?? [];
    const upd = [['0x8', '0x1']];
    Object.assign(queries[1] ?? {}, { par: '0xa0f', upd });
    Object.assign(queries[2] ?? {}, { alt: [{ par: '0xa0f', upd }] });
    delete queries[3]?.par;
    expect(run(file, () => answer)).toMatchObject({
      queries: 4,
      equal: 1,
      alternative: 1,
      different: 1,
      notApplicable: 1,
      reasons: { 'the query records no outcome': 1 },
    });
  });

  it('takes a setting that the query leaves open for legal', () => {
    const asked: unknown[] = [];
    const result = run(smallRecorded(query({ cu: ['nT', 't0sz'] })), (_, choices) => {
      asked.push(choices);
      return choices?.t0sz === 'clamp' ? { ...answer, par: 0xa0dn, updates: [] } : answer;
    });
    expect(asked).toEqual([undefined, { t0sz: 'clamp' }]);
    expect(result).toMatchObject({ alternative: 1, different: 0 });
  });

  it('groups differences by kind and keeps the first', () => {
    const result = run(copies(smallRecorded(), 5), () => answer, 2);
    expect(result.groups).toEqual([
      {
        expected: 'Translation fault, level 2, stage 2',
        got: 'Translation fault, level 3, stage 2',
        fields: 'par upd',
        queries: 5,
      },
    ]);
    expect(result.differences.map(({ queryIndex }) => queryIndex)).toEqual([0, 1]);
  });

  it('counts what cannot be run as different', () => {
    const result = run(smallRecorded(), () => failure('no such walk'));
    expect(result.different).toBe(1);
    expect(conformText([result])).toContain('\n  got: cannot be run: no such walk\n');
  });

  it('counts every query of a case that cannot be set up as different', () => {
    const tiny = smallRecorded((file) => {
      file.ram = [['0x48000000', '0x1000']];
    });
    const result = runVectors(parseVectors(tiny, 'x.json'), 1);
    expect(result).toMatchObject({
      different: 1,
      differences: [{ got: { why: 'ram: found less than 8 KiB, expected more' } }],
    });
  });
});

describe('the memory of a case', () => {
  const words = new Map([
    [0x4000_0000n, 1n],
    [0x4000_0ff8n, 2n],
    [0x4000_1000n, 3n],
    [0x4000_5000n, 4n],
    [0x4000_6008n, 5n],
    [0x8000_0000n, 6n],
  ]);
  const ram = [
    { pa: 0x4000_0000n, size: 0x8000n },
    { pa: 0x8000_0000n, size: 1n << 40n },
  ];

  it('has bytes for the pages of its words and none for the others', () => {
    const machine = machineOf(ram, words);
    const ranges = machine.banks.map(
      ({ pa, size, kind }) => `${pa.toString(16)}+${size.toString(16)} ${kind}`,
    );
    expect(ranges).toEqual([
      '40000000+1000 ram',
      '40001000+1000 ram',
      '40002000+3000 unbacked',
      '40005000+2000 ram',
      '40007000+1000 unbacked',
      '80000000+1000 ram',
      '80001000+fffffff000 unbacked',
    ]);
    for (const [pa, word] of words) expect(machine.view.u64(machine.ramOffset(pa) ?? 0)).toBe(word);
    expect(machine.view.u64(machine.ramOffset(0x4000_0008n) ?? 0)).toBe(0n);
  });

  it('may have no words at all', () => {
    expect(machineOf(ram, new Map()).banks).toHaveLength(4);
  });
});

describe('the text of a difference', () => {
  it('shows where it is, the configuration, the path and both outcomes', () => {
    const upd = [['0x48000008', '0x48001403']];
    const file = smallRecorded(query({ cu: ['isv_ext'], alt: [{ upd }] }));
    expect(conformText([run(file, () => answer)]).split('\n')).toEqual([
      '          queries  equal  alternative  different  not applicable',
      '  x.json        1      0            0          1               0',
      '',
      '  expected                             got                                  differs in  queries',
      '  Translation fault, level 2, stage 2  Translation fault, level 3, stage 2  par upd           1',
      '',
      'x.json: cases[0] (small/000), queries[0]: AT_S12E1R VA 0x1234 from EL2, open: isv_ext',
      expect.stringMatching(/^ {2}VTCR_EL2 0x80023559: T0SZ=25 \(39-bit IPA\) /),
      '  VTTBR_EL2 0x48000000: VMID=0 BADDR=0x48000000 CnP=0',
      expect.stringMatching(/^ {2}HCR_EL2 0x80000001: VM=1 \(stage 2 on\) /),
      '  CPU: 48-bit PA, granules 4K 64K, TTST, XNX, HAF, HDBS, FWB, RAS, BBM level 2',
      '  stage 1 level 3: 0x48002000 = 0x00000000000007ff page',
      '  stage 2 level 2: 0x48000008 = 0x0000000048001003 table, rewritten as 0x48001403',
      expect.stringMatching(/^ {2}expected: PAR_EL1 0xa0d: .*FST=6 \(Translation fault, level 2\)/),
      expect.stringMatching(/^ {2}accepted as well: PAR_EL1 0xa0d: /),
      '    rewritten: 0x48000008 = 0x48001403',
      expect.stringMatching(/^ {2}got: PAR_EL1 0xa0f: .*FST=7 \(Translation fault, level 3\)/),
      '    rewritten: 0x8 = 0x1',
      '  differs in: par, upd',
      '',
    ]);
  });

  it('shows stage-1 registers, exceptions and attributes', () => {
    const file = smallSpec((f) => {
      Object.assign(f.cases[0]?.registers ?? {}, {
        sctlr_el1: '0x1',
        tcr_el1: '0x80000019',
        mair_el1: '0x44ff04',
      });
      Object.assign(f.cases[0]?.registers ?? {}, {
        ttbr0_el1: '0x1000048000000',
        ttbr1_el1: '0x0',
        sctlr_el2: '0x2000000',
      });
    });
    const fault = {
      fsc: 7,
      type: 'translation',
      level: 3,
      stage: 2,
      s1ptw: true,
      ipa: 0x5678n,
      write: true,
    } as const;
    const got = { kind: 'exception', el: 2, esr: 0x9200_00c7n, far: 0x1234n, hpfar: 0x50n, fault } as const;
    const text = conformText([run(file, () => ({ ...got, updates: [], steps: [] }))]);
    for (const line of [
      'queries[0]: S2 R IPA 0x1234 from EL1, stage 1 0xff (Normal WB) ISH',
      '  SCTLR_EL2 0x2000000: EE=1 (descriptors big-endian)',
      '  SCTLR_EL1 0x1: M=1 (stage 1 on)',
      '  TCR_EL1 0x80000019: T0SZ=25 (39-bit VA)',
      '  TTBR0_EL1 0x1000048000000: ASID=1 BADDR=0x48000000 CnP=0',
      '  TTBR1_EL1 0x0: ASID=0 BADDR=0x0 CnP=0',
      '  MAIR_EL1 0x44ff04: Attr0=0x4 (Device-nGnRE) Attr1=0xff (Normal WB) Attr2=0x44 (Normal NC)',
      '  no descriptor was read',
      '  expected: PA 0x5000, 0xff (Normal WB) ISH',
      '  got: exception to EL2, ESR_EL2 0x920000c7: EC=36 (Data Abort from a lower EL)',
      '    FAR 0x1234',
      '    HPFAR_EL2 0x50',
      '    fault: translation, level 3, stage 2, on a stage-1 table, write, IPA 0x5678',
      '  differs in: outcome',
    ]) {
      expect(text).toContain(line);
    }
  });
});
