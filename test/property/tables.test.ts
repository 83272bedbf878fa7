// Histories of one table by itself, for every granule and every IPA size from 32 to 48 bits, against the model.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KVM_NR_MEM_OBJS } from '../../src/abi/kvm.js';
import { createHost, type Geometry, Vm } from '../../src/kvm/index.js';
import { checkTables, freePages, strayPages } from '../model/check-tables.js';
import { Access, Hardware } from '../model/hardware.js';
import { TableModel } from '../model/table-model.js';

/** Histories tried per granule, and the longest of them. */
const RUNS = 40;
const STEPS = 14;
/** Milliseconds on a slow machine, with room to shrink a failure. */
const PATIENCE = 180_000;
/** Table pages: enough for what the longest history maps, and a full cache. */
const POOL = 220;

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
  | { do: 'map'; attributes: bigint; shift: number }
  | { do: 'unmap' }
  | { do: 'relax' }
  | { do: 'writeProtect' }
  | { do: 'age' }
);

const range = fc.record<Range>({
  level: fc.integer({ min: 1, max: 3 }),
  place: fc.constantFrom('start', 'middle', 'end'),
  before: fc.integer({ min: 0, max: 3 }),
  spans: fc.integer({ min: 0, max: 2 }),
  after: fc.integer({ min: 0, max: 3 }),
});
const of = <T extends string>(name: T) => fc.constant(name);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    // The output is the input, or off by some pages: then no block fits.
    arbitrary: fc.record({
      do: of('map'),
      range,
      attributes: fc.constantFrom(...ATTRIBUTES),
      shift: fc.constantFrom(0, 0, 0, 1, 5),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: of('unmap'), range }) },
  { weight: 1, arbitrary: fc.record({ do: of('relax'), range }) },
  { weight: 1, arbitrary: fc.record({ do: of('writeProtect'), range }) },
  { weight: 1, arbitrary: fc.record({ do: of('age'), range }) },
);
const steps = fc.array(step, { minLength: 1, maxLength: STEPS, size: 'max' });

/** First address and size of a range in the pages of a geometry, cut to the IPA space; none if nothing is left. */
function resolve(
  model: TableModel,
  r: Range,
  misaligned: boolean,
): { ipa: bigint; size: bigint } | undefined {
  const page = model.span(3);
  // A range that only pages can map stays short.
  const span = misaligned ? page : model.span(r.level);
  const border = { start: span, middle: model.end / 2n, end: model.end - 2n * span }[r.place];
  const from = border - BigInt(r.before) * page;
  const to = border + BigInt(r.spans) * span + BigInt(r.after) * page;
  const ipa = from < 0n ? 0n : from;
  const last = to < model.end ? to : model.end;
  return ipa < last ? { ipa, size: last - ipa } : undefined;
}

function run(vm: Vm, model: TableModel, s: Step): void {
  const at = resolve(model, s.range, s.do === 'map' && s.shift !== 0);
  if (at === undefined) return;
  const { ipa, size } = at;
  const { tables } = vm;
  switch (s.do) {
    case 'map': {
      const pa = ipa + BigInt(s.shift) * model.span(3);
      const limit = 1n << 48n;
      if (pa + size > limit) break;
      expect(tables.map(ipa, size, pa, s.attributes)).toBe(0);
      model.map(ipa, size, pa, s.attributes);
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

/** The MMU's answer for a leaf at both ends and just beside it. */
function checkHardware(vm: Vm, model: TableModel): void {
  const hardware = new Hardware(vm);
  const leaves = model.leaves();
  const mapped = (ipa: bigint) => leaves.find((l) => ipa >= l.ipa && ipa < l.ipa + model.span(l.level));
  // Long runs of pages are looked at where they begin and end.
  const sample = leaves.length <= 24 ? leaves : [...leaves.slice(0, 12), ...leaves.slice(-12)];
  for (const { ipa, level } of sample) {
    const end = ipa + model.span(level);
    for (const at of [ipa, end - 8n, ipa - 8n, end]) {
      if (at < 0n) continue;
      const found = mapped(at);
      for (const access of [Access.READ, Access.WRITE, Access.EXECUTE]) {
        expect(hardware.translate(at, access)).toEqual(answer(model, found, at, access));
      }
    }
  }
  hardware.release();
}

function answer(
  model: TableModel,
  leaf: { ipa: bigint; desc: bigint; level: number } | undefined,
  at: bigint,
  access: Access,
) {
  if (leaf === undefined) return { type: 0x04, level: model.missingLevel(at) };
  const { desc, level } = leaf;
  if ((desc & AF) === 0n) return { type: 0x08, level };
  const denied =
    (access === Access.WRITE && (desc & WRITE) === 0n) ||
    (access === Access.EXECUTE && (desc & (2n << 53n)) !== 0n);
  if (denied) return { type: 0x0c, level };
  return { pa: (desc & 0xffff_ffff_f000n) + (at - leaf.ipa) };
}

describe.each([12, 14, 16] as const)('a history of tables with a granule of 2^%i', (granuleShift) => {
  it(
    'leaves the tables, the MMU and the page accounts as the model has them',
    () => {
      fc.assert(
        fc.property(fc.integer({ min: 32, max: 48 }), steps, (ipaBits, list) => {
          const machine = createHost({
            ramBytes: 256n << 20n,
            tablePages: POOL,
            pageShift: granuleShift,
            pageState: false,
            arenaBytes: 1 << 20,
          });
          const geometry: Geometry = { granuleShift, ipaBits };
          const vm = new Vm(machine, { geometry });
          const model = new TableModel(geometry);
          for (const s of list) {
            run(vm, model, s);
            const report = checkTables(vm);
            expect(report.leaves).toEqual(model.leaves());
            expect(report.pages.size).toBe(model.nodes());
            // What is neither free nor linked is in the cache of the tables: allocated, without an entry.
            const stray = strayPages(machine, [report], []);
            expect(stray.size).toBeLessThanOrEqual(KVM_NR_MEM_OBJS);
            for (const pa of stray) expect(machine.core.tableRefs(pa)).toBe(1);
          }
          expect([...vm.tables.leaves()]).toEqual(model.leaves());
          checkHardware(vm, model);
          vm.destroy();
          expect(freePages(machine).size).toBe(POOL);
        }),
        { numRuns: RUNS },
      );
    },
    PATIENCE,
  );
});
