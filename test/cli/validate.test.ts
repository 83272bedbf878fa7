import { describe, expect, it } from 'vitest';
import { registerValidate } from '../../src/cli/commands/validate.js';
import { type Row, targetsOf } from '../unit/target-rows.js';
import { type Captured, runCommand } from './capture.js';
import { withFile } from './dump-files.js';
import { schemaErrors } from './schema.js';

const validate = (args: readonly string[]): Promise<Captured> =>
  runCommand(registerValidate, ['validate', ...args]);

const validateRows = (rows: readonly Row[], ...args: string[]): Promise<Captured> =>
  withFile(JSON.stringify(targetsOf(rows)), (path) => validate(['--targets', path, ...args]));

describe('stage2 validate', () => {
  it('has every row of the package inside', async () => {
    const { stdout, stderr, exit } = await validate([]);
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 });
    expect(stdout).toMatch(
      /\n26 of 26 rows inside: fitted 24 of 24, predicted 2 of 2; 0 more within the interval\n$/,
    );
    expect(stdout).toContain('630 of 630 paths of 14 builds come out count for count as recorded');
  }, 30_000);

  it('exits 1 for a miss, and says whether its interval reaches the published value', async () => {
    const { stdout, exit } = await validateRows([
      { value: 40 },
      { params: { core: 'neoverse-n1', kind: 'isb' }, value: 28 },
      { value: 28 },
    ]);
    expect(exit).toBe(1);
    expect(stdout).toMatch(
      /row0 .* outside +predicted\n.*row1 .* outside, in range +predicted\n.*row2 .* inside/,
    );
    expect(stdout).toContain(
      '1 of 3 rows inside: fitted 0 of 0, predicted 1 of 3; 1 more within the interval',
    );
  });

  it('prints one document with --json, the same each time', async () => {
    const rows = [{ experiment: 'l2tlb-hit', params: { core: 'neoverse-n1' }, value: [1.5, 3.4] }, {}];
    const first = await validateRows(rows, '--json');
    expect(await validateRows(rows, '--json').then(({ stdout }) => stdout.replace(/"targets": .*/, ''))).toBe(
      first.stdout.replace(/"targets": .*/, ''),
    );
    expect(schemaErrors(first.stdout)).toEqual([]);
    expect(JSON.parse(first.stdout)).toMatchObject({
      format: 'stage2-validation/1',
      summary: { rows: 2, inside: 2, predicted: { rows: 2, inside: 2 } },
      rows: [{ id: 'row0', published: [1.5, 3.4], band: [expect.closeTo(1.35), expect.closeTo(3.74)] }, {}],
    });
  });

  it('takes cores of a profile file', async () => {
    const { stdout, exit } = await validateRows([{}], '--profile', 'src/data/profiles.json');
    expect(exit).toBe(0);
    expect(stdout).toContain('1 of 1 rows inside');
  });
});

describe('stage2 validate refuses, in one line and with exit 2,', () => {
  it.each<[string, Row, RegExp]>([
    ['an unknown experiment', { experiment: 'fly' }, /\.experiment: found "fly", expected pointer-chase or /],
    [
      'a missing parameter',
      { params: { core: 'cortex-a53' } },
      /\.params\.kind: found nothing, expected isb or dsb/,
    ],
    [
      'a malformed tolerance',
      { tolerance: 'about' },
      /\.tolerance: found "about", expected percent from 0, /,
    ],
  ])('%s', async (_, row, message) => {
    const { stdout, stderr, exit } = await validateRows([row]);
    expect({ stdout, exit }).toEqual({ stdout: '', exit: 2 });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^stage2: \/.*dump\.json: rows\[0\] \(row0\)/);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it('two rows of one id, no rows, another format, and a file that is not there', async () => {
    const twice = await validateRows([{ id: 'a' }, { id: 'a' }]);
    expect(twice.stderr).toMatch(/: rows\[1\]\.id: "a" is the id of rows\[0\] too\n$/);
    expect((await validateRows([])).stderr).toMatch(
      /: rows: found an array of 0, expected at least one row\n$/,
    );
    const other = await withFile('{"format": "x"}', (path) => validate(['--targets', path]));
    expect(other.stderr).toMatch(/: format: found "x", expected stage2-targets\/1\n$/);
    expect(await validate(['--targets', '/no/such.json'])).toMatchObject({ exit: 2 });
  });

  it('as a document with --json', async () => {
    const { stdout, exit } = await validateRows([{ experiment: 'fly' }], '--json');
    expect(exit).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'EINVAL' });
  });
});
