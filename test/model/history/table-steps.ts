// What is done to the tables of a VM by themselves in a history, to them and to the model, for any geometry.
import fc from 'fast-check';
import { ENOMEM } from '../../../src/abi/kvm.js';
import { addressBits, type Vm } from '../../../src/kvm/index.js';
import type { TableModel } from '../table-model.js';
import { expectSame } from './check.js';

const RW = 0x7ffn;
const ATTRIBUTES = [RW, 0x77fn, RW | (2n << 53n)];
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

export type TableAction = { range: Range } & (
  | { do: 'map'; attributes: bigint; shift: number; bank: number }
  | { do: 'idmap'; blocks: boolean; cancel: boolean }
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

export const tableAction: fc.Arbitrary<TableAction> = fc.oneof(
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
  {
    weight: 2,
    arbitrary: fc.record({
      do: of('idmap'),
      range,
      blocks: fc.boolean(),
      cancel: fc.constantFrom(false, false, false, true),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: of('dissolve'), range, deep: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: of('unmap'), range }) },
  { weight: 1, arbitrary: fc.record({ do: of('relax'), range }) },
  { weight: 1, arbitrary: fc.record({ do: of('writeProtect'), range }) },
  { weight: 1, arbitrary: fc.record({ do: of('age'), range }) },
);

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
function isShort(s: TableAction): boolean {
  if (s.do === 'map') return s.shift !== 0;
  return (s.do === 'dissolve' && s.deep) || (s.do === 'idmap' && !s.blocks);
}

/** Who looks at the machine in the middle of a step. */
export interface Watch {
  /** The allocator refused an operation, which is tried again: the limit has to go. */
  onRefusal: () => void;
  /** Pages are set aside for a map. */
  onPrepared: () => void;
}

/** Does it to the tables and to the model. */
export function runTableAction(vm: Vm, model: TableModel, s: TableAction, watch: Watch): void {
  const at = resolve(model, s.range, isShort(s));
  if (at === undefined) return;
  const { ipa, size } = at;
  const { tables } = vm;
  const expectDone = (run: () => number) => {
    let ret = run();
    if (ret === -ENOMEM) {
      watch.onRefusal();
      ret = run();
    }
    expectSame(`result of ${s.do}`, ret, 0);
  };
  switch (s.do) {
    case 'map': {
      const bits = BigInt(addressBits(vm.geometry));
      const pa = BigInt.asUintN(
        Number(bits),
        ipa + BigInt(s.shift) * model.span(3) + (BigInt(s.bank) << (bits - 4n)),
      );
      if (pa + size > 1n << bits) break;
      expectDone(() => tables.map(ipa, size, pa, s.attributes));
      model.map(ipa, size, pa, s.attributes);
      break;
    }
    case 'idmap':
      expectDone(() => vm.idmap.prepare({ ipa, size, blocks: s.blocks }));
      watch.onPrepared();
      if (s.cancel) vm.idmap.cancel();
      else {
        vm.idmap.commit();
        model.map(ipa, size, ipa, RW, s.blocks ? undefined : 3);
      }
      break;
    case 'dissolve': {
      const level = s.deep ? 3 : Math.min(3, levelOf(model, s.range) + 1);
      expectDone(() => tables.dissolve(ipa, size, level));
      model.dissolve(ipa, size, level);
      break;
    }
    case 'unmap':
      tables.unmap(ipa, size);
      model.unmap(ipa, size);
      break;
    case 'relax':
      expectChanged(vm, tables.changeAttributes(ipa, size, WRITE | AF, 2n << 53n), () =>
        model.change(ipa, size, WRITE | AF, 2n << 53n),
      );
      break;
    case 'writeProtect':
      expectChanged(vm, tables.writeProtect(ipa, size), () => model.change(ipa, size, 0n, WRITE));
      break;
    case 'age':
      expectChanged(vm, tables.age(ipa, size), () => model.change(ipa, size, 0n, AF));
  }
}

/** Changed attributes leave the flush to the caller, once for all of them. */
function expectChanged(vm: Vm, found: bigint, expected: () => number): void {
  vm.machine.core.tlbFlushAll(vm.offset);
  expectSame('leaves that changed', found, BigInt(expected()));
}
