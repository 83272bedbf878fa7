import { describe, expect, it } from 'vitest';
import { parseArguments } from '../soak/arguments.js';
import { table } from '../soak/table.js';

const parse = (text: string) => parseArguments(text.split(' ').filter(Boolean), () => 42);

describe('the arguments of the soak', () => {
  it.each([
    ['--seconds 5', { mode: 'property', seconds: 5, seed: 42 }],
    ['--seconds 5 --seed 7', { mode: 'property', seconds: 5, seed: 7 }],
    ['--hostile', { mode: 'hostile', cases: 10_000_000, seed: 42 }],
    ['--seed 0 --hostile --cases 3', { mode: 'hostile', cases: 3, seed: 0 }],
    ['--histories', { mode: 'histories', steps: 1_000_000, seed: 42 }],
    ['--histories --steps 5 --seed 1', { mode: 'histories', steps: 5, seed: 1 }],
    [
      '--files --mutations 5 --seed 1',
      { mode: 'files', mutations: 5, seed: 1, kind: undefined, large: false },
    ],
    [
      '--kind dump --files --large',
      { mode: 'files', mutations: 100_000, seed: 42, kind: 'dump', large: true },
    ],
    ['--files --replay 1-dump', { mode: 'replayFile', file: '1-dump', kind: undefined }],
    ['--replay history.json', { mode: 'replay', file: 'history.json' }],
  ])('%s', (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  it.each([
    ['', 'usage: npm run soak'],
    ['--seed 7', 'usage: npm run soak'],
    ['--fast', '--fast: unknown; usage'],
    ['--seconds', '--seconds: found nothing, expected a whole number'],
    ['--seconds -1', '--seconds: found -1, expected a whole number'],
    ['--seconds 1.5', '--seconds: found 1.5, expected a whole number'],
    ['--hostile --cases x', '--cases: found x, expected a whole number'],
    ['--hostile --cases 99999999999999', '--cases: found 99999999999999'],
    ['--seconds 5 --seed 2147483648', '--seed 2147483648: expected a number below 2147483648'],
    ['--seconds 5 --cases 5', '--cases goes with --hostile'],
    ['--hostile --seconds 5', '--seconds does not go with --hostile; it takes --cases'],
    ['--histories --seconds 5', '--seconds does not go with --histories; it takes --steps'],
    ['--hostile --steps 5', '--steps goes with --histories'],
    ['--files --steps 5', '--steps goes with --histories'],
    ['--seconds 5 --kind dump', '--kind goes with --files'],
    ['--hostile --large', '--large goes with --files'],
    ['--files --kind', '--kind: found nothing'],
    ['--hostile --histories', '--hostile and --histories do not go together'],
    ['--replay', '--replay: expected one file'],
    ['--replay a.json --seed 5', '--replay: expected one file'],
  ])('refuses "%s"', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});

it('prints counts in columns', () => {
  expect(
    table(
      ['what', 'n'],
      [
        ['longer', 5],
        ['a', 1000],
      ],
    ),
  ).toBe(['what       n', '------  ----', 'longer     5', 'a       1000'].join('\n'));
});
