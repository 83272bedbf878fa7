// What the completion scripts offer in the shells themselves.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerCompletion } from '../../src/cli/commands/completion.js';
import { allCommands } from '../../src/cli/commands/index.js';
import { createProgram } from '../../src/cli/program.js';
import { type Captured, runCommand } from './capture.js';

type Shell = 'bash' | 'zsh' | 'fish';
/** A shell with the script in `file`: what it offers for the last word of each line. */
type Offered = (file: string, lines: readonly string[]) => string[][];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Command lines that end in the word to be completed, and what can stand there. */
const LINES: readonly [string, readonly string[]][] = [
  ['stage2 wa', ['walk']],
  ['stage2 co', ['compare', 'completion', 'conform']],
  ['stage2 --v', ['--version']],
  ['stage2 help verify', ['verify-build']],
  ['stage2 walk --fi', ['--fields']],
  ['stage2 walk --he', ['--help']],
  ['stage2 walk --access at', ['at-read', 'at-write', 'atomic']],
  ['stage2 walk --json --cpu neo', ['neoverse-n1']],
  ['stage2 walk ', []],
  ['stage2 compare --core thunder', ['thunderx2']],
  ['stage2 compare --core=thunder', ['thunderx2']],
  ['stage2 compare --state ', ['cold', 'warm']],
  ['stage2 profiles apple', ['apple-m1-firestorm']],
  ['stage2 dump --tables package.j', ['package.json']],
  ['stage2 replay README', ['README.md']],
];

const quoted = (text: string) => `'${text}'`;

function shell(name: Shell, args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(name, args, { cwd: ROOT, encoding: 'utf8', timeout: 30_000 });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

/** Calls the function as bash does: the words are parted at = as well. */
const inBash: Offered = (file, lines) => {
  const asked = lines.map((line) => {
    const words = line.split(' ').flatMap((word) => word.split(/(=)/));
    return `COMP_WORDS=(${words.map(quoted).join(' ')}); COMP_CWORD=${words.length - 1}; _stage2; echo "\${COMPREPLY[*]}"`;
  });
  const script = [`source ${quoted(file)}`, ...asked].join('\n');
  const replies = shell('bash', ['--norc', '-c', script]).split('\n').slice(0, lines.length);
  return replies.map((reply) => reply.split(' '));
};

const BEGIN = '@begin@';
const END = '@end@';

/** Types each line and a tab into a zsh on a terminal of its own, in which what is offered is printed in lines. */
const inZsh: Offered = (file, lines) => {
  const setUp = `autoload -Uz compinit; compinit -u -D; source ${quoted(file)}
compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
  local -a offered; builtin compadd -O offered "$@"; print -rl -- $offered
}
offer() { print -r -- "${BEGIN}"; zle list-choices; print -r -- "${END}"; zle kill-buffer }
zle -N offer; bindkey '^I' offer; PS1=; print READY`;
  const typed = lines.map(
    (line) => `zpty -w -n z ${quoted(line)}$'\\t'; zpty -r z out '*${END}*'; print -r -- $out`,
  );
  const script = [
    'zmodload zsh/zpty; zpty z zsh -f -i',
    `zpty -w z ${quoted(setUp.replaceAll("'", "'\\''"))}`,
    "zpty -r z out '*READY*READY*'",
    ...typed,
  ].join('\n');
  const pieces = shell('zsh', ['-f', '-c', script]).split(BEGIN).slice(1);
  return pieces.map((piece) => piece.slice(0, piece.indexOf(END)).split('\n'));
};

const inFish: Offered = (file, lines) => {
  const asked = lines.map((line) => `complete -C ${quoted(line)}; echo ${END}`);
  const script = [`source ${quoted(file)}`, ...asked].join('\n');
  const pieces = shell('fish', ['--no-config', '-c', script]).split(`${END}\n`).slice(0, lines.length);
  // A value behind --option= comes with the option, and a description behind a tab.
  return pieces.map((piece) => piece.split('\n').map((offer) => offer.replace(/\t.*|^--[\w-]+=/g, '')));
};

const SHELLS: readonly [Shell, Offered][] = [
  ['bash', inBash],
  ['zsh', inZsh],
  ['fish', inFish],
];

function isInstalled(name: Shell): boolean {
  const found = spawnSync(name, ['--version']).error === undefined;
  if (!found) console.warn(`\n${name.toUpperCase()} COMPLETION TESTS SKIPPED: ${name} is not installed\n`);
  return found;
}

const completion = (name: string): Promise<Captured> => runCommand(registerCompletion, ['completion', name]);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stage2-completion-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

for (const [name, offered] of SHELLS) {
  describe.skipIf(!isInstalled(name))(`stage2 completion in ${name}`, () => {
    it('offers commands, options, their values and files', async () => {
      const file = join(folder, name);
      writeFileSync(file, (await completion(name)).stdout);
      const offers = offered(
        file,
        LINES.map(([line]) => line),
      );
      const words = offers.map((offer) => offer.map((word) => word.trim()).filter((word) => word !== ''));
      expect(LINES.map(([line], i) => [line, words[i]?.sort()])).toEqual(LINES);
    });
  });
}

describe('stage2 completion', () => {
  it.each(SHELLS)('knows every command and option in %s', async (name) => {
    const { stdout } = await completion(name);
    for (const command of createProgram(await allCommands()).commands) {
      expect(stdout).toContain(command.name());
      for (const { long } of command.options) {
        expect(stdout).toContain(name === 'fish' ? `-l ${long?.slice(2)} ` : `${long}`);
      }
    }
  });

  it('refuses another shell', async () => {
    const { exit, stderr } = await completion('tcsh');
    expect(exit).toBe(2);
    expect(stderr).toBe('stage2: shell: found "tcsh", expected one of bash, zsh, fish\n');
  });
});
