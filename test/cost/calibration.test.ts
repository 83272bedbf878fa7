// What relates the blocks of the builds to whole paths, and the data that prices of code and operations rest on.
import { describe, expect, test } from 'vitest';
import { calibrate, DataError, parseEstimates } from '../../src/cost/index.js';
import { spread } from '../../src/cost/range.js';
import {
  BUILD_IDS,
  CALIBRATION,
  dataFile,
  ESTIMATES,
  loadBuild,
  PATH_CYCLES,
  PROFILES,
  tableOf,
} from '../unit/fixtures-cost/load.js';

test('a range of measurements is their median and their extremes', () => {
  expect(spread([9, 1, 3])).toEqual({ v: 3, lo: 1, hi: 9 });
  expect(spread([4, 1, 2, 3])).toEqual({ v: 2.5, lo: 1, hi: 4 });
});

describe('the calibration', () => {
  test('exists for the four cores of the builds', () => {
    expect([...CALIBRATION.keys()]).toEqual(['cortex-a53', 'cortex-a55', 'cortex-a57', 'neoverse-n1']);
  });

  test('needs one of the builds whose whole paths are known', () => {
    expect(() => calibrate(PATH_CYCLES, [loadBuild('gcc12-base')])).toThrow(
      'none of the builds gcc12c-base, gcc12c-rfc is loaded to calibrate with',
    );
  });
});

describe('the data of prices', () => {
  test('give every operation and function its cycles with a source', () => {
    for (const core of PROFILES.keys()) {
      for (const [event, { lo, v, hi, src }] of tableOf(core).prices) {
        expect(lo, event).toBeLessThanOrEqual(v);
        expect(v, event).toBeLessThanOrEqual(hi);
        expect(src.join('').length, event).toBeGreaterThan(2);
      }
    }
  });

  test('have a price for everything that any build calls and does not count', () => {
    for (const build of BUILD_IDS.map(loadBuild)) {
      const inner = [...build.callees.values()].flatMap((table) =>
        [...table.values()].flatMap((entry) => entry.opaque),
      );
      for (const name of [...build.opaque, ...inner]) expect(ESTIMATES.opaque.has(name), name).toBe(true);
    }
  });

  test('are refused where a range is upside down', () => {
    const value = dataFile('estimates.json');
    value.operations.dmb.lo = 50;
    expect(() => parseEstimates(value, 'estimates.json')).toThrow(
      new DataError('estimates.json', 'operations.dmb', 'found 50 <= 10 <= 40, expected a range from 0'),
    );
  });

  test('list a variant for each build, in the words of the builds', () => {
    const variants: { id: string; words: string }[] = dataFile('variants.json').variants;
    for (const build of BUILD_IDS.map(loadBuild)) {
      expect(variants.find(({ id }) => id === build.variant)?.words).toBe(build.variantWords);
    }
    expect(variants).toHaveLength(7);
  });
});
