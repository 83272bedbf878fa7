import { describe, expect, test } from 'vitest';
import { ColdRule, WalkStorage } from '../../src/abi/uarch.js';
import {
  type CoreProfile,
  estimatedSystemText,
  geometryOf,
  hasEstimatedSystem,
  parseProfiles,
} from '../../src/cost/index.js';
import type { Geometry } from '../../src/uarch/geometry.js';
import { dataFile, PROFILES } from '../unit/fixtures-cost/load.js';

const CORES = [
  'cortex-a53',
  'cortex-a55',
  'cortex-a57',
  'cortex-a72',
  'cortex-a76',
  'neoverse-n1',
  'neoverse-v1',
  'neoverse-v2',
  'apple-m1-firestorm',
  'thunderx2',
];

function profileOf(core: string) {
  const profile = PROFILES.get(core);
  if (profile === undefined) throw new Error(`there is no profile of ${core}`);
  return profile;
}

/** The profile file of one core, with something changed. */
// biome-ignore lint/suspicious/noExplicitAny: tests reach into the file
function fileOf(core: string, change: (core: any, file: any) => void = () => {}): unknown {
  const file = dataFile('profiles.json');
  file.cores = { mine: file.cores[core] };
  change(file.cores.mine, file);
  return file;
}

function mineOf(file: unknown): CoreProfile {
  return parseProfiles(file, 'mine.json').get('mine') ?? expect.fail();
}

describe('the profiles of the package', () => {
  test('are ten cores', () => {
    expect([...PROFILES.keys()]).toEqual(CORES);
  });

  test.each(CORES)('%s: every value has a range around it, a confidence and a source', (core) => {
    const { leaves } = profileOf(core);
    expect(leaves.size).toBeGreaterThan(50);
    for (const [field, leaf] of leaves) {
      expect(['D', 'M', 'R', 'E'], field).toContain(leaf.conf);
      expect(leaf.src.join('').length, field).toBeGreaterThan(2);
      if (!('lo' in leaf)) continue;
      expect(leaf.lo, field).toBeLessThanOrEqual(leaf.v);
      expect(leaf.hi, field).toBeGreaterThanOrEqual(leaf.v);
      expect(leaf.unit, field).not.toBe('');
    }
  });

  test.each(CORES)('%s: caches are farther the slower they are', (core) => {
    const { l1, l2, l3, dram, remote } = profileOf(core).latency;
    const levels = [l1, l2, ...(l3 === undefined ? [] : [l3]), dram].map(({ v }) => v);
    expect(levels).toEqual([...levels].sort((a, b) => a - b));
    expect(remote.v).toBeGreaterThan(l2.v);
  });

  test.each(CORES)(
    '%s: an exception entered and returned from is not above the measured round trip',
    (core) => {
      const { system } = profileOf(core);
      const [entry, back] = [system.get('exc_entry'), system.get('exc_return')];
      const trip = system.get('exc_roundtrip_el2');
      expect((entry?.v ?? 0) + (back?.v ?? 0)).toBeLessThanOrEqual(trip?.v ?? 0);
    },
  );

  test('hold what the structures of a core need', () => {
    const n1: Geometry = geometryOf(profileOf('neoverse-n1'));
    expect(n1).toEqual({
      l1i: { sets: 256, ways: 4, lineBytes: 64 },
      l1d: { sets: 256, ways: 4, lineBytes: 64 },
      l2: { sets: 2048, ways: 8, lineBytes: 64 },
      l3: { sets: 32768, ways: 16, lineBytes: 64 },
      itlb: { entries: 48, ways: 48 },
      dtlb: { entries: 48, ways: 48 },
      stlb: { entries: 1280, ways: 5 },
      walkStorage: WalkStorage.UNIFIED,
      btb: {
        nano: { entries: 16, ways: 16 },
        micro: { entries: 64, ways: 64 },
        main: { entries: 6144, ways: 6 },
      },
      direction: { indexBits: 14, historyBits: 12 },
      returnStack: 16,
      coldRule: ColdRule.FALL_THROUGH,
    });
    const a53: Geometry = geometryOf(profileOf('cortex-a53'));
    expect(a53).toMatchObject({
      walkStorage: WalkStorage.SEPARATE,
      walkCache: { entries: 64, ways: 4 },
      ipaCache: { entries: 64, ways: 4 },
      btb: {},
      coldRule: ColdRule.DIRECTION,
    });
    expect(a53.l3).toBeUndefined();
  });

  test('say so where system costs are only estimated', () => {
    const estimated = CORES.filter((core) => hasEstimatedSystem(profileOf(core)));
    expect(estimated).toEqual([
      'cortex-a55',
      'cortex-a57',
      'cortex-a72',
      'neoverse-v1',
      'neoverse-v2',
      'thunderx2',
    ]);
    expect(estimatedSystemText(profileOf('thunderx2'))).toBe(
      'system costs of thunderx2 are only estimated: exception entry and return, barriers, system registers, TLBI',
    );
    expect(estimatedSystemText(profileOf('neoverse-n1'))).toBeUndefined();
  });
});

describe('a profile of a user', () => {
  test('is read as those of the package are', () => {
    expect(mineOf(fileOf('cortex-a72'))).toEqual({ ...profileOf('cortex-a72'), name: 'mine' });
  });

  test('may have lines and sets that are no powers of two', () => {
    const mine = fileOf('cortex-a53', ({ l1d }) => {
      l1d.line.v = 48;
      l1d.line.lo = l1d.line.hi = 48;
      l1d.size_kb = { ...l1d.size_kb, v: 33, lo: 33, hi: 33 };
    });
    expect(geometryOf(mineOf(mine)).l1d).toEqual({ sets: 176, ways: 4, lineBytes: 48 });
  });
});

