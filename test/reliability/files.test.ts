// A short run of mutated files, in order and the same in every run; `npm run soak -- --files` has the long one.
import { describe, expect, it } from 'vitest';
import { Stage2Error } from '../../src/core/error.js';
import { Cases } from '../soak/files/case.js';
import { type Kind, readAs } from '../soak/files/kind.js';
import { KINDS } from '../soak/files/kinds.js';

const SEED = 413;
/** Cases of all kinds together. */
const CASES = 400;

async function endings(kind: Kind) {
  const shares = KINDS.reduce((sum, { share }) => sum + share, 0);
  const cases = new Cases(kind, SEED);
  const counts = { accepted: 0, refused: 0 };
  for (let n = 0; n < (CASES * kind.share) / shares; n++) {
    const file = cases.file(n);
    try {
      counts[(await cases.judge(file)).kind]++;
    } catch (error) {
      throw new Error(`seed ${SEED}, file ${n} (${file.how})`, { cause: error });
    }
  }
  return counts;
}

describe('a mutated file ends in a refusal of one clear line, or in a result whose counts come out', () => {
  it.each(KINDS.map((kind) => [kind.name, kind] as const))('%s', async (_, kind) => {
    const { accepted, refused } = await endings(kind);
    expect(accepted).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  });

  it('and the same seed and number are the same file', () => {
    for (const kind of KINDS) {
      const [first, second] = [new Cases(kind, SEED), new Cases(kind, SEED)];
      for (const n of [0, 7, 40]) {
        expect(Buffer.compare(first.file(n).bytes, second.file(n).bytes)).toBe(0);
      }
    }
  });
});

describe('the judge', () => {
  const [some] = KINDS as readonly [Kind];
  const readBy = (use: Kind['use']) => readAs({ ...some, use }, new Uint8Array(4));

  it('takes no error that is none of bad input, and no line that does not name the file', async () => {
    const failing = (error: Error) => readBy(() => Promise.reject(error));
    await expect(failing(new TypeError('x is undefined'))).rejects.toThrow(TypeError);
    await expect(failing(new RangeError('hostile.in: too deep'))).rejects.toThrow(RangeError);
    await expect(failing(new Stage2Error('EINVAL', 'no room'))).rejects.toThrow('does not name the file');
    await expect(failing(new Stage2Error('EINVAL', 'hostile.in:\nno room'))).rejects.toThrow(
      'more than one line',
    );
    expect(await failing(new Stage2Error('EINVAL', 'hostile.in: no room'))).toEqual({
      kind: 'refused',
      message: 'hostile.in: no room',
    });
  });
});
