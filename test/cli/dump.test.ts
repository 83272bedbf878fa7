import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { registerDump } from '../../src/cli/commands/dump.js';
import { DUMPS, dumpPath } from '../traces/dumps.js';
import { type Captured, runCommand } from './capture.js';
import { type DumpJson, dumpText, editedDump, withFile } from './dump-files.js';

const D1 = 'guestA_6.1_max-vhe.d1_mixed.json.gz';
const IPA34 = 'guestA-ipa_6.1_max.ipa34.json.gz';

const dump = (args: readonly string[], stdin?: Uint8Array): Promise<Captured> =>
  runCommand(registerDump, ['dump', ...args], stdin);
const dumpOf = (name: string, ...args: string[]): Promise<Captured> =>
  dump(['--tables', dumpPath(name), ...args]);
const dumpEdited = (edit: (dump: DumpJson) => void): Promise<Captured> =>
  withFile(editedDump(D1, edit), (path) => dump(['--tables', path]));

const LINE =
  /^0x([0-9a-f]{16})-0x([0-9a-f]{16}) {3} *(\d+)([KMGT]) (PGD|PUD|PMD|PTE) {3}[R ] [W ] (x |x0|x1|NX) (AF| {2}) /;
const UNIT: Record<string, bigint> = { K: 1n << 10n, M: 1n << 20n, G: 1n << 30n, T: 1n << 40n };

/** The ranges printed, as start, end and the size column. */
function ranges(stdout: string): { start: bigint; end: bigint; size: bigint; level: string }[] {
  const lines = stdout.split('\n');
  return lines.slice(lines.indexOf('---[ Guest IPA ]---') + 1, -1).map((line) => {
    const [, start, end, count, unit, level] = LINE.exec(line) ?? [];
    if (level === undefined) throw new Error(`not a range: ${line}`);
    const size = BigInt(count ?? 0) * (UNIT[unit ?? ''] ?? 0n);
    return { start: BigInt(`0x${start}`), end: BigInt(`0x${end}`), size, level };
  });
}

