import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { manPage } from '../../scripts/man-page.mjs';
import { registerCompletion } from '../../src/cli/commands/completion.js';
import { allCommands } from '../../src/cli/commands/index.js';
import { examplesOf } from '../../src/cli/help.js';
import { createProgram } from '../../src/cli/program.js';
import { runProgram } from './capture.js';

const COMMANDS = await allCommands();
const program = createProgram(COMMANDS);

/** The command lines of an example: those parts of a pipe that are ours. */
function commandLines(line: string): string[][] {
  return line
    .split(' | ')
    .map((part) => part.replace(/^source <\((.*)\)$/, '$1').replace(/ [<>] \S+/g, ''))
    .filter((part) => part.startsWith('stage2 '))
    .map((part) => part.split(' ').slice(1));
}

/** Commands that take what they are given and do nothing. */
function inert(): Command {
  const copy = createProgram(COMMANDS);
  for (const command of copy.commands) command.action(() => undefined);
  return copy;
}

describe('the help of each command', () => {
  it.each(program.commands.map((command) => [command.name(), command] as const))(
    'of %s has examples, which are command lines that it takes, and says --json',
    async (name, command) => {
      const examples = examplesOf(command);
      expect(examples.length).toBeGreaterThan(0);
      for (const { line } of examples) {
        const lines = commandLines(line);
        expect(
          lines.some(([first]) => first === name),
          line,
        ).toBe(true);
        for (const args of lines) await inert().parseAsync(args, { from: 'user' });
      }
      expect(command.options.map(({ long }) => long)).toContain('--json');
      const { stdout } = await runProgram(COMMANDS, [name, '--help']);
      for (const { line, about } of examples) expect(stdout).toContain(`  ${line}\n      ${about}\n`);
    },
  );

  it('is what the manual page says', () => {
    const page = readFileSync(new URL('../../docs/stage2.1.md', import.meta.url), 'utf8');
    expect(page).toBe(manPage(program, examplesOf));
  });
});

/** What bash offers for the last word of each command line. */
function bashCompletions(script: string, lines: readonly (readonly string[])[]): string[] {
  const asked = lines.map((words) => {
    const quoted = words.map((word) => `'${word}'`).join(' ');
    return `COMP_WORDS=(stage2 ${quoted}); COMP_CWORD=${words.length}; _stage2; echo "\${COMPREPLY[*]}"`;
  });
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', [script, ...asked].join('\n')], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
}

describe('stage2 completion', () => {
  const completion = async (shell: string): Promise<string> =>
    (await runProgram(COMMANDS, ['completion', shell])).stdout;

  it('completes commands, options, their values and files in bash', async () => {
    expect(
      bashCompletions(await completion('bash'), [
        ['wa'],
        ['co'],
        ['walk', '--fi'],
        ['walk', '--access', 'at'],
        ['walk', '--cpu', 'neo'],
        ['compare', '--core', 'thunder'],
        ['profiles', 'apple'],
        ['dump', '--tables', 'package.j'],
        ['validate', '--targets', '/etc/host'],
      ]),
    ).toEqual([
      'walk',
      'compare conform completion',
      '--fields',
      'atomic at-read at-write',
      'neoverse-n1',
      'thunderx2',
      'apple-m1-firestorm',
      'package.json',
      expect.stringContaining('/etc/host'),
    ]);
  });

  it.each(['bash', 'zsh', 'fish'])('knows every command and option in %s', async (shell) => {
    const script = await completion(shell);
    for (const command of program.commands) {
      expect(script).toContain(command.name());
      for (const { long } of command.options) {
        expect(script).toContain(shell === 'fish' ? `-l ${long?.slice(2)} ` : `${long}`);
      }
    }
  });

  it('refuses another shell', async () => {
    const { exit, stderr } = await runProgram([registerCompletion], ['completion', 'tcsh']);
    expect(exit).toBe(2);
    expect(stderr).toBe('stage2: shell: found "tcsh", expected one of bash, zsh, fish\n');
  });
});
