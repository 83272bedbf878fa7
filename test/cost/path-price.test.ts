// What recorded paths cost by their counts alone, against the cycles of the whole paths.
import { describe, expect, test } from 'vitest';
import { Access, CLASS_ACCESS_LSB, ClassType } from '../../src/abi/event.js';
import {
  codeEvents,
  costOf,
  cyclesOf,
  defaultPrices,
  type EventCounts,
  eventDifference,
  highPrices,
  KERNEL_PARTS,
  lowPrices,
  type PriceTable,
  parseKernels,
  type Range,
  staticCounts,
} from '../../src/cost/index.js';
import { fixedEvents, variantEvents } from '../../src/scenario/comparison/fixed-events.js';
import { kernelEvents } from '../../src/scenario/comparison/kernel-events.js';
import {
  BUILD_IDS,
  CALIBRATION,
  dataFile,
  loadBuild,
  PROFILES,
  tableOf as tableOfParts,
  WORLD_SWITCH,
  walkOf,
} from '../unit/fixtures-cost/load.js';

const WRITE = ClassType.TRANSLATION | (Access.WRITE << CLASS_ACCESS_LSB);
const WRITE_PERMISSION = ClassType.PERMISSION | (Access.WRITE << CLASS_ACCESS_LSB);
const MODELLED = [...CALIBRATION.keys()];
const IN_ORDER = ['cortex-a53', 'cortex-a55'];

const tableOf = (core: string): PriceTable => tableOfParts(core, KERNEL_PARTS);
const { kernels } = parseKernels(dataFile('kernels.json'), 'kernels.json');
const NVHE = kernelEvents(kernels.get('nvhe-4.x') ?? expect.fail(), WORLD_SWITCH);

const eventsOf = (id: string, path: string, table: PriceTable): EventCounts =>
  codeEvents(staticCounts(walkOf(id, path)), NVHE.hypercall, table);

/** What the variant adds, with its issue counted apart. */
function addedEvents(config: string, [from, to]: readonly [string, string], path: string, table: PriceTable) {
  const base = eventsOf(`${config}-${from}`, path, table);
  return eventDifference(base, variantEvents(base, eventsOf(`${config}-${to}`, path, table)));
}

function costRange(events: EventCounts, table: PriceTable): Range {
  const cost = (pricesOf: typeof defaultPrices) => cyclesOf(costOf(events, pricesOf(table)));
  return { v: cost(defaultPrices), lo: cost(lowPrices), hi: cost(highPrices) };
}

const only = (events: EventCounts, event: string): EventCounts => new Map([[event, events.get(event) ?? 0n]]);

