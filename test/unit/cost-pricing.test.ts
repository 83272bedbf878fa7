import { describe, expect, test } from 'vitest';
import { Access, CLASS_ACCESS_LSB, ClassType } from '../../src/abi/event.js';
import {
  createCostModel,
  DataError,
  parseEstimates,
  parsePathCycles,
  priceDifference,
  pricedCores,
  priceWalk,
  type Range,
  scale,
  walkBuild,
} from '../../src/cost/index.js';
import { spread } from '../../src/cost/range.js';
import { BUILD_IDS, dataFile, loadBuild, loadConstants, loadModel } from './fixtures-cost/load.js';

const MODEL = loadModel();
const CORES = pricedCores(MODEL);
const IN_ORDER = ['cortex-a53', 'cortex-a55'];
const WRITE = ClassType.TRANSLATION | (Access.WRITE << CLASS_ACCESS_LSB);
const WRITE_PERMISSION = ClassType.PERMISSION | (Access.WRITE << CLASS_ACCESS_LSB);

function walkOf(id: string, path: string) {
  const build = loadBuild(id);
  const recorded = build.paths.get(path);
  if (recorded === undefined) throw new Error(`${id} has no path ${path}`);
  return walkBuild(build, recorded.input);
}

function differenceOf(config: string, variant: string, core: string, path = 'write_anon_warm') {
  return priceDifference(
    walkOf(`${config}-base`, path),
    walkOf(`${config}-${variant}`, path),
    core,
    MODEL,
    WRITE,
  );
}

function expectOrdered({ v, lo, hi }: Range) {
  expect(lo).toBeLessThanOrEqual(v);
  expect(v).toBeLessThanOrEqual(hi);
}

describe('ranges', () => {
  test('swap their ends when taken a negative number of times', () => {
    expect(scale({ v: 2, lo: 1, hi: 5 }, -2)).toEqual({ v: -4, lo: -10, hi: -2 });
    expect(Object.is(scale({ v: 2, lo: 1, hi: 5 }, -0).v, 0)).toBe(true);
  });

  test('of measurements are the median and the extremes', () => {
    expect(spread([9, 1, 3])).toEqual({ v: 3, lo: 1, hi: 9 });
    expect(spread([4, 1, 2, 3])).toEqual({ v: 2.5, lo: 1, hi: 4 });
  });
});

describe('the price of a walk', () => {
  test('exists for the four cores of the builds', () => {
    expect(CORES).toEqual(['cortex-a53', 'cortex-a55', 'cortex-a57', 'neoverse-n1']);
  });

  test.each(CORES)(
    'on %s has parts that add up, each within its range, for every path of every build',
    (core) => {
      for (const id of BUILD_IDS) {
        for (const name of loadBuild(id).paths.keys()) {
          const price = priceWalk(walkOf(id, name), core, MODEL, WRITE);
          const parts = [price.blocks, price.systemOps, price.loops, price.opaque, price.worldSwitch];
          for (const part of [...parts, price.total]) expectOrdered(part);
          expect(parts.reduce((sum, part) => sum + part.v, 0)).toBeCloseTo(price.total.v, 6);
        }
      }
    },
  );

  test.each([
    ['cortex-a53', 1622],
    ['cortex-a55', 1471],
  ])('on %s, in order, is the sum of the blocks, and the whole path lies in its range', (core, whole) => {
    const { blocks } = priceWalk(walkOf('gcc12c-base', 'write_anon_warm'), core, MODEL, WRITE);
    expect(Math.abs(blocks.v / whole - 1)).toBeLessThan(0.01);
    expect(blocks.lo).toBeLessThanOrEqual(whole);
    expect(blocks.hi).toBeGreaterThanOrEqual(whole);
  });

  test.each([
    ['cortex-a57', 456],
    ['neoverse-n1', 294],
  ])('on %s, out of order, is the whole path where it was recorded', (core, whole) => {
    const { blocks } = priceWalk(walkOf('gcc12c-base', 'write_anon_warm'), core, MODEL, WRITE);
    expect(blocks).toEqual({ v: whole, lo: whole - 0.5, hi: whole + 0.5 });
  });

  test('knows a recorded walk again in another build with the same functions', () => {
    for (const variant of ['rfc', 'pred', 'rfcnohint', 'rfcfaultonly']) {
      const { blocks } = priceWalk(
        walkOf(`gcc12c-${variant}`, 'write_anon_warm'),
        'cortex-a57',
        MODEL,
        WRITE,
      );
      expect(blocks.v, variant).toBe(457);
    }
    expect(
      priceWalk(walkOf('gcc12c-predflag', 'write_anon_warm'), 'cortex-a57', MODEL, WRITE).blocks.v,
    ).not.toBe(457);
  });

  test('out of order and not recorded, scales the sum of the blocks and says how far that may be off', () => {
    const { blocks } = priceWalk(walkOf('gcc12-base', 'write_anon_warm'), 'neoverse-n1', MODEL, WRITE);
    expect(blocks.v).toBeGreaterThan(230);
    expect(blocks.v).toBeLessThan(280);
    expect(blocks.hi - blocks.lo).toBeGreaterThan(10);
  });

  test('charges barriers, cache lines, calls that were not compiled, and a hypercall by name', () => {
    const { items } = priceWalk(walkOf('gcc12c-base', 'write_perm'), 'neoverse-n1', MODEL, WRITE_PERMISSION);
    const count = (part: string, operation: string) =>
      items.find((item) => item.part === part && item.operation === operation)?.count;
    expect(count('loops', 'dc_civac')).toBe(64);
    expect(count('loops', 'dc_cvau')).toBe(64);
    expect(count('loops', 'ic_ivau')).toBe(64);
    expect(count('opaque', 'get_user_pages_unlocked')).toBe(1);
    expect(count('systemOps', 'tlbi')).toBe(2);
    expect(count('systemOps', 'exc_entry')).toBe(1);
    expect(count('worldSwitch', 'exc_return')).toBe(2);
    expect(count('worldSwitch', 'at')).toBe(1);
  });

  test('has no way back into the guest for a host that died', () => {
    const { items } = priceWalk(walkOf('gcc12c-base', 'internal_vm_fault'), 'cortex-a53', MODEL, WRITE);
    expect(items.find((item) => item.operation === 'exc_return')?.count).toBe(1);
  });

  test('is refused for a core nobody knows', () => {
    expect(() => priceWalk(walkOf('gcc12c-base', 'no_vma'), 'cortex-a5', MODEL, WRITE)).toThrow(
      'cortex-a5 is not a core of the cost model, which has cortex-a53, cortex-a55, cortex-a57, neoverse-n1',
    );
  });
});

