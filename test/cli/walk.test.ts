import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { registerWalk } from '../../src/cli/commands/walk.js';
import { DUMPS, dumpPath } from '../traces/dumps.js';
import { type Captured, runCommand } from './capture.js';
import { type DumpJson, dumpText, editedDump, withFile } from './dump-files.js';

const D1 = 'guestA_6.1_max-vhe.d1_mixed.json.gz';
const D2 = 'guestA_6.1_max-vhe.d2_dirtylog.json.gz';
const IPA44 = 'guestA-ipa_6.1_max.ipa44.json.gz';

const walk = (args: readonly string[], stdin?: Uint8Array): Promise<Captured> =>
  runCommand(registerWalk, ['walk', ...args], stdin);
const walkDump = (name: string, ...args: string[]): Promise<Captured> =>
  walk(['--tables', dumpPath(name), ...args]);
const walkEdited = (name: string, edit: (dump: DumpJson) => void, ...args: string[]): Promise<Captured> =>
  withFile(editedDump(name, edit), (path) => walk(['--tables', path, ...args]));

describe('stage2 walk', () => {
  it('shows each level, the leaf and the PA', async () => {
    expect(await walkDump(D1, '0x4000_0123')).toEqual({
      exit: 0,
      stderr: '',
      stdout: [
        'd1_mixed: 4K granule, 40-bit IPA from level 1 (2 tables of 512 entries), 48-bit PA, FWB',
        '0x40000123: read at EL1',
        '  L1[001] @ 0x10af46008 = 0x000000010af86003  table -> 0x10af86000',
        '  L2[000] @ 0x10af86000 = 0x000000010af85003  table -> 0x10af85000',
        '  L3[000] @ 0x10af85000 = 0x00000001015cd7db  page -> 0x1015cd000',
        '  PA 0x1015cd123, 4K page: RW, execute EL1 EL0, AF, Normal WB, ISH',
        '',
      ].join('\n'),
    });
  });

  it('walks from level 0, through blocks, several IPAs in a row', async () => {
    const { mappings } = JSON.parse(dumpText(IPA44)) as DumpJson;
    const block = mappings.find(({ level }) => level === 1);
    const { stdout } = await walkDump(IPA44, block?.ipa ?? '', '1073741824');
    expect(stdout).toMatch(/read at EL1\n {2}L0\[\d{3}\] @ .* table -> .*\n {2}L1\[\d{3}\] @ .* block -> /);
    expect(stdout).toContain(`PA ${block?.pa}, 1G block: `);
    expect(stdout).toMatch(/\n0x40000000: read at EL1\n {2}L0.*\n {2}L1.*\n {2}L2.*\n {2}L3.*\n {2}PA /);
  });

  it('says at which level an entry is invalid, and how the CPU reports the fault', async () => {
    const { stdout, exit } = await walkDump(D1, '0x8000_0000');
    expect(exit).toBe(0);
    expect(stdout).toContain(
      '0x80000000: read at EL1\n  L1[002] @ 0x10af46010 = 0x0000000000000000  invalid\n      VALID=0 (no entry) TABLE=0 (ignored: VALID is 0)\n' +
        '  Translation fault, level 1 (FSC 0x05): the entry is invalid\n' +
        '  ESR_EL2 0x92000005, FAR_EL2 0x80000000, HPFAR_EL2 0x800000\n' +
        '      EC=36 (Data Abort from a lower EL) IL=1 (32-bit instruction)\n' +
        '      ISV=0 (no syndrome) FnV=0 (FAR valid) EA=0 (no external abort type)\n' +
        '      CM=0 (load or store) S1PTW=0 (the access itself) WnR=0 (read)\n' +
        '      DFSC=5 (Translation fault, level 1)\n',
    );
  });

  it('reports an atomic that may only read as a write, and a stage-1 table access as such', async () => {
    const atomic = await walkDump(D2, '--access', 'atomic', '0x10000000');
    expect(atomic.stdout).toContain('ESR_EL2 0x9200004f, FAR_EL2 0x10000000, HPFAR_EL2 UNKNOWN\n');
    const update = await walkDump(D2, '--access', 'table-update', '0x10000000');
    expect(update.stdout).toMatch(/ESR_EL2 0x9200008f, FAR_EL2 0x10000000, HPFAR_EL2 0x[0-9a-f]+\n/);
  });

  it('says that an IPA is beyond the IPA space', async () => {
    const { stdout } = await walkDump(D1, '0x100_0000_0000');
    expect(stdout).toContain(
      '  Translation fault, level 0 (FSC 0x04): IPA 0x10000000000 is beyond the 40-bit IPA space\n',
    );
  });

  it('takes --access and --el: a write faults where dirty logging protects a page', async () => {
    const write = await walkDump(D2, '--access', 'write', '0x10000000');
    expect(write.stdout).toContain(
      'Permission fault, level 3 (FSC 0x0f): the leaf does not let EL1 write: S2AP=1 (R)\n',
    );
    expect(write.stdout).toContain('ESR_EL2 0x9200004f, FAR_EL2 0x10000000, HPFAR_EL2 UNKNOWN\n');
    const fetch = await walkDump(D2, '--access', 'execute', '--el', '0', '0x10000000');
    expect(fetch.stdout).toContain('0x10000000: execute at EL0\n');
    expect(fetch.stdout).toContain(
      'the leaf does not let EL0 execute: XN=2 (none executes)\n  ESR_EL2 0x8200000f',
    );
    const read = await walkDump(D2, '0x10000000');
    expect(read.stdout).toContain('4K page: R, XN, AF, Normal WB, ISH\n');
  });

  it('ends in an external abort where the dump holds no table', async () => {
    const { stdout, exit } = await walkEdited(D1, (dump) => dump.table_pages.splice(1, 1), '0x40000000');
    expect(exit).toBe(0);
    expect(stdout).toMatch(
      /External abort on a table walk, level 2 \(FSC 0x16\): no memory holds the table at 0x10af86000\n {2}ESR_EL2 0x92000016, FAR_EL2 0x40000000, HPFAR_EL2 UNKNOWN/,
    );
  });

  it('explains an address size fault', async () => {
    const edit = (dump: DumpJson): void => {
      dump.key_registers.VTCR_EL2 = '0x80223558';
      Object.assign(dump.table_pages[0]?.entries ?? {}, { 1: '0x80010af86003' });
    };
    expect((await walkEdited(D1, edit, '0x40000000')).stdout).toContain(
      'Address size fault, level 1 (FSC 0x01): the next table at 0x80010af86000 is beyond the 40-bit PA space\n',
    );
  });

  it('explains an entry that is valid but reserved', async () => {
    const edit = (dump: DumpJson): void => {
      const page = dump.table_pages.find(({ entries }) => entries['0'] === '0x1015cd7db');
      Object.assign(page?.entries ?? {}, { 0: '0x1015cd7d9' });
    };
    expect((await walkEdited(D1, edit, '0x40000000')).stdout).toContain(
      'L3[000] @ 0x10af85000 = 0x00000001015cd7d9  reserved\n      VALID=1 (valid) TABLE=0 (reserved)\n  Translation fault, level 3 (FSC 0x07): the entry is reserved at level 3\n',
    );
  });

  it('explains an access flag fault if the hardware does not set the flag', async () => {
    const edit = (dump: DumpJson): void => {
      dump.key_registers.VTCR_EL2 = '0x800d3558';
      const page = dump.table_pages.find(({ level }) => level === 3);
      for (const [index, desc] of Object.entries(page?.entries ?? {})) {
        if (page) page.entries[index] = `0x${(BigInt(desc) & ~0x400n).toString(16)}`;
      }
    };
    const { mappings, table_pages } = JSON.parse(dumpText(D1)) as DumpJson;
    const leaves = new Set(Object.values(table_pages.find(({ level }) => level === 3)?.entries ?? {}));
    const ipa = mappings.find(({ desc }) => leaves.has(desc))?.ipa ?? '';
    expect((await walkEdited(D1, edit, ipa)).stdout).toContain(
      'Access flag fault, level 3 (FSC 0x0b): the access flag is clear',
    );
  });

  it('explains registers that describe no walk', async () => {
    const { stdout } = await walkEdited(
      D1,
      (dump) => {
        dump.key_registers.VTCR_EL2 = '0x80023500';
      },
      '0x0',
    );
    expect(stdout).toContain('d1_mixed: the registers describe no stage-2 walk\n');
    expect(stdout).toContain('VTCR_EL2 and the PA size of the CPU describe no walk');
  });

  it('passes addresses on if stage 2 is off', async () => {
    const off = (dump: DumpJson): void => {
      dump.key_registers.HCR_EL2 = '0x0';
    };
    expect((await walkEdited(D1, off, '0x123')).stdout).toContain('  PA 0x123: stage 2 is off\n');
  });

  it('reads plain JSON and standard input', async () => {
    const fromFile = await walkDump(D1, '0x40000000');
    const plain = await withFile(dumpText(D1), (path) => walk(['--tables', path, '0x40000000']));
    const packed = await walk(['--tables', '-', '0x40000000'], readFileSync(dumpPath(D1)));
    expect(plain).toEqual(fromFile);
    expect(packed).toEqual(fromFile);
  });
});