/** Puts `value` at a place such as `lat.l2.v`; undefined deletes what is there. */
function put(object: Record<string, unknown>, place: string, value: unknown): void {
  const [key = '', ...rest] = place.split('.');
  if (rest.length > 0) put(object[key] as Record<string, unknown>, rest.join('.'), value);
  else if (value === undefined) delete object[key];
  else object[key] = value;
}

const WHOLE = 'expected a whole number from 1 to 16777216';
const LINES = 'of at most 16777216 lines';

describe('a profile is refused, by the name of the field,', () => {
  test.each<[string, string, unknown, string]>([
    ['without an order', 'order', undefined, 'order: found nothing, expected in-order or out-of-order'],
    ['upside down', 'sys.isb.lo', 99, 'sys.isb: found 99 <= 33 <= 45, expected a range from 0'],
    [
      'with a value outside its range',
      'lat.l2.v',
      17,
      'lat.l2: found 11 <= 17 <= 16, expected a range from 0',
    ],
    ['below zero', 'lat.l2.lo', -1, 'lat.l2: found -1 <= 14 <= 16, expected a range from 0'],
    ['of unknown confidence', 'sys.isb.conf', 'X', 'sys.isb.conf: found "X", expected D or M or R or E'],
    ['without a source', 'sys.isb.src', [], 'sys.isb.src: found an array of 0, expected at least one source'],
    ['without a unit', 'sys.isb.unit', undefined, 'sys.isb.unit: found nothing, expected a string'],
    ['with a text for a number', 'lat.dram.v', '329', 'lat.dram.v: found "329", expected a number'],
    ['with nothing for a number', 'lat.dram.v', null, 'lat.dram.v: found null, expected a number'],
    [
      'without a field',
      'tlb.walk_overhead',
      undefined,
      'tlb.walk_overhead: found nothing, expected an object',
    ],
    ['without its TLBs', 'tlb', undefined, 'tlb: found nothing, expected an object'],
    ['without a system cost', 'sys.mrs', undefined, 'sys.mrs: found nothing, expected an object'],
    ['with an L3 of no latency', 'lat.l3', undefined, 'lat.l3: found nothing, expected an object'],
    ['with a cache of no ways', 'l1d.ways.v', 0, `l1d.ways.v: found 0, ${WHOLE}`],
    ['with half a way', 'l2.ways.v', 1.5, `l2.ways.v: found 1.5, ${WHOLE}`],
    ['with a line of no bytes', 'l2.line.v', 0, `l2.line.v: found 0, ${WHOLE}`],
    [
      'with half a set',
      'l1d.size_kb.v',
      63.1,
      `l1d.size_kb: found 63.1 KiB, expected a multiple of 0.25 KiB (4 ways of 64 bytes) ${LINES}`,
    ],
    [
      'with a cache of no size',
      'l1d.size_kb.v',
      0,
      `l1d.size_kb: found 0 KiB, expected a multiple of 0.25 KiB (4 ways of 64 bytes) ${LINES}`,
    ],
    [
      'with a cache beyond all memory',
      'l3.size_kb.v',
      2097152,
      `l3.size_kb: found 2097152 KiB, expected a multiple of 1 KiB (16 ways of 64 bytes) ${LINES}`,
    ],
    [
      'with entries that do not fill the ways',
      'tlb.l2tlb.v',
      1281,
      'tlb.l2tlb: found 1281 entries, expected a multiple of 5 ways',
    ],
    [
      'with an unknown cold rule',
      'bp.cold_rule.v',
      'TAKEN',
      'bp.cold_rule.v: found "TAKEN", expected FALL_THROUGH or BACKWARD_TAKEN or DIRECTION',
    ],
    [
      'with separate storage and no walk cache',
      'tlb.walk_storage.v',
      'SEPARATE',
      'tlb.walk_cache: found nothing, expected an object',
    ],
    [
      'with more history than index',
      'bp.direction_history_bits.v',
      15,
      'bp.direction_history_bits.v: found 15, expected a whole number from 0 to 14',
    ],
    [
      'with more than a miss exposed',
      'exposed.load.hi',
      1.5,
      'exposed.load: found 1.5, expected a range from 0 to 1',
    ],
    [
      'with a cost of 2^53 microcycles',
      'sys.isb.hi',
      1e10,
      'sys.isb: found 10000000000, expected at most 16777216',
    ],
    ['with a clock of a THz', 'clock_ghz.hi', 1000, 'clock_ghz: found 1000, expected at most 100'],
    [
      'with cycles that are thousands',
      'issue.scale.hi',
      1000,
      'issue.scale: found 1000, expected at most 100',
    ],
    ['with a clock that may stand', 'clock_ghz.lo', 0, 'clock_ghz: found 0, expected a range above 0'],
  ])('%s', (_, place, value, message) => {
    const file = fileOf('neoverse-n1', (core) => put(core, place, value));
    expect(() => parseProfiles(file, 'mine.json')).toThrow(`mine.json: cores.mine.${message}`);
  });

  test('of another format', () => {
    const file = fileOf('neoverse-n1', (_, whole) => put(whole, 'format', 'x'));
    expect(() => parseProfiles(file, 'f')).toThrow('f: format: found "x", expected stage2-profiles/1');
  });

  test('in a file without cores', () => {
    const file = fileOf('neoverse-n1', (_, whole) => put(whole, 'cores', {}));
    expect(() => parseProfiles(file, 'f')).toThrow('f: cores: found an object, expected at least one core');
  });

  test('under a name that breaks a table', () => {
    const file = fileOf('neoverse-n1', (core, whole) => put(whole, 'cores', { 'a\nb': core }));
    expect(() => parseProfiles(file, 'f')).toThrow('expected a name of letters, digits, dots and dashes');
  });
});
