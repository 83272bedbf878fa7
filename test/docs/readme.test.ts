// The JavaScript of the README runs and prints what the comments behind console.log say.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Program {
  heading: string;
  code: string;
}

/** The ```js blocks of each section, which are one program. */
function programs(document: string): Program[] {
  const text = readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8');
  return text
    .split(/^## /m)
    .map((section) => ({
      heading: section.slice(0, section.indexOf('\n')),
      code: [...section.matchAll(/```js\n([\s\S]*?)```/g)].map(([, block]) => block).join('\n'),
    }))
    .filter(({ code }) => code !== '');
}

/** What the comments say is printed, line by line. */
function promised(code: string): string[] {
  return [...code.matchAll(/^console\.log\(.*\);\s+\/\/ (.*)$/gm)].map(([, text = '']) => text);
}

it.each(programs('README.md'))('the program under "$heading" prints what it says', async ({ code }) => {
  // The package's own name resolves from code that is evaluated in its folder.
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], { cwd: ROOT });
  const { stdout } = await run;
  expect(stdout.trimEnd().split('\n')).toEqual(promised(code));
});