describe('stage2 walk --json', () => {
  it('is one document with addresses as hex strings', async () => {
    const { stdout, stderr } = await walkDump(D1, '--json', '0x40000123', '0x80000000');
    expect(stderr).toBe('');
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      tables: 'd1_mixed',
      registers: { vtcr: '0x802d3558', vttbr: '0x100010af46001' },
      granuleShift: 12,
      iaBits: 40,
    });
    expect(document.walks[0]).toMatchObject({
      ipa: '0x40000123',
      access: 'read',
      el: 1,
      ok: true,
      pa: '0x1015cd123',
      leaf: { level: 3, kind: 'page', size: '0x1000', desc: '0x1015cd7db', attributes: { s2ap: 3, xn: 0 } },
    });
    expect(document.walks[0].steps[0]).toEqual({
      stage: 2,
      level: 1,
      index: '0x1',
      pa: '0x10af46008',
      desc: '0x10af86003',
      kind: 'table',
      address: '0x10af86000',
      fields: [
        { name: 'VALID', lsb: 0, width: 1, value: '0x1', meaning: 'valid' },
        { name: 'TABLE', lsb: 1, width: 1, value: '0x1', meaning: 'table' },
        { name: 'NEXT', lsb: 12, width: 36, value: '0x10af86', meaning: '0x10af86000' },
      ],
    });
    expect(document.walks[1]).toMatchObject({
      ok: false,
      fault: {
        fsc: '0x5',
        type: 'translation',
        level: 1,
        esr: '0x92000005',
        hpfar: '0x800000',
        fields: [{ step: 0, field: 'VALID' }],
      },
    });
  });

  it('is a document for an error, too', async () => {
    const { stdout, stderr, exit } = await walkDump(D1, '--json', '12q');
    expect(exit).toBe(2);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      error: {
        code: 'EINVAL',
        message: 'IPA: found "12q", expected a number such as 0x4000_0000 or 1073741824',
      },
    });
  });
});

