import { describe, expect, it } from 'vitest';
import { styleFor } from '../../src/cli/colour.js';
import { allCommands } from '../../src/cli/commands/index.js';
import { jsonPieces, toJson } from '../../src/cli/json.js';
import { nearest } from '../../src/cli/nearest.js';
import { COLOURS, PLAIN } from '../../src/report/style.js';
import { type Captured, runProgram } from './capture.js';

const COMMANDS = await allCommands();
const stage2 = (...args: string[]): Promise<Captured> => runProgram(COMMANDS, args);

describe('the command line', () => {
  it('prints its version, and the help of a command, on standard output', async () => {
    expect(await stage2('--version')).toMatchObject({
      exit: 0,
      stderr: '',
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    for (const args of [
      ['walk', '--help'],
      ['help', 'walk'],
    ]) {
      const { exit, stdout, stderr } = await stage2(...args);
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
      expect(stdout).toMatch(/^Usage: stage2 walk /);
    }
  });

  it('shows its help and fails without a command', async () => {
    const { exit, stdout, stderr } = await stage2();
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: stage2 /);
  });

  it.each([
    [['wlak'], "stage2: unknown command 'wlak' (Did you mean walk?)\n"],
    [['help', 'wal'], /^stage2: help: found "wal", expected one of .*\(did you mean walk\?\)\n$/],
    [['open', '--output', ''], 'stage2: --output: found "", expected the name of a file\n'],
    [['conform', '--first', '-1', 'x'], /^stage2: --first: found "-1", expected a whole number from 0 to /],
    [['walk', '--tabels', 'x'], "stage2: unknown option '--tabels' (Did you mean --tables?)\n"],
    [['walk', '--tables'], "stage2: option '--tables <file>' argument missing\n"],
    [['dump', 'x'], "stage2: too many arguments for 'dump'. Expected 0 arguments but got 1.\n"],
    [['replay'], "stage2: missing required argument 'trace'\n"],
    [['profiles', 'neoverse-n2'], /^stage2: core: found "neoverse-n2", .*\(did you mean neoverse-n1\?\)\n$/],
    [['walk', '--tables', 'a\nb', '0'], 'stage2: a b: no such file\n'],
  ])('says in one line what is wrong with %j', async (args, message) => {
    const { exit, stdout, stderr } = await stage2(...args);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it.each([['walk', '--tabels', 'x'], ['walk'], ['nothing'], ['help', 'no'], ['replay', '/no/such']])(
    'prints one document and nothing else for %s %s --json',
    async (...args) => {
      const { exit, stdout, stderr } = await stage2(...args, '--json');
      expect({ exit, stderr }).toEqual({ exit: 2, stderr: '' });
      expect(JSON.parse(stdout)).toEqual({
        $schema: 'stage2/schema/error-1.json',
        error: { code: 'EINVAL', message: expect.stringMatching(/^.+$/) },
      });
    },
  );
});

describe('colours', () => {
  it('are for terminals that have some, unless NO_COLOR or FORCE_COLOR say otherwise', () => {
    const terminal = { isTTY: true };
    expect(styleFor(terminal, {})).toBe(COLOURS);
    expect(styleFor({}, {})).toBe(PLAIN);
    expect(styleFor(terminal, { TERM: 'dumb' })).toBe(PLAIN);
    expect(styleFor(terminal, { NO_COLOR: '1' })).toBe(PLAIN);
    expect(styleFor(terminal, { NO_COLOR: '' })).toBe(COLOURS);
    expect(styleFor({}, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(COLOURS);
    expect(styleFor(terminal, { FORCE_COLOR: '0' })).toBe(PLAIN);
  });
});

describe('JSON', () => {
  it('comes in pieces as it would in one, its lists made while they are written', () => {
    const items = [1n, { a: [1, 2], b: undefined, c: 'x\ny' }, []];
    const document = {
      $schema: 's',
      none: undefined,
      items,
      nested: { list: [{ b: 2n }] },
      empty: [],
      last: null,
    };
    const lazy = { ...document, items: new Set(items).values() };
    for (const each of [document, lazy]) expect([...jsonPieces(each)].join('')).toBe(`${toJson(document)}\n`);
    expect([...jsonPieces({})].join('')).toBe('{}\n');
  });
});

describe('a misspelt word', () => {
  it('is taken for the nearest one, if there is one near', () => {
    const cores = ['cortex-a53', 'cortex-a57', 'neoverse-n1'];
    expect(nearest('cortex-a73', cores)).toBe('cortex-a53');
    expect(nearest('NEOVERSE_N1', cores)).toBe('neoverse-n1');
    expect(nearest('rear', ['read', 'write'])).toBe('read');
    expect(nearest('jump', ['read', 'write'])).toBeUndefined();
    expect(nearest('', ['a'])).toBe('a');
  });
});
