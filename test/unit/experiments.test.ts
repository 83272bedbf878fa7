import { describe, expect, it } from 'vitest';
import { loadBench } from '../../src/cli/bench.js';
import {
  EXPERIMENT_NAMES,
  parseTargets,
  type RowResult,
  runTarget,
} from '../../src/scenario/experiment/index.js';
import { type Row, targetsOf } from './target-rows.js';

const bench = await loadBench({ allBuilds: true });

function resultsOf(rows: readonly Row[]): RowResult[] {
  return parseTargets(targetsOf(rows), 'targets.json', EXPERIMENT_NAMES).map((row) => runTarget(row, bench));
}

const modelOf = (row: Row): number => resultsOf([row])[0]?.model.v ?? Number.NaN;

describe('rows of other parameters run:', () => {
  const chase = (core: string, footprint_kib: number): Row => ({
    experiment: 'pointer-chase',
    params: { core, footprint_kib },
  });
  const walk = (params: object): Row => ({
    experiment: 'walk-overhead',
    params: { core: 'neoverse-n1', footprint_mib: 16, small: '4k', large: '2m', stages: 1, ...params },
  });
  const exit = (core: string, kernel: string, kind: string, experiment = 'exit'): Row => ({
    experiment,
    params: { core, kernel, kind },
  });

  it('footprints from 1 KiB up, each found in the cache that holds it', () => {
    const results = resultsOf([1, 512, 8192, 262144].map((kib) => chase('neoverse-v2', kib)));
    expect(results.map(({ model }) => Math.round(model.v))).toEqual([4, 10, 100, expect.any(Number)]);
    expect(results[3]?.model.v).toBeGreaterThan(330);
  });

  it('page sizes of all granules, for both stages', () => {
    const host = ['4k', '16k', '64k', '1g'].map((host_page) => walk({ stages: 2, host_page }));
    const small = ['16k', '64k', '32m'].map((small) => walk({ small, large: '1g' }));
    for (const { model } of resultsOf([...host, ...small])) {
      expect(model.v).toBeGreaterThanOrEqual(-0.5);
      expect(model.v).toBeLessThan(100);
    }
  });

  it('a second stage, which makes walks longer', () => {
    const [native, nested] = resultsOf([walk({}), walk({ stages: 2, host_page: '2m', core: 'cortex-a53' })]);
    expect(nested?.model.v).toBeGreaterThan(native?.model.v ?? 0);
  });

  it('every branch kind on a core that has no such level', () => {
    const kinds = ['nano', 'micro', 'main', 'btb-miss', 'mispredict', 'not-taken'];
    const rows = kinds.map((kind) => ({ experiment: 'branch', params: { core: 'cortex-a53', kind } }));
    for (const { model } of resultsOf(rows)) expect(model.v).toBeGreaterThan(0);
  });

  it('every kind of exit and fault of every kernel', () => {
    const exits = ['hvc', 'mmio-kernel', 'mmio-user'];
    const faults = ['dirty-log-4k', 'map-4k', 'map-2m', 'exec-4k', 'access-flag'];
    const rows = ['nvhe-4.x', 'vhe-4.x', 'vhe-6.x'].flatMap((kernel) => [
      ...exits.map((kind) => exit('cortex-a57', kernel, kind)),
      ...faults.map((kind) => exit('cortex-a57', kernel, kind, 'fault')),
      ...faults.map((kind) => ({ ...exit('cortex-a57', kernel, kind, 'fault-serial'), unit: 'percent' })),
    ]);
    for (const { model } of resultsOf(rows)) {
      expect(model.v).toBeGreaterThan(0);
      expect(model.p5).toBeLessThanOrEqual(model.v);
      expect(model.p95).toBeGreaterThanOrEqual(model.v);
    }
  });

  it('ratios of kinds, and of exits of two kernels', () => {
    const params = { core: 'cortex-a57', kernel: 'nvhe-4.x', num: 'mmio-user', den: 'hvc' };
    const num = modelOf(exit('cortex-a57', 'nvhe-4.x', 'mmio-user'));
    const den = modelOf(exit('cortex-a57', 'nvhe-4.x', 'hvc'));
    const ratio = { experiment: 'exit-ratio', unit: 'ratio' };
    expect(modelOf({ ...ratio, params })).toBeCloseTo(num / den);
    const kernels = { ...params, num: { kind: 'hvc' }, den: { kind: 'hvc', kernel: 'vhe-4.x' } };
    expect(modelOf({ ...ratio, params: kernels })).toBeGreaterThan(2);
  });

  it('register groups, both ways', () => {
    const group = (name: string, kind: string): Row => ({
      experiment: 'save-restore',
      params: { core: 'cortex-a57', group: name, kind, clock_ghz: 2.4 },
    });
    const [save, restore, gp] = resultsOf([
      group('VGIC', 'save'),
      group('VGIC', 'restore'),
      group('GP_regs', 'save'),
    ]);
    expect(save?.model.v).toBeGreaterThan(10 * (restore?.model.v ?? 0));
    expect(gp?.model.v).toBeLessThan(restore?.model.v ?? 0);
  });

  it('vcpus that wait for mmu_lock, less where it is shared', () => {
    const fault = (kind: string, vcpus: number): Row => ({
      experiment: 'fault',
      params: { core: 'neoverse-n1', kernel: 'vhe-6.x', kind, vcpus },
    });
    const [one, eight, shared, sharedEight] = resultsOf([
      fault('map-4k', 1),
      fault('map-4k', 8),
      fault('dirty-log-4k', 1),
      fault('dirty-log-4k', 8),
    ]).map(({ model }) => model.v);
    expect((eight ?? 0) / (one ?? 1)).toBeGreaterThan(3);
    expect((sharedEight ?? 0) / (shared ?? 1)).toBeLessThan(2);
  });

  it('a flag test on each exit, in cycles, in time and as a part of the exit', () => {
    const params = { core: 'neoverse-n1', kernel: 'vhe-6.x', kind: 'hvc', clock_ghz: 2 };
    const rows = ['cycles', 'ns', 'percent'].map((unit) => ({ experiment: 'exit-delta', params, unit }));
    const [cycles, ns, percent] = resultsOf(rows).map(({ model }) => model.v);
    expect([cycles, ns]).toEqual([1, 0.5]);
    expect(percent).toBeCloseTo(0.11, 1);
  });

  it('one scenario of one build, exactly', () => {
    const params = { build: 'gcc12c-base', scenario: 'write_anon_warm' };
    const row = { experiment: 'instructions', params, unit: 'instructions', value: 1015, tolerance: 'exact' };
    expect(resultsOf([row])).toMatchObject([{ inside: true, model: { v: 1015 } }]);
  });

  it('and parameters that nothing reads are named', () => {
    const params = { core: 'apple-m1-firestorm', kind: 'isb', machine: 'a laptop' };
    expect(resultsOf([{ params }])).toMatchObject([{ notes: ['not used: machine'] }]);
  });
});

