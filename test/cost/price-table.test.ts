import { describe, expect, test } from 'vitest';
import {
  defaultPrices,
  MICRO_EVENTS,
  opaqueEvent,
  type PriceTable,
  parseProfiles,
  priceTable,
} from '../../src/cost/index.js';
import { CALIBRATION, dataFile, ESTIMATES, PROFILES, tableOf } from '../unit/fixtures-cost/load.js';

const SOURCES = { estimates: ESTIMATES, calibration: CALIBRATION };

const rangeOf = (table: PriceTable, event: string) => {
  const { v, lo, hi } = table.prices.get(event) ?? { v: -1, lo: -1, hi: -1 };
  return { v, lo, hi };
};

/** Events that only a core with the structure has. */
const LACKING: Record<string, readonly string[]> = {
  l3: ['LOAD_L3', 'STORE_L3', 'FETCH_L3', 'WALK_READ_L3'],
  nano: ['TAKEN_NANO'],
  micro: ['TAKEN_MICRO'],
  main: ['TAKEN_MAIN'],
};

describe('the price table', () => {
  test.each([...PROFILES.values()])(
    'of $name prices every event that can happen on it, and no other',
    (profile) => {
      const table = priceTable(profile, SOURCES);
      const { nano, micro, main } = profile.branches;
      const has: Record<string, unknown> = { l3: profile.l3, nano, micro, main };
      const never = Object.keys(LACKING).flatMap((part) =>
        has[part] === undefined ? (LACKING[part] ?? []) : [],
      );
      expect(MICRO_EVENTS.filter((event) => !table.prices.has(event))).toEqual(
        MICRO_EVENTS.filter((event) => never.includes(event)),
      );
      for (const [event, { lo, v, hi, src, unit }] of table.prices) {
        expect(lo, event).toBeLessThanOrEqual(v);
        expect(v, event).toBeLessThanOrEqual(hi);
        expect(src.length, event).toBeGreaterThan(0);
        expect(unit, event).toContain('cycles');
      }
    },
  );

  test('charges in order all that a level takes longer than the L1', () => {
    expect(rangeOf(tableOf('cortex-a53'), 'LOAD_L2')).toEqual({ v: 21, lo: 17, hi: 26 });
    expect(rangeOf(tableOf('cortex-a53'), 'FETCH_DRAM')).toEqual({ v: 284, lo: 243, hi: 369 });
  });

  test('charges out of order the exposed part, and all of it in a chain of loads', () => {
    const { v, lo, hi } = rangeOf(tableOf('neoverse-n1'), 'LOAD_DRAM');
    expect([v, lo, hi].map((n) => Math.round(n))).toEqual([195, 96, 297]);
    expect(rangeOf(tableOf('neoverse-n1', [], 'dependent'), 'LOAD_DRAM')).toEqual({
      v: 325,
      lo: 320,
      hi: 330,
    });
    expect(rangeOf(tableOf('neoverse-n1', [], 'dependent'), 'DTLB_L2')).toEqual({ v: 3.4, lo: 1.5, hi: 5 });
  });

  test('charges a descriptor its whole latency', () => {
    expect(rangeOf(tableOf('cortex-a53'), 'WALK_READ_L2')).toEqual({ v: 24, lo: 20, hi: 29 });
  });

  test('charges a refill of the front end to returns that are not predicted', () => {
    expect(rangeOf(tableOf('neoverse-n1'), 'exc_return')).toEqual({ v: 56, lo: 36, hi: 83 });
    expect(rangeOf(tableOf('cortex-a57'), 'exc_return')).toMatchObject({ v: 65, lo: 40 });
  });

  test('charges taken branches by the level of the BTB', () => {
    const n1 = tableOf('neoverse-n1');
    const bubbles = ['TAKEN_NANO', 'TAKEN_MICRO', 'TAKEN_MAIN', 'TAKEN_DECODED'].map(
      (event) => rangeOf(n1, event).v,
    );
    expect(bubbles).toEqual([0, 1, 1.5, 4]);
  });

  test('counts in order a steady cycle as a cycle', () => {
    expect(defaultPrices(tableOf('cortex-a53')).get('issue')).toBe(1000n);
    expect(rangeOf(tableOf('neoverse-n1'), 'issue').hi).toBeGreaterThan(0.001);
    expect(rangeOf(tableOf('neoverse-n1'), 'issue').v).toBeLessThan(0.001);
  });

  test('takes issue prices of a core without a static model from another, and says from which', () => {
    const [n1, v2] = [tableOf('neoverse-n1'), tableOf('neoverse-v2')];
    expect(v2.issueModel).toBe('neoverse-n1');
    expect(v2.prices.get('issue')?.conf).toBe('E');
    expect(rangeOf(v2, 'issue').v).toBeCloseTo(rangeOf(n1, 'issue').v * 0.8, 12);
  });

  test('refuses an issue model that is not calibrated, naming the field', () => {
    const file = dataFile('profiles.json');
    file.cores = { mine: file.cores['cortex-a53'] };
    file.cores.mine.issue.model.v = 'cortex-a5';
    const mine = parseProfiles(file, 'mine.json').get('mine') ?? expect.fail();
    expect(() => priceTable(mine, SOURCES)).toThrow(
      'mine: issue.model: found "cortex-a5", expected cortex-a53 or cortex-a55 or cortex-a57 or neoverse-n1',
    );
  });

  test('prices parts of a kernel by the instruction', () => {
    const { prices } = tableOf('neoverse-n1', ['run loop']);
    const { v, lo, hi } = CALIBRATION.get('neoverse-n1')?.cyclesPerInsn ?? expect.fail();
    expect(prices.get('insn:run loop')).toMatchObject({ v, lo, hi, unit: 'cycles' });
  });

  test('has no price of what is only evidence', () => {
    expect(tableOf('neoverse-n1').prices.has('kvm_hypercall')).toBe(false);
  });

  test('takes what a core knows better than the estimates from its profile', () => {
    expect(rangeOf(tableOf('apple-m1-firestorm'), 'dmb').v).toBe(2.9);
    expect(rangeOf(tableOf('cortex-a53'), 'dmb').v).toBe(10);
  });

  test('prices a function nobody estimated as any other', () => {
    const table = tableOf('cortex-a53');
    expect(opaqueEvent(table, 'printk')).toBe('opaque:printk');
    expect(opaqueEvent(table, 'no_such_function')).toBe('opaque:other');
  });
});
