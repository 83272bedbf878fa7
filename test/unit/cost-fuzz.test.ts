import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CostError, parseBuild, walkBuild } from '../../src/cost/index.js';
import { dataFile, loadBuild, SITES } from './fixtures-cost/load.js';

const ORIGINAL = JSON.stringify(dataFile('builds/gcc12c-rfc.json'));
const PATHS = [...loadBuild('gcc12c-rfc').paths.values()];

/** What may stand in place of any value. */
const JUNK = [
  null,
  true,
  -1,
  0.5,
  1e300,
  '',
  'b0',
  'b5',
  '!is_write',
  'is_cm',
  [],
  {},
  ['and', 'x'],
  ['or', '!is_cm'],
];

/** Ten times what the longest recorded path needs. */
const LIMITS = { steps: 4000, depth: 64 };

/** Where the file can be spoiled: everything but prose and recorded paths. */
const KEYS = ['functions', 'callees', 'mca', 'constants', 'predicates', 'opaque_callees'];

/** Replaces one value, found by descending with `turns`, by `junk` or by another value of the same object. */
function spoil(turns: readonly number[], junk: number): unknown {
  const file = JSON.parse(ORIGINAL);
  let at = file;
  let key: string = KEYS[(turns[0] ?? 0) % KEYS.length] ?? 'functions';
  for (const turn of turns.slice(1)) {
    const below = at[key];
    const keys = typeof below === 'object' && below !== null ? Object.keys(below) : [];
    if (keys.length === 0) break;
    at = below;
    key = keys[turn % keys.length] ?? '';
  }
  const siblings = Object.values(at);
  at[key] = junk < JUNK.length ? JUNK[junk] : siblings[junk % siblings.length];
  return file;
}

/** Parses and walks; returns how many walks ended. Throws what is not a one-line error of ours. */
function followAll(file: unknown): number {
  const build = orRefusal(() => parseBuild(file, 'x.json', SITES));
  if (build === undefined) return 0;
  const walks = PATHS.map(({ input }) => orRefusal(() => walkBuild(build, input, LIMITS)));
  return walks.filter((walk) => walk !== undefined).length;
}

function orRefusal<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    expect(error).toBeInstanceOf(CostError);
    expect((error as CostError).message).not.toMatch(/\n/);
    return undefined;
  }
}

test('a build file with any one value spoiled is refused, or its walks end or fail, in one line each', () => {
  const turns = fc.array(fc.nat(10_000), { minLength: 2, maxLength: 7 });
  fc.assert(
    fc.property(turns, fc.nat(JUNK.length * 2), (path, junk) => {
      expect(followAll(spoil(path, junk))).toBeLessThanOrEqual(PATHS.length);
    }),
    { numRuns: 250, seed: 4130 },
  );
}, 60_000);

test('the successors of all blocks exchanged at random never make a walk run on', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat(1000)), (numbers) => {
      const file = JSON.parse(ORIGINAL);
      for (const fn of Object.values<{ blocks: { id: string; taken?: string; fall?: string }[] }>(
        file.functions,
      )) {
        const ids = fn.blocks.map((block) => block.id);
        for (const block of fn.blocks) {
          if (block.taken !== undefined) block.taken = ids[numbers.next().value % ids.length] ?? 'b0';
          if (block.fall !== undefined) block.fall = ids[numbers.next().value % ids.length] ?? 'b0';
        }
      }
      followAll(file);
    }),
    { numRuns: 25, seed: 4131 },
  );
}, 60_000);