describe('the price of a path', () => {
  test.each([...PROFILES.keys()])('on %s is in its range, for every path of every build', (core) => {
    const table = tableOf(core);
    for (const id of BUILD_IDS) {
      for (const path of loadBuild(id).paths.keys()) {
        const { v, lo, hi } = costRange(eventsOf(id, path, table), table);
        expect(lo, `${id} ${path}`).toBeLessThanOrEqual(v);
        expect(v, `${id} ${path}`).toBeLessThanOrEqual(hi);
        expect(lo, `${id} ${path}`).toBeGreaterThan(0);
      }
    }
  });

  test.each([
    ['cortex-a53', 1622],
    ['cortex-a55', 1471],
  ])('on %s, in order, has the issue of its blocks, and the whole path lies in its range', (core, whole) => {
    const table = tableOf(core);
    const issue = costRange(only(eventsOf('gcc12c-base', 'write_anon_warm', table), 'issue'), table);
    expect(Math.abs(issue.v / whole - 1)).toBeLessThan(0.01);
    expect(issue.lo).toBeLessThanOrEqual(whole);
    expect(issue.hi).toBeGreaterThanOrEqual(whole);
  });

  test.each([
    ['cortex-a57', 456],
    ['neoverse-n1', 294],
  ])(
    'on %s, out of order, has less issue than its blocks, and the whole path in its range',
    (core, whole) => {
      const table = tableOf(core);
      const events = only(eventsOf('gcc12c-base', 'write_anon_warm', table), 'issue');
      const issue = costRange(events, table);
      expect(issue.v).toBeLessThan(Number(events.get('issue')) / 1000);
      expect(issue.lo).toBeLessThanOrEqual(whole);
      expect(issue.hi).toBeGreaterThanOrEqual(whole);
      expect(issue.hi - issue.lo).toBeGreaterThan(10);
    },
  );

  test('charges cache lines, functions that were not compiled, a hypercall and the switch by name', () => {
    const counts = staticCounts(walkOf('gcc12c-base', 'write_perm'));
    const events = fixedEvents(counts, WRITE_PERMISSION, NVHE, tableOf('neoverse-n1'));
    const [code, around] = [
      codeEvents(counts, NVHE.hypercall, tableOf('neoverse-n1')),
      NVHE.switchOf(WRITE_PERMISSION),
    ];
    for (const event of ['dc_civac', 'dc_cvau', 'ic_ivau']) expect(events.get(event), event).toBe(64n);
    expect(events.get('opaque:get_user_pages_unlocked')).toBe(1n);
    expect([code.get('tlbi'), code.get('exc_entry')]).toEqual([2n, 1n]);
    expect([around.get('exc_return'), around.get('at')]).toEqual([2n, 1n]);
    expect(NVHE.switchOf(WRITE).get('at')).toBeUndefined();
  });
});

describe('the difference of two builds', () => {
  test.each([
    ['cortex-a53', 4],
    ['cortex-a55', 3],
    ['cortex-a57', 1],
    ['neoverse-n1', 0],
  ])('rfc - base on %s is issue alone, and has that of the whole paths in its range', (core, whole) => {
    const table = tableOf(core);
    const added = addedEvents('gcc12c', ['base', 'rfc'], 'write_anon_warm', table);
    expect([...added.keys()]).toEqual(['issue_added']);
    const { v, lo, hi } = costRange(added, table);
    expect(Math.abs(v - whole)).toBeLessThan(1);
    expect(lo).toBeLessThanOrEqual(whole + 0.1);
    expect(hi).toBeGreaterThanOrEqual(whole - 0.1);
  });

  test('is nothing between builds of one code', () => {
    for (const core of MODELLED) {
      expect(addedEvents('gcc12', ['rfc', 'pred'], 'read_anon_warm', tableOf(core))).toEqual(new Map());
    }
  });

  test('turns round with its builds', () => {
    for (const core of MODELLED) {
      const table = tableOf(core);
      const there = costRange(addedEvents('gcc12', ['base', 'rfc'], 'write_anon_warm', table), table);
      const back = costRange(addedEvents('gcc12', ['rfc', 'base'], 'write_anon_warm', table), table);
      expect(there.hi, core).toBeGreaterThan(0);
      expect(back.v + there.v, core).toBe(0);
    }
  });

  test('on an in-order core is that of the whole paths, on every path', () => {
    for (const core of IN_ORDER) {
      const table = tableOf(core);
      const samples = CALIBRATION.get(core)?.samples ?? [];
      for (const { path, whole, build } of samples.filter((sample) => sample.build === 'gcc12c-base')) {
        const other = samples.find((sample) => sample.path === path && sample.build !== build);
        const { v } = costRange(addedEvents('gcc12c', ['base', 'rfc'], path, table), table);
        expect(Math.abs(v - ((other?.whole ?? Number.NaN) - whole)), path).toBeLessThan(1);
      }
    }
  });

  test('shows an operation that only one of them does', () => {
    const table = tableOf('cortex-a53');
    const added = eventDifference(
      eventsOf('gcc12c-base', 'write_anon_warm', table),
      eventsOf('gcc12c-base', 'write_perm', table),
    );
    expect(added.get('tlbi')).toBe(2n);
    expect(cyclesOf(costOf(only(added, 'tlbi'), defaultPrices(table)))).toBeGreaterThan(0);
  });
});
