import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/trace/index.js';
import { traceErrorOf } from './sources.js';

const problem = async (text: string) => (await traceErrorOf(() => parseJson(text, 'a.json'))).message;

describe('JSON that parsers read as something else than is written is refused', () => {
  it.each([
    ['a key given twice', '{"a":1,"b":2,"a":3}', 'top level: found the key "a" twice, expected it once'],
    [
      'a key given twice further in',
      '{"slots":[{"gpa":1},{"at":{"x":"{\\"","y":[],"x":2}}]}',
      'slots[1].at: found the key "x" twice, expected it once',
    ],
    [
      'a key spelt in two ways',
      '{"ab":1,"\\u0061b":2}',
      'top level: found the key "ab" twice, expected it once',
    ],
    [
      'the key __proto__',
      '{"a":{"__proto__":{}}}',
      'a: found the key "__proto__", expected none of this name',
    ],
    [
      'a key that every object has',
      '[{"constructor":0}]',
      '[0]: found the key "constructor", expected none of this name',
    ],
  ])('%s', async (_, text, expected) => {
    expect(await problem(text)).toBe(`a.json: ${expected}`);
  });

  it.each(['[', '{"v":'])('values nested deeper than 100 by %s', async (opening) => {
    expect(await problem(opening.repeat(100_000))).toMatch(
      /found values nested deeper than 100, expected less$/,
    );
    const whole =
      opening === '[' ? '['.repeat(100) + ']'.repeat(100) : `${'{"v":'.repeat(99)}{}${'}'.repeat(99)}`;
    expect(() => parseJson(whole, 'a.json')).not.toThrow();
  });

  it('but not keys of different objects, or texts that look like keys', () => {
    const text = '{"a":{"a":["a","a",{"a":"a\\\\"}]},"b":[{"a":1},{"a":2}],"\\"a":"\\",\\"a\\":1"}';
    expect(parseJson(text, 'a.json')).toEqual(JSON.parse(text));
  });
});

describe('what a message quotes', () => {
  it.each(['\u007f', '\u0085', '\u2028', '\u2029', '\u001b'])(
    'has no control character: %j',
    async (character) => {
      const message = await problem(`"${character}`.replace(character, `${character}${character} x`));
      expect(message).toMatch(/^a\.json: found text that is not JSON \(.*\), expected a JSON document$/);
      expect(message).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
    },
  );
});
