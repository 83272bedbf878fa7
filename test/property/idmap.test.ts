// Histories of slots mapped one to one in every way there is, on every geometry: each way gives the same translation
// for every IPA, takes the table pages it was counted to need, and fails without a trace.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENOMEM } from '../../src/abi/kvm.js';
import { Vm } from '../../src/kvm/index.js';
import { checkTables, type RawLeaf, strayPages } from '../model/check-tables.js';
import { FORMATS, type FullGeometry, GEOMETRIES, machineFor } from '../model/geometries.js';
import { Access, Hardware } from '../model/hardware.js';
import { expectLeaves } from '../model/table-check.js';
import { TableModel } from '../model/table-model.js';

/** Histories tried per granule and layout. */
const RUNS = 40;
/** Milliseconds on a slow machine, with room to shrink a failure. */
const PATIENCE = 180_000;
const POOL = 400;
/** Histories that map more pages than this are left to the maps in blocks. */
const MANY_PAGES = 20_000n;
const NORMAL = 0x7ffn;
const CONTIGUOUS = 1n << 52n;

const WAYS = ['asPosted', 'upFront', 'upFront, contiguous', 'blocks', 'blocks, contiguous'] as const;
type Way = (typeof WAYS)[number];

interface Range {
  ipa: bigint;
  size: bigint;
}
/** A range near a border of `level`: from some pages before one to some pages after another. */
interface Place {
  level: number;
  place: 'start' | 'middle' | 'end';
  before: number;
  spans: number;
  after: number;
}
type Step = { do: 'create' | 'move' | 'delete'; place: Place; slot: number; budget: number };

const place = fc.record<Place>({
  level: fc.integer({ min: -1, max: 3 }),
  place: fc.constantFrom('start', 'middle', 'end'),
  before: fc.integer({ min: 0, max: 140 }),
  spans: fc.integer({ min: 0, max: 2 }),
  after: fc.integer({ min: 0, max: 140 }),
});
const step = fc.record<Step>({
  do: fc.constantFrom('create', 'create', 'move', 'delete'),
  place,
  slot: fc.nat({ max: 3 }),
  budget: fc.nat({ max: 5 }),
});
const steps = fc.array(step, { minLength: 1, maxLength: 5, size: 'max' });

function rangeAt(model: TableModel, p: Place): Range | undefined {
  const page = model.span(3);
  const span = model.span(Math.max(p.level, model.start));
  const border = { start: span, middle: model.end / 2n, end: model.end - 2n * span }[p.place];
  const from = border - BigInt(p.before) * page;
  const to = border + BigInt(p.spans) * span + BigInt(p.after) * page;
  const [ipa, last] = [from < 0n ? 0n : from, to < model.end ? to : model.end];
  return ipa < last ? { ipa, size: last - ipa } : undefined;
}

/** A change of slots: what goes, then what comes. */
interface Change {
  old: Range | undefined;
  next: Range | undefined;
  budget: number;
}

/** The changes that a history comes to: no two slots overlap, and there is a slot to move or to delete. */
function changesOf(model: TableModel, history: readonly Step[]): Change[] {
  const slots: Range[] = [];
  const changes: Change[] = [];
  for (const s of history) {
    const old = s.do === 'create' ? undefined : slots[s.slot % Math.max(slots.length, 1)];
    const next = s.do === 'delete' ? undefined : rangeAt(model, s.place);
    if ((s.do === 'create') !== (old === undefined) || (s.do === 'delete') !== (next === undefined)) continue;
    const overlaps = (r: Range) =>
      next !== undefined && r !== old && next.ipa < r.ipa + r.size && r.ipa < next.ipa + next.size;
    if (slots.some(overlaps)) continue;
    if (old !== undefined) slots.splice(slots.indexOf(old), 1);
    if (next !== undefined) slots.push(next);
    changes.push({ old, next, budget: s.budget });
  }
  return changes;
}

function apply(vm: Vm, way: Way, { old, next, budget }: Change): void {
  if (next !== undefined && way !== 'asPosted') prepare(vm, way, next, old, budget);
  if (old !== undefined) vm.tables.unmap(old.ipa, old.size);
  if (next === undefined) return;
  if (way === 'asPosted') {
    expect(vm.tables.idmapAsPosted(next.ipa, next.size)).toBe(0);
    return;
  }
  const free = vm.machine.freeTablePages;
  vm.idmap.commit();
  // Nothing was set aside in vain.
  expect(vm.machine.freeTablePages).toBe(free);
}

/** With too few pages it fails and leaves all as it was; then it sets aside what it says. */
function prepare(vm: Vm, way: Way, { ipa, size }: Range, old: Range | undefined, budget: number): void {
  const { machine } = vm;
  const request = {
    ipa,
    size,
    blocks: way.startsWith('blocks'),
    contiguous: way.endsWith('contiguous'),
    ...(old && { unmappedFirst: old }),
  };
  const [free, leaves] = [machine.freeTablePages, checkTables(vm).leaves];
  machine.setAllocationBudget(budget);
  let ret = vm.idmap.prepare(request);
  expect(ret).toBe(vm.idmap.tablePages > budget ? -ENOMEM : 0);
  machine.setAllocationBudget('unlimited');
  if (ret < 0) {
    expect(machine.freeTablePages).toBe(free);
    ret = vm.idmap.prepare(request);
  }
  expect(ret).toBe(0);
  expect(free - machine.freeTablePages).toBe(vm.idmap.tablePages);
  expectLeaves(checkTables(vm).leaves, leaves);
}

