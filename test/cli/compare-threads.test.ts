// The number of threads that follow faults changes the time a comparison takes, and nothing else.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const ARGS = '--core cortex-a53,cortex-a72 --state warm --placements 9 --samples 10 --faults 120'.split(' ');

async function compare(threads: number): Promise<string> {
  const args = [MAIN, 'compare', '--json', ...ARGS, '--threads', String(threads)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 26 });
  return stdout;
}

it('stage2 compare gives the same bytes with one thread and with three', { timeout: 120_000 }, async () => {
  const alone = await compare(1);
  expect(JSON.parse(alone).format).toBe('stage2-compare/3');
  expect(await compare(3)).toBe(alone);
});
