import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerMap } from '../../src/cli/commands/map.js';
import { registerTranslate } from '../../src/cli/commands/translate.js';
import { registerWalk } from '../../src/cli/commands/walk.js';
import { dumpPath } from '../traces/dumps.js';
import { type Captured, runProgram } from './capture.js';

const D1 = dumpPath('guestA_6.1_max-vhe.d1_mixed.json.gz');
const D2 = dumpPath('guestA_6.1_max-vhe.d2_dirtylog.json.gz');

const stage2 = (args: readonly string[], stdin?: string): Promise<Captured> =>
  runProgram(
    [registerTranslate, registerWalk, registerMap],
    args,
    stdin === undefined ? undefined : Buffer.from(stdin),
  );
const translate = (...args: string[]): Promise<Captured> => stage2(['translate', ...args]);

const VALID_TABLE = 3n;
/** A page of stage 1: AF, inner shareable, AttrIndx 0, EL1 alone. */
const PAGE = 0x703n;

/** Four pages: tables of stage 1 at IPA 0x4000_0000 that translate VA 0x1000 and, read-only, 0x2000. */
function guestMemory(): Buffer {
  const memory = Buffer.alloc(0x4000);
  memory.writeBigUInt64LE(0x4000_1000n | VALID_TABLE, 0);
  memory.writeBigUInt64LE(0x4000_2000n | VALID_TABLE, 0x1000);
  memory.writeBigUInt64LE(0x4000_3000n | PAGE, 0x2008);
  memory.writeBigUInt64LE(0x4000_3000n | PAGE | (2n << 6n), 0x2010);
  return memory;
}

const STAGE1 = 'SCTLR_EL1=0x1005,TCR_EL1=0x2_0080_3519,TTBR0_EL1=0x4000_0000,MAIR_EL1=0xff';

describe('stage2 translate', () => {
  it('answers each address on a line: PA, size, permissions and type, or the fault and its registers', async () => {
    expect(await translate('--tables', D1, '0x4000_0123', '2147483648')).toEqual({
      exit: 0,
      stderr: '',
      stdout:
        '0x40000123 -> 0x1015cd123  4K RW x  Normal WB, ISH\n' +
        '0x80000000 -> translation fault, level 1: ESR_EL2 0x92000005, FAR_EL2 0x80000000, HPFAR_EL2 0x800000\n',
    });
    expect((await translate('--tables', D2, '--access', 'write', '0x10000000')).stdout).toBe(
      '0x10000000 -> permission fault, level 3: ESR_EL2 0x9200004f, FAR_EL2 0x10000000, HPFAR_EL2 UNKNOWN\n',
    );
    expect((await translate('--tables', D1, '--reg', 'HCR_EL2=0', '0x123')).stdout).toBe(
      '0x123 -> 0x123  stage 2 off\n',
    );
  });

  it('reads addresses from standard input, with comments, and says the line of one that is wrong', async () => {
    const lines = '# of the log\n0x4000_0000 0x4000_1000  # two\n\n1073741824\n';
    const { stdout } = await stage2(['translate', '--tables', D1, '0x40000000', '-'], lines);
    const addresses = stdout.split('\n').map((line) => line.split(' ')[0]);
    expect(addresses).toEqual(['0x40000000', '0x40000000', '0x40001000', '0x40000000', '']);
    const wrong = await stage2(['translate', '--tables', D1, '-'], '0x0\nhello\n');
    expect(wrong).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/^stage2: standard input:2: IPA: found "hello", expected a number.*\n$/),
    });
    const json = await stage2(['translate', '--json', '--tables', D1, '-'], '0x0\nhello\n');
    expect(JSON.parse(json.stdout).error.message).toContain('standard input:2');
  });

  it('gives one document for any number of addresses', async () => {
    const many = Array.from({ length: 5000 }, (_, i) => `${0x40000000 + i * 0x800}`).join('\n');
    const { stdout } = await stage2(['translate', '--json', '--tables', D1, '-'], many);
    const { $schema, tables, results } = JSON.parse(stdout);
    expect([$schema, tables, results.length]).toEqual(['stage2/schema/translate-1.json', 'd1_mixed', 5000]);
    expect(results[0]).toMatchObject({
      ...{ ipa: '0x40000000', ok: true, pa: '0x1015cd000' },
      memory: { attr: 0xff, type: 'Normal WB', sh: 3, shareability: 'ISH' },
      leaf: { level: 3, size: '0x1000' },
    });
    expect(results[4999]).toMatchObject({
      ok: false,
      fault: {
        fsc: '0x6',
        type: 'translation',
        level: 2,
        stage: 2,
        s1ptw: false,
        takenTo: 2,
        far: '0x409c3800',
      },
    });
  });

  it('agrees with stage2 walk', async () => {
    const addresses = ['0x4000_0123', '0x8000_0000', '0x100_0000_0000'];
    const results = JSON.parse((await translate('--json', '--tables', D1, ...addresses)).stdout).results;
    const { walks } = JSON.parse((await stage2(['walk', '--json', '--tables', D1, ...addresses])).stdout);
    for (const walk of walks) {
      delete walk.steps;
      if (walk.fault === undefined) continue;
      delete walk.fault.reason;
      delete walk.fault.fields;
    }
    expect(walks).toEqual(results);
  });
});

