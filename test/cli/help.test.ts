import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { manPage } from '../../scripts/man-page.mjs';
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
