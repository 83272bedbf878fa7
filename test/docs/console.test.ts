// What the documents show a command print, it prints: every line shown, in this order.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENTS = ['seed.md', 'tutorial.md', 'validation.md'];
/** What a command line that pipes one `stage2` into another takes for that name. */
const STAGE2 = `stage2() { '${process.execPath}' '${MAIN}' "$@"; }`;
/** An exit code that is an answer. */
const EXPECTATION_FAILED = 1;
/** Stands for lines that a document leaves out. */
const LEFT_OUT = '...';

interface Session {
  command: string;
  shown: string[];
}

/** The ```console blocks of a document: `$ stage2 ...`, then what it prints. */
function sessions(document: string): Session[] {
  const text = readFileSync(new URL(`../../docs/${document}`, import.meta.url), 'utf8');
  return [...text.matchAll(/```console\n\$ stage2 (.*)\n([\s\S]*?)\n```/g)].map(
    ([, command = '', shown = '']) => ({
      command,
      shown: shown.split('\n').filter((line) => line !== LEFT_OUT),
    }),
  );
}

const printed = new Map<string, Promise<string[]>>();
async function run(command: string): Promise<string[]> {
  const script = `${STAGE2}; stage2 ${command}`;
  const { stdout } = await promisify(execFile)('sh', ['-c', script], { cwd: ROOT }).catch((error) => {
    if (error.code === EXPECTATION_FAILED) return error;
    throw error;
  });
  return stdout.split('\n');
}

/** The lines shown that are not among those printed after the line shown before them. */
function missing(shown: readonly string[], lines: readonly string[]): string[] {
  let from = 0;
  return shown.filter((line) => {
    const found = lines.indexOf(line, from);
    if (found >= 0) from = found + 1;
    return found < 0;
  });
}

const shown = DOCUMENTS.flatMap((document) =>
  sessions(document).map((session) => ({ document, ...session })),
);

it.each(shown)('docs/$document shows what "stage2 $command" prints', async ({ command, shown }) => {
  const output = printed.get(command) ?? run(command);
  printed.set(command, output);
  expect(shown.length).toBeGreaterThan(0);
  expect(missing(shown, await output)).toEqual([]);
});