describe('tables in raw memory', () => {
  let folder = '';
  let tables = '';
  let guest = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stage2-'));
    guest = `${join(folder, 'guest.bin.gz')}@0x8000_0000`;
    tables = join(folder, 'tables.json');
    await writeFile(join(folder, 'guest.bin.gz'), gzipSync(guestMemory()));
    await writeFile(tables, (await stage2(['map', '0x4000_0000:0x8000_0000:16K', '--json'])).stdout);
  });
  afterAll(() => rm(folder, { recursive: true }));
  const both = (...args: string[]): Promise<Captured> =>
    stage2([
      args[0] as string,
      '--tables',
      tables,
      '--memory',
      guest,
      '--va',
      '--reg',
      STAGE1,
      ...args.slice(1),
    ]);

  it('are those of stage 1 with --va: a VA goes through both stages', async () => {
    const { stdout } = await both('translate', '0x1234', '0x2234', '0x3234');
    expect(stdout).toBe(
      '0x1234 -> IPA 0x40003234 -> 0x80003234  4K RW x  Normal WB, ISH\n' +
        '0x2234 -> IPA 0x40003234 -> 0x80003234  4K RW x  Normal WB, ISH\n' +
        '0x3234 -> translation fault, level 3 at stage 1: ESR_EL1 0x96000007, FAR_EL1 0x3234\n',
    );
    const written = await both('translate', '--access', 'write', '0x2234');
    expect(written.stdout).toContain(
      'permission fault, level 3 at stage 1: ESR_EL1 0x9600004f, FAR_EL1 0x2234\n',
    );
  });

  it('are walked level by level, each table of stage 1 through stage 2', async () => {
    const { stdout } = await both('walk', '0x1234');
    const lines = stdout.split('\n').filter((line) => line.startsWith('  S'));
    expect(lines.map((line) => line.trim().split(/ +/).slice(0, 2).join(' '))).toEqual([
      ...['S2 L1[001]', 'S2 L2[000]', 'S2 L3[000]', 'S1 L1[000]'],
      ...['S2 L1[001]', 'S2 L2[000]', 'S2 L3[001]', 'S1 L2[000]'],
      ...['S2 L1[001]', 'S2 L2[000]', 'S2 L3[002]', 'S1 L3[001]'],
      ...['S2 L1[001]', 'S2 L2[000]', 'S2 L3[003]'],
    ]);
    expect(stdout).toContain('  S1 L3[001] @ 0x80002008   = 0x0000000040003703  page -> IPA 0x40003000\n');
    expect(stdout).toContain('  both stages: Normal WB, ISH\n');
  });

  it('show why stage 1 stopped, with its descriptor', async () => {
    const { stdout } = await both('walk', '--access', 'write', '0x2234');
    expect(stdout).toMatch(
      /NS=0 \(ignored: Non-secure state\)\s+AP\[2:1\]=2 \(EL1 R\)\s+SH=3 \(ISH\)\s+AF=1 \(accessed\)\s+nG=0 \(any ASID\)/,
    );
    expect(stdout).toContain(
      '  Permission fault, level 3 (FSC 0x0f): stage 1, the leaf does not let EL1 write: AP[2:1]=2 (EL1 R)\n' +
        '  ESR_EL1 0x9600004f, FAR_EL1 0x2234\n',
    );
    const beyond = await both('walk', '0x80_0000_0000');
    expect(beyond.stdout).toContain('stage 1, VA 0x8000000000 is beyond the 39 bits of TCR_EL1.T0SZ\n');
    const upper = await both('walk', '0xffff_ffff_ffff_f000');
    expect(upper.stdout).toContain('stage 1, TCR_EL1.EPD1 forbids walks from TTBR1_EL1\n');
    const unmapped = await both('walk', '--reg', 'TTBR0_EL1=0x5000_0000', '0x1000');
    expect(unmapped.stdout).toContain('a stage-1 table at IPA 0x50000000: the entry is invalid\n');
  });

  it('are those of stage 2 without a dump, under the registers given', async () => {
    // The tables of stage 1 read as tables of stage 2: the leaf has MemAttr 0 and S2AP 0.
    const raw = [
      '--memory',
      guest,
      '--reg',
      'vtcr_el2=0x8002_3559,VTTBR_EL2=0x8000_0000',
      '--cpu',
      'neoverse-n1',
    ];
    const { stdout, stderr } = await stage2(['walk', ...raw, '0x1234']);
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /^.*guest\.bin\.gz@0x8000_0000: 4K granule, 39-bit IPA from level 1 \(1 table of 512 entries\)/,
    );
    expect(stdout).toContain(
      'External abort on a table walk, level 2 (FSC 0x16): no memory holds the table at 0x40001000\n',
    );
    const dump = await stage2(['walk', ...raw, '--check']);
    expect(dump.stderr).toBe('stage2: --check: expected --tables with a dump that lists its mappings\n');
  });

  it.each<[string, string[], string | RegExp]>([
    [
      'no registers',
      ['--memory', 'GUEST'],
      'VTCR_EL2: missing, expected --reg VTCR_EL2=VALUE, or a table dump that has it\n',
    ],
    [
      'a misspelt register',
      ['--reg', 'VTCR_EL3=1'],
      /--reg: found "VTCR_EL3", expected one of VTCR_EL2, .*\(did you mean VTCR_EL2\?\)\n$/,
    ],
    [
      'a register without a value',
      ['--reg', 'VTCR_EL2'],
      '--reg: found "VTCR_EL2", expected NAME=VALUE such as VTCR_EL2=0x8002_3558\n',
    ],
    [
      'a value that is none',
      ['--reg', 'VTCR_EL2=x'],
      '--reg VTCR_EL2: found "x", expected a number such as 0x4000_0000 or 1073741824\n',
    ],
    [
      'memory without an address',
      ['--memory', 'x'],
      '--memory: found "x", expected FILE@PA such as ram.bin@0x8000_0000\n',
    ],
    ['memory that is not there', ['--memory', '/no/such@0'], '/no/such: no such file\n'],
    [
      'memory at an odd address',
      ['--memory', 'GUEST@1', '--reg', 'HCR_EL2=0'],
      /guest\.bin\.gz: found 0x1, expected a 4 KiB aligned address of a piece of memory below 2\^52\n$/,
    ],
    [
      'memory over a table',
      ['--tables', 'TABLES', '--memory', 'GUEST@0x10_0000_0000'],
      /guest\.bin\.gz: found 0x1000000000, which overlaps table_pages\[0\] at 0x1000000000\n$|table_pages\[0\].pa: found 0x1000000000, which overlaps .*guest\.bin\.gz at 0x1000000000\n$/,
    ],
    [
      'two CPUs',
      ['--tables', 'TABLES', '--cpu', 'max', '--reg', 'ID_AA64MMFR0_EL1=5'],
      '--cpu: not with --reg ID_AA64MMFR0_EL1, which describes a CPU too\n',
    ],
    [
      'an unknown CPU',
      ['--cpu', 'neoverse-n2'],
      /--cpu: found "neoverse-n2", expected one of .*\(did you mean neoverse-n1\?\)\n$/,
    ],
    [
      'an access of no VA',
      ['--tables', 'TABLES', '--va', '--access', 'table-walk'],
      '--access: found table-walk with --va, expected it with an IPA\n',
    ],
    [
      'standard input twice',
      ['--tables', '-', '-'],
      '-: found 2 times, expected standard input to be read once\n',
    ],
  ])('refuses %s', async (_, args, message) => {
    const filled = args.map((arg) =>
      arg
        .replace('TABLES', tables)
        .replace(/^GUEST(@.*)?$/, (_all, at = '@0x8000_0000') => guest.replace(/@.*/, at)),
    );
    const { exit, stdout, stderr } = await translate(...filled, '0x0');
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.split('\n')).toHaveLength(2);
  });
});
