import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { registerProfiles } from '../../src/cli/commands/profiles.js';
import { dataPath } from '../../src/cli/io.js';
import { type Captured, runCommand } from './capture.js';
import { withFile } from './dump-files.js';

const profiles = (...args: string[]): Promise<Captured> =>
  runCommand(registerProfiles, ['profiles', ...args]);

/** A profile file whose only core is `core` of the package, called `mine`, with `text` replaced by `by`. */
function fileOf(core: string, text = '', by = ''): string {
  const file = JSON.parse(readFileSync(dataPath('profiles.json'), 'utf8'));
  file.cores = { mine: file.cores[core] };
  return JSON.stringify(file).replace(text, by);
}

describe('stage2 profiles', () => {
  it('lists the cores with how well their values are known', async () => {
    const { stdout, stderr, exit } = await profiles();
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 });
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^ {2}core +order +issue model +system costs +GHz +D +M +R +E$/);
    expect(lines.filter((line) => line.includes('in order'))).toHaveLength(2);
    expect(lines.filter((line) => line.includes('out of order'))).toHaveLength(8);
    expect(stdout).toMatch(/thunderx2 +out of order +cortex-a57 +estimated +2.2/);
    expect(stdout).toMatch(/neoverse-n1 +out of order +its own +3 /);
  });

  it('shows the values of a core with range, confidence and source', async () => {
    const { stdout, exit } = await profiles('cortex-a72');
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^cortex-a72, out of order\n/);
    expect(stdout).toContain('system costs of cortex-a72 are only estimated');
    expect(stdout).toMatch(/\n {2}lat\.l2 +20 \[18\.6 - 25\] +cycles +M +2\n/);
    expect(stdout).toMatch(/\n {2}bp\.cold_rule +FALL_THROUGH +D +\d+\n/);
    expect(stdout).toContain('\n  1 LLVM AArch64.td and AArch64Processors.td');
  });

  it('adds the cores of a file of the user', async () => {
    await withFile(fileOf('neoverse-n1'), async (path) => {
      expect((await profiles('--profile', path)).stdout).toMatch(/\n {2}mine +out of order +neoverse-n1 /);
      const [mine, n1] = [await profiles('mine', '--profile', path), await profiles('neoverse-n1')];
      expect(mine.stdout).toBe(n1.stdout.replace('neoverse-n1, out', 'mine, out'));
    });
  });

  it('gives the same as one JSON document', async () => {
    const { cores } = JSON.parse((await profiles('--json')).stdout);
    expect(cores).toHaveLength(10);
    expect(cores[0]).toMatchObject({ core: 'cortex-a53', order: 'in order', issueModel: 'cortex-a53' });
    const core = JSON.parse((await profiles('--json', 'neoverse-v2')).stdout);
    expect(core.estimatedSystem).toContain('only estimated');
    expect(core.fields).toContainEqual({
      field: 'exposed.load',
      v: 0.5,
      lo: 0.25,
      hi: 0.85,
      unit: 'part of a miss',
      conf: 'E',
      src: ['estimate: a large reorder buffer hides some of a miss in code that depends on it'],
    });
  });
});

describe('stage2 profiles refuses, in one line and with exit 2,', () => {
  it('a core it does not know', async () => {
    const { stdout, stderr, exit } = await profiles('cortex-a5');
    expect({ stdout, exit }).toEqual({ stdout: '', exit: 2 });
    expect(stderr).toMatch(
      /^stage2: core: found "cortex-a5", expected one of cortex-a53, .*thunderx2 \(did you mean cortex-a53\?\)\n$/,
    );
  });

  it.each([
    [
      'a field that is wrong',
      fileOf('neoverse-n1', '"FALL_THROUGH"', '"TAKEN"'),
      'cores.mine.bp.cold_rule.v: found "TAKEN"',
    ],
    ['text that is not JSON', 'hello', 'found text that is not JSON'],
    ['an array', '[]', 'found an array of 0, expected an object'],
  ])('a file with %s', async (_, text, message) => {
    const { stdout, stderr, exit } = await withFile(text, (path) => profiles('--profile', path));
    expect({ stdout, exit }).toEqual({ stdout: '', exit: 2 });
    expect(stderr).toContain(`: ${message}`);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it('a file that is not there', async () => {
    expect(await profiles('--profile', '/no/such.json')).toEqual({
      exit: 2,
      stdout: '',
      stderr: 'stage2: /no/such.json: no such file\n',
    });
  });
});