describe('the difference of two builds', () => {
  test.each([
    ['cortex-a53', 4],
    ['cortex-a55', 3],
    ['cortex-a57', 1],
    ['neoverse-n1', 0],
  ])('rfc - base on %s is what the whole paths say', (core, whole) => {
    const { blocks, total } = differenceOf('gcc12c', 'rfc', core);
    expect(blocks.v).toBeCloseTo(whole, 1);
    expectOrdered(blocks);
    expect(total).toEqual(blocks);
  });

  test('does not carry the uncertainty of what both do alike', () => {
    const { total, items } = differenceOf('gcc12', 'rfc', 'cortex-a53');
    expect(items).toEqual([]);
    expect(total.hi - total.lo).toBeLessThan(1);
  });

  test('is nothing between builds of one code', () => {
    for (const core of CORES) {
      const walks = ['gcc12-rfc', 'gcc12-pred'].map((id) => walkOf(id, 'read_anon_warm'));
      const [rfc, pred] = walks as [(typeof walks)[0], (typeof walks)[0]];
      expect(priceDifference(rfc, pred, core, MODEL, WRITE).total).toEqual({ v: 0, lo: 0, hi: 0 });
    }
  });

  test('turns round with its builds', () => {
    for (const core of CORES) {
      const [base, rfc] = [walkOf('gcc12-base', 'write_anon_warm'), walkOf('gcc12-rfc', 'write_anon_warm')];
      const there = priceDifference(base, rfc, core, MODEL, WRITE).total;
      const back = priceDifference(rfc, base, core, MODEL, WRITE).total;
      expect(there.v).toBeGreaterThan(0);
      expect(back.v).toBeLessThan(0);
      expectOrdered(back);
    }
  });

  test('on an in-order core is that of the whole paths, on every path', () => {
    for (const core of IN_ORDER) {
      const samples = MODEL.calibration.cores.get(core)?.samples ?? [];
      for (const { path, whole, build } of samples.filter((sample) => sample.build === 'gcc12c-base')) {
        const other = samples.find((sample) => sample.path === path && sample.build !== build);
        const { blocks } = differenceOf('gcc12c', 'rfc', core, path);
        expect(Math.abs(blocks.v - ((other?.whole ?? Number.NaN) - whole)), path).toBeLessThan(1);
      }
    }
  });

  test('shows an operation that only one of them does', () => {
    const perm = walkOf('gcc12c-base', 'write_perm');
    const { systemOps, items } = priceDifference(
      walkOf('gcc12c-base', 'write_anon_warm'),
      perm,
      'cortex-a53',
      MODEL,
      WRITE,
    );
    expect(items.map((item) => item.operation)).toContain('tlbi');
    expect(systemOps.v).toBeGreaterThan(0);
  });
});

describe('the data of the cost model', () => {
  test('says of every constant where it comes from', () => {
    for (const core of loadConstants().values()) {
      for (const constant of [...core.operations.values(), ...core.opaque.values(), core.otherOpaque]) {
        expectOrdered(constant);
        expect(constant.src.join('').length).toBeGreaterThan(2);
        expect(constant.unit).toBe('cycles');
      }
    }
  });

  test('has a price for everything that any build calls and does not count', () => {
    const constants = loadConstants().get('cortex-a53');
    for (const build of BUILD_IDS.map(loadBuild)) {
      const inner = [...build.callees.values()].flatMap((table) =>
        [...table.values()].flatMap((entry) => entry.opaque),
      );
      for (const name of [...build.opaque, ...inner]) expect(constants?.opaque.has(name), name).toBe(true);
    }
  });

  test('is refused where a range is upside down', () => {
    const value = dataFile('estimates.json');
    value.operations.dmb.lo = 50;
    expect(() => parseEstimates(value, 'estimates.json')).toThrow(
      new DataError('estimates.json', 'operations.dmb', 'found 50 <= 10 <= 40, expected a range from 0'),
    );
  });

  test('needs one of the builds whose whole paths are known', () => {
    const cycles = parsePathCycles(dataFile('path-cycles.json'), 'path-cycles.json');
    expect(() =>
      createCostModel([loadBuild('gcc12-base')], cycles, MODEL.constants, MODEL.worldSwitch),
    ).toThrow('none of the builds gcc12c-base, gcc12c-rfc is loaded to calibrate with');
  });

  test('lists a variant for each build, and the words are those of the builds', () => {
    const variants: { id: string; words: string }[] = dataFile('variants.json').variants;
    for (const build of BUILD_IDS.map(loadBuild)) {
      expect(variants.find(({ id }) => id === build.variant)?.words).toBe(build.variantWords);
    }
    expect(variants).toHaveLength(7);
  });
});
