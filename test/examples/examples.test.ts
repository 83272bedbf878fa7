// The examples, built and run as their READMEs say, against the package by its name; what a README shows is printed.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileProject } from '../../scripts/tools.mjs';
import { findTools } from '../native/translate.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILD = `${ROOT}build/examples`;
const run = promisify(execFile);
const node = async (path: string, ...args: string[]) => (await run(process.execPath, [path, ...args])).stdout;
const tools = findTools('make');

/** What the README of an example says it prints: its last block, with `...` for lines left out. */
function shown(example: string): RegExp {
  const text = readFileSync(`${ROOT}examples/${example}/README.md`, 'utf8');
  const blocks = [...text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)];
  const escaped = (blocks.at(-1)?.[1] ?? '').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${escaped.replace('\\.\\.\\.\n', '[\\s\\S]*\n')}$`);
}

describe('the JavaScript machine', () => {
  it('runs its guest, with faults one by one and in batches, and devices that answer', async () => {
    const output = await node(`${ROOT}examples/js-machine/main.js`);
    const squares = Array.from({ length: 64 }, (_, i) => i * i).reduce((a, b) => a + b);
    expect(output.split('\n')[0]).toBe(`guest: ${squares}`);
    expect(output).toMatch(shown('js-machine'));
  });
});

describe.skipIf(tools === undefined)('the C simulator', () => {
  it('prints what the same simulator prints in Node', async () => {
    const folder = `${ROOT}examples/c`;
    const options = [`BUILD=${BUILD}-c`, 'CFLAGS=-O1 -std=gnu11 -Wall -Wextra -Werror'];
    await run('make', ['-C', folder, ...options]);
    const { stdout } = await run(`${BUILD}-c/sim`);
    expect(stdout).toBe(await node(`${folder}/same.js`));
    expect(stdout).toMatch(shown('c'));
  }, 300_000);
});

describe('the trace-driven simulator', () => {
  const MAIN = `${BUILD}/trace-sim/main.js`;
  /** Values of a row, under pages and under blocks. */
  const row = (output: string, name: string) =>
    output
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.slice(name.length)
      .trim()
      .split(/ {2,}/)
      .map(Number);

  // All examples are compiled, so that their types are checked too.
  beforeAll(() => compileProject('examples'), 120_000);

  it('compares pages with blocks on a program of its own', async () => {
    expect(await node(MAIN)).toMatch(shown('trace-sim'));
  });

  it('reads a trace of lackey, and leaves out what the traced program printed', async () => {
    const lines = [
      'I  00401000,4',
      ' L 1ffefff000,8',
      'hello',
      ' S 1ffefff008,8',
      ' M 0421a000,4',
      '==1== bye',
    ];
    writeFileSync(`${BUILD}/small.txt`, `${lines.join('\n')}\n`);
    const output = await node(MAIN, 'cortex-a53', `${BUILD}/small.txt`);
    expect(row(output, 'accesses')).toEqual([4, 4]);
    // Three pages; one block of 1 GiB, which the second-level TLB has for code and data.
    expect(row(output, 'table walks')).toEqual([3, 1]);
  });

  it('names the cores when it is asked for another', async () => {
    await expect(node(MAIN, 'pentium')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('pentium: expected one of cortex-a53, '),
    });
  });
});