/** Entries of a contiguous set, by granule and level. */
const SET: Record<number, Record<number, number>> = {
  12: { 1: 16, 2: 16, 3: 16 },
  14: { 2: 32, 3: 128 },
  16: { 2: 32, 3: 32 },
};

/** The hint is in the leaves whose whole aligned set lies in one slot, and in no other. */
function checkHints(
  leaves: readonly RawLeaf[],
  model: TableModel,
  slots: readonly Range[],
  granule: number,
): void {
  for (const { ipa, desc, level } of leaves) {
    const bytes = model.span(level) * BigInt(SET[granule]?.[level] ?? 0);
    const first = bytes === 0n ? 0n : ipa - (ipa % bytes);
    const whole = bytes > 0n && slots.some((s) => s.ipa <= first && first + bytes <= s.ipa + s.size);
    if (((desc & CONTIGUOUS) !== 0n) !== whole)
      throw new Error(`hint of 0x${ipa.toString(16)} of level ${level}`);
  }
}

/** Both ends of every slot, present or past, of its first and last leaves, and the words beside them. */
function probesOf(changes: readonly Change[], model: TableModel): bigint[] {
  const ends = changes
    .flatMap(({ old, next }) => [old, next])
    .flatMap((r) => (r ? [r.ipa, r.ipa + r.size] : []))
    .flatMap((at) =>
      [3, 2, 1]
        .filter((l) => l >= model.start)
        .flatMap((l) => [at - (at % model.span(l)), at + model.span(l)]),
    )
    .concat(changes.flatMap(({ next }) => (next ? [next.ipa, next.ipa + next.size] : [])));
  return [...new Set(ends.flatMap((at) => [at - 8n, at, at + 0x18n]))].filter(
    (at) => at >= 0n && at < model.end,
  );
}

function checkTranslations(vm: Vm, probes: readonly bigint[], slots: readonly Range[]): void {
  const hardware = new Hardware(vm);
  const wrong = probes.flatMap((ipa) => {
    const mapped = slots.some((s) => ipa >= s.ipa && ipa < s.ipa + s.size);
    return [Access.READ, Access.WRITE, Access.EXECUTE].flatMap((access) => {
      const answer = hardware.translate(ipa, access);
      const right = mapped ? 'pa' in answer && answer.pa === ipa : 'type' in answer && answer.type === 0x04;
      return right ? [] : [{ ipa, access, mapped, answer }];
    });
  });
  expect(wrong).toEqual([]);
  hardware.release();
}

function checkWay(geometry: FullGeometry, way: Way, changes: readonly Change[]): void {
  const machine = machineFor(geometry, POOL);
  const vm = new Vm(machine, { geometry });
  const model = new TableModel(geometry);
  const slots: Range[] = [];
  for (const change of changes) {
    apply(vm, way, change);
    if (change.old !== undefined) {
      slots.splice(slots.indexOf(change.old), 1);
      model.unmap(change.old.ipa, change.old.size);
    }
    if (change.next !== undefined) {
      slots.push(change.next);
      model.map(change.next.ipa, change.next.size, change.next.ipa, NORMAL);
    }
    const report = checkTables(vm);
    if (way.startsWith('blocks')) {
      expectLeaves(
        report.leaves.map((leaf) => ({ ...leaf, desc: leaf.desc & ~CONTIGUOUS })),
        model.leaves(),
      );
      expect(report.pages.size).toBe(model.nodes());
    } else {
      expect(report.leaves.every(({ level }) => level === 3)).toBe(true);
      expect(report.leaves).toHaveLength(Number(slots.reduce((n, { size }) => n + size / model.span(3), 0n)));
    }
    if (way.endsWith('contiguous')) checkHints(report.leaves, model, slots, geometry.granuleShift);
    if (way !== 'asPosted') expect(strayPages(machine, [report], []).size).toBe(0);
    checkTranslations(vm, probesOf(changes, model), slots);
  }
}

function checkHistory(geometry: FullGeometry, history: readonly Step[]): void {
  const model = new TableModel(geometry);
  const changes = changesOf(model, history);
  const most = changes.reduce((n, { next }) => n + (next?.size ?? 0n) / model.span(3), 0n);
  for (const way of WAYS) {
    if (!way.startsWith('blocks') && most > MANY_PAGES) continue;
    if (way === 'asPosted' && model.start === 3) continue;
    checkWay(geometry, way, changes);
  }
}

describe.each(FORMATS)(
  'slots mapped one to one with a granule of 2^%i and %s addresses',
  (granuleShift, layout) => {
    const geometries = GEOMETRIES.filter((g) => g.granuleShift === granuleShift && g.layout === layout);

    it(
      'translate alike in every way of mapping them',
      () => {
        fc.assert(fc.property(fc.constantFrom(...geometries), steps, checkHistory), { numRuns: RUNS });
      },
      PATIENCE,
    );
  },
);