describe('stage2 walk --check', () => {
  it.each(DUMPS)('finds nothing different in %s', async (name) => {
    const { stdout, exit } = await walkDump(name, '--check');
    expect(stdout).toMatch(/^checked \d+ mappings, \d+ gap probes: 0 different\n$/);
    expect(exit).toBe(0);
  });

  it('exits 1 on a flipped bit, naming the IPA and showing its walk', async () => {
    const edit = (dump: DumpJson): void => {
      const page = dump.table_pages.find(({ entries }) => Object.values(entries).includes('0x1015cd7db'));
      if (page) page.entries['0'] = '0x1015cd75b';
    };
    const { stdout, exit, stderr } = await walkEdited(D1, edit, '--check');
    expect(exit).toBe(1);
    expect(stderr).toBe('');
    expect(stdout).toContain('IPA 0x40000000: w: found 0, expected 1\n0x40000000: read at EL1\n  L1[001] @ ');
    expect(stdout).toMatch(/\nchecked 1239 mappings, \d+ gap probes: 3 different\n$/);
  });

  it('shows the first differences in full and counts the others', async () => {
    const edit = (dump: DumpJson): void => {
      for (const mapping of dump.mappings) mapping.pa = '0x0';
    };
    const { stdout, exit } = await walkEdited(D1, edit, '--check');
    expect(exit).toBe(1);
    expect(stdout.match(/expected 0x0/g)).toHaveLength(5);
    expect(stdout).toContain('\n1234 more differences\n');
    expect(stdout).toMatch(/: 1239 different\n$/);
  });

  it('gives all differences with --json', async () => {
    const edit = (dump: DumpJson): void => {
      for (const mapping of dump.mappings) mapping.level = 2;
    };
    const { stdout, exit } = await walkEdited(D1, edit, '--check', '--json');
    expect(exit).toBe(1);
    const { check } = JSON.parse(stdout);
    expect(check.mappings).toBe(1239);
    expect(check.differences.length).toBeGreaterThan(1000);
    expect(check.differences[0]).toEqual({ ipa: '0x40000000', what: 'level', found: '3', expected: '2' });
  });

  it('refuses tables that link each other in a circle', async () => {
    const edit = (dump: DumpJson): void => {
      const root = dump.table_pages[0];
      if (root) root.entries['9'] = `0x${(BigInt(root.pa) | 3n).toString(16)}`;
    };
    const { stderr, exit } = await walkEdited(D1, edit, '--check');
    expect(exit).toBe(2);
    expect(stderr).toMatch(
      /^stage2: .*dump.json: table_pages\[0\].entries\[9\]: leads to table 0x10af46000, expected each table to be linked once\n$/,
    );
  });
});