describe('a row is refused', () => {
  it.each<[string, Row, RegExp]>([
    [
      'an unknown experiment',
      { experiment: 'fly' },
      /rows\[0\] \(row0\)\.experiment: found "fly", expected pointer-chase or /,
    ],
    [
      'an unknown core',
      { params: { core: '8086', kind: 'isb' } },
      /\.params\.core: unknown core "8086", expected cortex-a53 or /,
    ],
    [
      'a core that is no text',
      { params: { core: 57, kind: 'isb' } },
      /\.params\.core: found 57, expected a string/,
    ],
    [
      'a missing parameter',
      { params: { core: 'cortex-a53' } },
      /\.params\.kind: found nothing, expected isb or dsb/,
    ],
    [
      'an unknown kind',
      { params: { core: 'cortex-a53', kind: 'csdb' } },
      /\.params\.kind: found "csdb", expected isb/,
    ],
    [
      'an unknown kernel',
      { experiment: 'exit', params: { core: 'cortex-a53', kernel: '2.6', kind: 'hvc' } },
      /\.params\.kernel: unknown kernel "2\.6", expected nvhe-4\.x or /,
    ],
    [
      'an unknown kind of exit',
      { experiment: 'exit', params: { core: 'cortex-a53', kernel: 'vhe-6.x', kind: 'smc' } },
      /\.params\.kind: found "smc", expected hvc or /,
    ],
    [
      'an unknown side of a ratio',
      {
        experiment: 'exit-ratio',
        params: { core: 'cortex-a53', kernel: 'vhe-6.x', num: 'hvc', den: { kind: 1 } },
      },
      /\.params\.den\.kind: found 1, expected hvc or /,
    ],
    [
      'an unknown register group',
      { experiment: 'save-restore', params: { core: 'cortex-a57', group: 'SVE', kind: 'save' } },
      /\.params\.group: unknown register group "SVE", expected GP or /,
    ],
    [
      'an unknown page size',
      {
        experiment: 'walk-overhead',
        params: { core: 'cortex-a57', footprint_mib: 32, small: '8k', large: '2m', stages: 1 },
      },
      /\.params\.small: found "8k", expected 4k or /,
    ],
    [
      'two stages without the host’s page size',
      {
        experiment: 'walk-overhead',
        params: { core: 'cortex-a57', footprint_mib: 32, small: '4k', large: '2m', stages: 2 },
      },
      /\.params\.host_page: found nothing, expected 4k or /,
    ],
    [
      'half a stage',
      {
        experiment: 'walk-overhead',
        params: { core: 'cortex-a57', footprint_mib: 32, small: '4k', large: '2m', stages: 1.5 },
      },
      /\.params\.stages: found 1\.5, expected 1 or 2/,
    ],
    [
      'a footprint of nothing',
      { experiment: 'pointer-chase', params: { core: 'cortex-a57', footprint_kib: 0 } },
      /\.params\.footprint_kib: found 0, expected a number from 1 to /,
    ],
    [
      'an unknown build',
      { experiment: 'instructions', params: { builds: 'clang' }, unit: 'instructions' },
      /\.params\.builds: unknown build "clang", expected "all loaded" or gcc12c-base or /,
    ],
    [
      'a value whose band is infinite',
      { value: 1e308 },
      /\.value: found 1e\+308, expected a number of at most 10{15}$/,
    ],
    [
      'a range with such a value',
      { value: [-1e308, 1] },
      /\.value\[0\]: found -1e\+308, expected a number of/,
    ],
    [
      'a tolerance whose band is infinite',
      { tolerance: 1e300 },
      /\.tolerance: found 1e\+300, expected percent/,
    ],
    [
      'a unit that every object has',
      { unit: 'constructor' },
      /\.unit: found "constructor", expected cycles or ns/,
    ],
    [
      'a tolerance of such a unit',
      { tolerance: '1 constructor' },
      /\.tolerance: found "1 constructor", expected/,
    ],
    [
      'a clock that stands nearly still',
      { params: { core: 'apple-m1-firestorm', kind: 'isb', clock_ghz: 1e-320 }, unit: 'ns' },
      /\.params\.clock_ghz: found 1e-320, expected a number from 0\.001 to 10/,
    ],
    ['an unknown unit', { unit: 'furlongs' }, /\.unit: found "furlongs", expected cycles or ns/],
    [
      'a unit of another experiment',
      { unit: 'ratio' },
      /\.params: unit ratio is none of experiment barrier, expected cycles, ns, us/,
    ],
    [
      'a malformed tolerance',
      { tolerance: 'about right' },
      /\.tolerance: found "about right", expected percent from 0, /,
    ],
    ['a tolerance below zero', { tolerance: -1 }, /\.tolerance: found -1, expected percent/],
    [
      'a tolerance of another unit',
      { tolerance: '1 ns' },
      /\.tolerance: found "1 ns", expected a tolerance in percent or cycles/,
    ],
    [
      'a value that is none',
      { value: { v: 1 } },
      /\.value: found an object, expected a number, \[low, high\] or a text/,
    ],
    ['a range upside down', { value: [2, 1] }, /\.value: found 2 above 1, expected \[low, high\]/],
    [
      'a text where a number is measured',
      { value: 'little' },
      /\.params: the value "little" is a text, expected a number/,
    ],
    ['a use that is neither', { use: 'guessed' }, /\.use: found "guessed", expected fitted or predicted/],
    ['parameters that are no object', { params: [] }, /\.params: found an array of 0, expected an object/],
  ])('with %s', (_, row, message) => {
    expect(() => resultsOf([row])).toThrow(message);
    expect(() => resultsOf([row])).toThrow(/^targets\.json: rows\[0\] \(row0\)\.[^\n]*$/);
  });
});
