// Histories of one table by itself against the model: every granule, address layout, start level, number of tables
// side by side and IPA size the architecture has.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KVM_NR_MEM_OBJS } from '../../src/abi/kvm.js';
import { addressBits, Vm } from '../../src/kvm/index.js';
import { checkTables, freePages, strayPages } from '../model/check-tables.js';
import { type FullGeometry, GEOMETRIES, machineFor } from '../model/geometries.js';
import { checkTranslations, expectLeaves } from '../model/table-check.js';
import { TableModel } from '../model/table-model.js';

/** Histories tried per granule and layout, and the longest of them. */
const RUNS = 40;
const STEPS = 14;
/** Milliseconds on a slow machine, with room to shrink a failure. */
const PATIENCE = 180_000;
/** Table pages: enough for what the longest history maps, and a full cache. */
const POOL = 300;

const ATTRIBUTES = [0x7ffn, 0x77fn, 0x7ffn | (2n << 53n)];
const WRITE = 0x80n;
const AF = 0x400n;

/** A range near a border of `level`: from some pages before one to some pages after another. */
interface Range {
  level: number;
  /** Where in the IPA space: start, middle or end. */
  place: 'start' | 'middle' | 'end';
  before: number;
  spans: number;
  after: number;
}

type Step = { range: Range } & (
  | { do: 'map'; attributes: bigint; shift: number; bank: number }
  | { do: 'dissolve'; deep: boolean }
  | { do: 'unmap' }
  | { do: 'relax' }
  | { do: 'writeProtect' }
  | { do: 'age' }
);

const range = fc.record<Range>({
  level: fc.integer({ min: -1, max: 3 }),
  place: fc.constantFrom('start', 'middle', 'end'),
  before: fc.integer({ min: 0, max: 3 }),
  spans: fc.integer({ min: 0, max: 2 }),
  after: fc.integer({ min: 0, max: 3 }),
});
const of = <T extends string>(name: T) => fc.constant(name);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    // The output is the input in another sixteenth of the PA space, or off by some pages: then no block fits.
    arbitrary: fc.record({
      do: of('map'),
      range,
      attributes: fc.constantFrom(...ATTRIBUTES),
      shift: fc.constantFrom(0, 0, 0, 1, 5),
      bank: fc.integer({ min: 0, max: 15 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: of('dissolve'), range, deep: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: of('unmap'), range }) },
  { weight: 1, arbitrary: fc.record({ do: of('relax'), range }) },
  { weight: 1, arbitrary: fc.record({ do: of('writeProtect'), range }) },
  { weight: 1, arbitrary: fc.record({ do: of('age'), range }) },
);
const steps = fc.array(step, { minLength: 1, maxLength: STEPS, size: 'max' });

/** First address and size of a range in the pages of a geometry, cut to the IPA space; none if nothing is left. */
function resolve(model: TableModel, r: Range, short: boolean): { ipa: bigint; size: bigint } | undefined {
  const page = model.span(3);
  const span = short ? page : model.span(levelOf(model, r));
  const border = { start: span, middle: model.end / 2n, end: model.end - 2n * span }[r.place];
  const from = border - BigInt(r.before) * page;
  const to = border + BigInt(r.spans) * span + BigInt(r.after) * page;
  const ipa = from < 0n ? 0n : from;
  const last = to < model.end ? to : model.end;
  return ipa < last ? { ipa, size: last - ipa } : undefined;
}

/** The level whose borders a range is near: one that the tables have. */
function levelOf(model: TableModel, r: Range): number {
  return Math.max(r.level, model.start);
}

/** Ranges that take a table for every level-3 entry stay short. */
function isShort(s: Step): boolean {
  return (s.do === 'map' && s.shift !== 0) || (s.do === 'dissolve' && s.deep);
}

function run(vm: Vm, model: TableModel, s: Step): void {
  const at = resolve(model, s.range, isShort(s));
  if (at === undefined) return;
  const { ipa, size } = at;
  const { tables } = vm;
  switch (s.do) {
    case 'map': {
      const bits = BigInt(addressBits(vm.geometry));
      const pa = BigInt.asUintN(
        Number(bits),
        ipa + BigInt(s.shift) * model.span(3) + (BigInt(s.bank) << (bits - 4n)),
      );
      if (pa + size > 1n << bits) break;
      expect(tables.map(ipa, size, pa, s.attributes)).toBe(0);
      model.map(ipa, size, pa, s.attributes);
      break;
    }
    case 'dissolve': {
      const level = s.deep ? 3 : Math.min(3, levelOf(model, s.range) + 1);
      expect(tables.dissolve(ipa, size, level)).toBe(0);
      model.dissolve(ipa, size, level);
      break;
    }
    case 'unmap':
      tables.unmap(ipa, size);
      model.unmap(ipa, size);
      break;
    case 'relax':
      expect(tables.changeAttributes(ipa, size, WRITE | AF, 2n << 53n)).toBe(
        BigInt(model.change(ipa, size, WRITE | AF, 2n << 53n)),
      );
      break;
    case 'writeProtect':
      expect(tables.writeProtect(ipa, size)).toBe(BigInt(model.change(ipa, size, 0n, WRITE)));
      break;
    case 'age':
      expect(tables.age(ipa, size)).toBe(BigInt(model.change(ipa, size, 0n, AF)));
  }
}

function checkHistory(geometry: FullGeometry, list: readonly Step[]): void {
  const machine = machineFor(geometry, POOL);
  const vm = new Vm(machine, { geometry });
  const model = new TableModel(geometry);
  for (const s of list) {
    run(vm, model, s);
    const report = checkTables(vm);
    expectLeaves(report.leaves, model.leaves());
    expect(report.pages.size).toBe(model.nodes());
    // What is neither free nor linked is in the cache of the tables: allocated, without an entry.
    const stray = strayPages(machine, [report], []);
    expect(stray.size).toBeLessThanOrEqual(KVM_NR_MEM_OBJS);
    for (const pa of stray) expect(machine.core.tableRefs(pa)).toBe(1);
  }
  const leaves = model.leaves();
  expectLeaves([...vm.tables.leaves()], leaves);
  checkTranslations(vm, model, leaves);
  vm.destroy();
  expect(freePages(machine).size).toBe(POOL);
}

describe.each([
  [12, 'narrow'],
  [12, 'lpa2'],
  [14, 'narrow'],
  [14, 'lpa2'],
  [16, 'narrow'],
  [16, 'lpa'],
] as const)('a history of tables with a granule of 2^%i and %s addresses', (granuleShift, layout) => {
  const geometries = GEOMETRIES.filter((g) => g.granuleShift === granuleShift && g.layout === layout);

  it(
    'leaves the tables, the MMU and the page accounts as the model has them',
    () => {
      fc.assert(fc.property(fc.constantFrom(...geometries), steps, checkHistory), { numRuns: RUNS });
    },
    PATIENCE,
  );
});