describe('stage2 dump', () => {
  it('prints registers, geometry and tables, then ranges as the kernel does', async () => {
    const { stdout, stderr, exit } = await dumpOf(D1);
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 });
    expect(stdout.split('\n').slice(0, 8)).toEqual([
      'VTCR_EL2 0x802d3558: T0SZ=24 (40-bit IPA) SL0=1 (start level 1) IRGN0=1 (WB RA WA)',
      '  ORGN0=1 (WB RA WA) SH0=3 (ISH) TG0=0 (4K granule) PS=5 (48-bit PA) VS=1 (16-bit VMID) HA=1 (on)',
      '  HD=0 (off) RES1=1 (reserved, 1) DS=0 (off) SL2=0 (ignored: DS is 0)',
      'VTTBR_EL2 0x100010af46001: VMID=1 BADDR=0x10af46000 CnP=1',
      '4K granule, 40-bit IPA from level 1 (2 tables of 512 entries), 48-bit PA, FWB',
      '41 tables (concatenated ones count once), 1239 leaves',
      '---[ Guest IPA ]---',
      '0x0000000040000000-0x0000000040002000           8K PTE   R W x  AF             ISH Normal WB',
    ]);
    expect(stdout).toMatch(/\n0x[0-9a-f]{16}-0x[0-9a-f]{16} +\d+M PMD {3}R W .. AF BLK {9}ISH Normal WB\n/);
    expect(stdout).toMatch(/\n0x[0-9a-f]{16}-0x[0-9a-f]{16} +1G PUD {3}R W .. AF BLK {9}ISH Normal WB\n/);
  });

  it.each(DUMPS)('prints ranges that cover just the mappings of %s, in order and merged', async (name) => {
    const { mappings } = JSON.parse(dumpText(name)) as { mappings: { ipa: string; size: string }[] };
    const found = ranges((await dumpOf(name)).stdout);
    const mapped = mappings.reduce((sum, { size }) => sum + BigInt(size), 0n);
    expect(found.reduce((sum, { start, end }) => sum + end - start, 0n)).toBe(mapped);
    for (const { start, end, size } of found) expect(size).toBe(end - start);
    for (const { ipa } of mappings) {
      expect(found.some(({ start, end }) => BigInt(ipa) >= start && BigInt(ipa) < end)).toBe(true);
    }
    expect(found.length).toBeLessThanOrEqual(mappings.length);
    expect(found.map(({ start }) => start)).toEqual(
      found.map(({ start }) => start).sort((a, b) => (a < b ? -1 : 1)),
    );
  });

  it('joins the 512 blocks of a gigabyte into one line', async () => {
    const { stdout } = await dumpOf(IPA34);
    expect(ranges(stdout)).toContainEqual(expect.objectContaining({ size: 1n << 30n, level: 'PMD' }));
    expect(stdout).toContain('34-bit IPA from level 2 (16 tables of 512 entries)');
  });

  it.each(DUMPS)('gives with --json every leaf of %s as its mappings list it', async (name) => {
    const { mappings } = JSON.parse(dumpText(name)) as { mappings: Record<string, unknown>[] };
    const { leaves, count } = JSON.parse((await dumpOf(name, '--json')).stdout);
    const listed = leaves.map((leaf: Record<string, string> & { attributes: Attributes }) => {
      const { attributes, ipa, pa, level, size, desc } = leaf;
      return { ipa, pa, level, size, desc, ...attributesAsListed(attributes) };
    });
    expect(listed).toEqual(mappings);
    expect(count).toMatchObject({ leaves: mappings.length, missing: [] });
  });

  it('reads standard input', async () => {
    expect(await dump(['--tables', '-'], readFileSync(dumpPath(D1)))).toEqual(await dumpOf(D1));
  });

  it('names a table that is linked but not in the dump, and counts those linked from nowhere', async () => {
    const missing = await dumpEdited((json) => json.table_pages.splice(1, 1));
    expect(missing.stdout).toMatch(/\nlinked, but not in the dump: table 0x10af86000\n/);
    const lost = await dumpEdited((json) => {
      delete json.table_pages[0]?.entries['1'];
    });
    expect(lost.stdout).toMatch(
      /\n\d+ tables \(concatenated ones count once\), \d+ more linked from nowhere, \d+ leaves\n/,
    );
  });

  it.each<[string, (json: DumpJson) => void, RegExp]>([
    [
      'tables in a circle',
      (json) => Object.assign(json.table_pages[0]?.entries ?? {}, { 9: '0x10af46003' }),
      /dump.json: table_pages\[0\].entries\[9\]: leads to table 0x10af46000, expected each table to be linked once\n$/,
    ],
    [
      'registers that describe no walk',
      (json) => Object.assign(json.key_registers, { VTCR_EL2: '0x80023500' }),
      /dump.json: .*describe no stage-2 walk\n$/,
    ],
  ])('refuses %s', async (_, edit, message) => {
    const { exit, stdout, stderr } = await dumpEdited(edit);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('needs a dump', async () => {
    expect(await dump([])).toEqual({
      exit: 2,
      stdout: '',
      stderr:
        'stage2: --tables: missing, expected a table dump, or - for standard input; or --memory FILE@PA\n',
    });
    const { stdout, exit } = await dump(['--json']);
    expect(exit).toBe(2);
    expect(JSON.parse(stdout).error.code).toBe('EINVAL');
  });
});

type Attributes = Record<string, number | boolean>;

/** The attributes of a leaf under the names and as the numbers that a dump uses. */
function attributesAsListed(a: Attributes): Record<string, number> {
  const { s2ap, read: r, write: w, xn, af, memAttr: memattr, contiguous: contig, dbm, software: sw, sh } = a;
  return Object.fromEntries(
    Object.entries({ s2ap, r, w, xn, af, memattr, contig, dbm, sw, sh }).map(([key, value]) => [
      key,
      Number(value),
    ]),
  );
}