describe('stage2 walk refuses, in one line and with exit 2,', () => {
  const tables = ['--tables', dumpPath(D1)];
  it.each<[string, string[], string]>([
    [
      'no dump',
      ['0x0'],
      '--tables: missing, expected a table dump, or - for standard input; or --memory FILE@PA',
    ],
    ['no IPA', tables, 'IPA: missing, expected at least one, or --check'],
    [
      'an IPA with --check',
      [...tables, '--check', '0x0'],
      '--check: takes no IPA, it walks those of the dump',
    ],
    [
      'an access with --check',
      [...tables, '--check', '--access', 'write'],
      '--access: not with --check, which tries every access',
    ],
    [
      'a level with --check',
      [...tables, '--check', '--el', '0'],
      '--el: not with --check, which tries every access',
    ],
    [
      'an unknown access',
      [...tables, '--access', 'jump', '0x0'],
      '--access: found "jump", expected one of read, write, execute, atomic, table-walk, table-update, at-read, at-write, cache-op, cache-invalidate, cache-zero, icache-op',
    ],
    ['EL 2', [...tables, '--el', '2', '0x0'], '--el: found "2", expected 0 or 1'],
    ['a float', [...tables, '1e9'], 'IPA: found "1e9", expected a number such as 0x4000_0000 or 1073741824'],
    [
      '65 bits',
      [...tables, '0x10000000000000000'],
      'IPA: found "0x10000000000000000", expected at most 64 bits',
    ],
    ['a file that is not there', ['--tables', '/no/such.json', '0x0'], '/no/such.json: no such file'],
    ['a folder', ['--tables', '/', '0x0'], '/: is a directory, expected a file'],
  ])('%s', async (_, args, message) => {
    expect(await walk(args)).toEqual({ exit: 2, stdout: '', stderr: `stage2: ${message}\n` });
  });

  it.each<[string, (dump: DumpJson) => void, RegExp]>([
    [
      'a dump without ID register',
      (dump) => delete dump.key_registers.ID_AA64MMFR1_EL1,
      /dump.json: key_registers.ID_AA64MMFR1_EL1: the field is missing\n$/,
    ],
    [
      'overlapping tables',
      (dump) => Object.assign(dump.table_pages[1] ?? {}, { pa: '0x10af47000' }),
      /dump.json: table_pages\[1\].pa: found 0x10af47000, which overlaps table_pages\[0\] at 0x10af46000\n$/,
    ],
    [
      'a table beyond 52 bits',
      (dump) => Object.assign(dump.table_pages[1] ?? {}, { pa: '0x10000000000000' }),
      /dump.json: table_pages\[1\].pa: found 0x10000000000000, expected a 4 KiB aligned address of a table below 2\^52\n$/,
    ],
    [
      'a descriptor that is no number',
      (dump) => Object.assign(dump.table_pages[1]?.entries ?? {}, { 3: 'x' }),
      /dump.json: table_pages\[1\].entries.3: found "x", expected a hex string/,
    ],
  ])('%s', async (_, edit, message) => {
    const { exit, stdout, stderr } = await walkEdited(D1, edit, '0x0');
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it('text that is not JSON, on standard input', async () => {
    const { exit, stderr } = await walk(['--tables', '-', '0x0'], new TextEncoder().encode('hello'));
    expect(exit).toBe(2);
    expect(stderr).toMatch(/^stage2: standard input: found text that is not JSON/);
  });
});
