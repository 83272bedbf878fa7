// What the program itself does where its streams are not as usual; commands in this process are tried elsewhere.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const STAGE2 = `stage2() { '${process.execPath}' '${MAIN}' "$@"; }; set -o pipefail`;

function bash(script: string): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', `${STAGE2}; ${script}`], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

it('ends quietly if its reader stops early, and has the exit code of what it had to say', () => {
  expect(bash('stage2 profiles neoverse-n1 | head -1')).toEqual({
    status: 0,
    stdout: 'neoverse-n1, out of order\n',
    stderr: '',
  });
  expect(bash('stage2 profiles none 2>&1 | true')).toEqual({ status: 2, stdout: '', stderr: '' });
  expect(bash('stage2 profiles none --json | true')).toEqual({ status: 2, stdout: '', stderr: '' });
});

it.skipIf(!existsSync('/dev/full'))(
  'says in one line that its answer cannot be written, and exits with 2',
  () => {
    for (const command of ['profiles', 'profiles --json', '--help']) {
      const { status, stderr } = bash(`stage2 ${command} > /dev/full`);
      expect(stderr).toMatch(/^stage2: standard output: cannot be written \(ENOSPC: .*\)\n$/);
      expect(status).toBe(2);
    }
  },
);

it('refuses to read standard input twice', () => {
  const slots = 'src/data/traces/guestA_6.1_max-vhe_kprobes.memslots.json';
  expect(bash(`stage2 replay - --slots - < ${slots}`)).toEqual({
    status: 2,
    stdout: '',
    stderr: 'stage2: -: found again, expected standard input to be read once\n',
  });
});
