import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CliError, Exit } from '../../src/cli/errors.js';
import { finish } from '../../src/cli/output.js';

let written: string[];
let complaints: string[];

beforeEach(() => {
  written = [];
  complaints = [];
  const keep = (list: string[]) => (chunk: unknown) => list.push(String(chunk)) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(keep(written));
  vi.spyOn(process.stderr, 'write').mockImplementation(keep(complaints));
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

it('prints each piece of a text before the next one is made', async () => {
  const seen: number[] = [];
  async function* pieces(): AsyncGenerator<string> {
    for (const piece of ['counts\n', 'cycles\n']) {
      seen.push(written.length);
      yield piece;
    }
  }
  await finish('compare', false, async () => ({ text: pieces(), exit: Exit.OK }));
  expect(seen).toEqual([0, 1]);
  expect(written.join('')).toBe('counts\ncycles\n');
  expect(process.exitCode).toBe(0);
});

it('lets through colours and line ends of a text, and nothing else that moves a cursor', async () => {
  const text = 'a\u001b[31mred\u001b[0m\tb\r\u001b[2Jc\u0007\u009b1m\n';
  await finish('dump', false, async () => ({ text, exit: Exit.OK }));
  expect(written).toEqual(['a\u001b[31mred\u001b[0m\tb\ufffd\ufffd[2Jc\ufffd\ufffd1m\n']);
});

it.each([
  [new CliError('trace: line 9: found nothing'), Exit.INPUT],
  [new Error('no counts'), Exit.BUG],
])('exits as "%s" asks after a part of the text was printed', async (error, exit) => {
  async function* pieces(): AsyncGenerator<string> {
    yield 'counts\n';
    throw error;
  }
  await finish('compare', false, async () => ({ text: pieces(), exit: Exit.OK }));
  expect(written).toEqual(['counts\n']);
  expect(complaints[0]).toBe(`stage2: ${error.message}\n`);
  expect(process.exitCode).toBe(exit);
});
