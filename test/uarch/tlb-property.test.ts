// TLBs and walker against a naive model on random histories: accesses, table changes with and without a TLBI, two
// VMIDs. Stale answers are those of the model too.
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MicroEvent } from '../../src/abi/uarch.js';
import { Machine } from '../../src/core/machine.js';
import type { Geometry, TableGeometry } from '../../src/uarch/geometry.js';
import { Microarch, microBytes } from '../../src/uarch/microarch.js';
import { MicroMmu, type TlbiName } from '../../src/uarch/mmu.js';
import { Translator } from '../../src/walk/translator.js';
import { type Scenario, stage2Scenario, twoStageScenario } from '../model/arch/arbitrary.js';
import { type RefAccess, RefMmu, RefTable } from './tlb-reference.js';
import * as G from './two-stage.js';

const index = (end: number) => fc.nat(end - 1);
const kind = fc.constantFrom<RefAccess>('read', 'read', 'write', 'execute');
const va = fc
  .tuple(index(2), index(2), index(5), index(4096))
  .map(([a, b, c, d]) => G.address(a, b, c) + BigInt(d));
const ipa = fc
  .tuple(index(2), index(2), index(8), index(4096))
  .map(([a, b, c, d]) => G.address(a, b, c) + BigInt(d));

/** What an entry of a table may become, by its level and stage. */
const leaf1 = (level: number) =>
  fc.tuple(ipa, fc.boolean()).map(([to, rw]) => G.leafOf(to, rw ? G.RW1 : G.RO1, level));
const leaf2 = (level: number) =>
  fc
    .tuple(
      fc.oneof(
        ipa.map((to) => G.MEMORY + to),
        index(15).map(G.frame),
      ),
      fc.boolean(),
    )
    .map(([to, rw]) => G.leafOf(to, rw ? G.RW2 : G.RO2, level));
const nothing = fc.constant(0n);
const stage1Table = (frames: readonly number[]) =>
  fc.constantFrom(...frames.map((f) => (G.TABLE_IPA.get(f) as bigint) | 3n));
const stage2Table = (frames: readonly number[]) => fc.constantFrom(...frames.map((f) => G.frame(f) | 3n));
const write = (frames: readonly number[], entries: number, desc: fc.Arbitrary<bigint>) =>
  fc.record({
    op: fc.constant('write' as const),
    table: fc.constantFrom(...frames),
    index: index(entries),
    desc,
  });

const change = fc.oneof(
  write(G.STAGE1.l3, 5, fc.oneof(leaf1(3), leaf1(3), nothing)),
  write(G.STAGE1.l2, 2, fc.oneof(stage1Table(G.STAGE1.l3), leaf1(2), nothing)),
  write([G.STAGE1.root], 2, fc.oneof(stage1Table(G.STAGE1.l2), leaf1(1), nothing)),
  write(G.STAGE2.l3, 8, fc.oneof(leaf2(3), leaf2(3), nothing)),
  write(G.STAGE2.l2, 2, fc.oneof(stage2Table(G.STAGE2.l3), leaf2(2), nothing)),
  write([G.STAGE2.root], 2, fc.oneof(stage2Table(G.STAGE2.l2), leaf2(1), nothing)),
);
const access = fc.oneof(
  { weight: 3, arbitrary: fc.record({ op: fc.constant('va' as const), address: va, access: kind }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('ipa' as const), address: ipa, access: kind }) },
);
const names: TlbiName[] = ['all', 'alle1', 'vmalls12e1', 'vmalle1', 'vaae1', 'vaale1', 'ipas2e1'];
const tlbi = fc.record({ op: fc.constant('tlbi' as const), name: fc.constantFrom(...names), address: ipa });
const step = fc.oneof(
  { weight: 12, arbitrary: access },
  { weight: 2, arbitrary: change },
  { weight: 1, arbitrary: tlbi },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('vmid' as const), vmid: fc.constantFrom(7, 9) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('host' as const), address: va, fetch: fc.boolean() }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function reference({ itlb, dtlb, stlb, walkCache, ipaCache }: Geometry, memory: Map<bigint, bigint>): RefMmu {
  const second = new RefTable(stlb);
  const table = (of: TableGeometry | undefined) => (of === undefined ? second : new RefTable(of));
  const tables = {
    itlb: new RefTable(itlb),
    dtlb: new RefTable(dtlb),
    stlb: second,
    walks: table(walkCache),
    ipas: table(ipaCache),
    unified: walkCache === undefined,
  };
  const stage1 = G.TABLE_IPA.get(G.STAGE1.root) as bigint;
  const ram = { start: G.FRAMES, end: G.FRAMES + G.FRAME_COUNT * G.PAGE };
  return new RefMmu(tables, memory, { stage1, stage2: G.frame(G.STAGE2.root) }, ram);
}

const READS = [
  MicroEvent.WALK_READ_L1,
  MicroEvent.WALK_READ_L2,
  MicroEvent.WALK_READ_L3,
  MicroEvent.WALK_READ_DRAM,
];
const OTHERS = [
  'DTLB_L2',
  'ITLB_L2',
  'WALK',
  'TLBI',
  'WALK_CACHE_LOOKUP',
  'WALK_CACHE_HIT',
  'IPA_CACHE_LOOKUP',
  'IPA_CACHE_HIT',
] as const;

function countsOf(micro: Microarch): Record<string, number> {
  const counts = micro.counts().map(Number);
  const reads = READS.reduce((sum, event) => sum + (counts[event] as number), 0);
  const named = [
    ['READ', reads] as const,
    ...OTHERS.map((name) => [name, counts[MicroEvent[name]] as number] as const),
  ];
  return Object.fromEntries(named.filter(([, n]) => n !== 0));
}

describe.each(G.LAYOUTS)('a core with %s', (_, geometry) => {
  it('answers and counts as the naive model does, stale entries included', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
        const bench = G.twoStage(geometry);
        const memory = new Map(G.initialEntries().map(([f, i, desc]) => [G.frame(f) + BigInt(i * 8), desc]));
        const model = reference(geometry, memory);
        const differ = steps.flatMap((each) => {
          const [found, expected] = [take(bench, each), follow(model, memory, each)];
          return isDeepStrictEqual(found, expected) ? [] : [{ each, found, expected }];
        });
        expect(differ).toEqual([]);
        expect(countsOf(bench.micro)).toEqual(model.counts);
      }),
      { numRuns: 400 },
    );
  }, 60_000);

  it('answers as the tables do after every change that a TLBI follows, and holds nothing stale then', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const bench = G.twoStage(geometry);
        const differ = steps.flatMap((each) => {
          const found = take(bench, each);
          if (each.op === 'write') bench.mmu.tlbi('alle1');
          if (each.op !== 'va' && each.op !== 'ipa') return [];
          const request = each.op === 'va' ? { va: each.address } : { ipa: each.address };
          const expected = bench.translator.translate({ ...request, access: each.access });
          return found?.pa === (expected.ok ? expected.pa : 'fault') ? [] : [{ each, found, expected }];
        });
        expect(differ).toEqual([]);
        expect(bench.mmu.staleEntries()).toEqual([]);
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});

function take({ mmu, translator, put }: G.TwoStage, each: Step) {
  if (each.op === 'write') return put(each.table, each.index, each.desc);
  if (each.op === 'tlbi') {
    const byAddress = each.name.startsWith('va') || each.name === 'ipas2e1';
    return mmu.tlbi(each.name, byAddress ? each.address : undefined);
  }
  if (each.op === 'vmid') return translator.setRegisters({ vttbr: G.registers(each.vmid).vttbr });
  if (each.op === 'host') return mmu.hostTranslate(each.address, each.fetch);
  const { access, address } = each;
  const result = mmu.access(each.op === 'va' ? { va: address, access } : { ipa: address, access });
  return { source: result.source, pa: result.ok ? result.pa : 'fault' };
}

function follow(model: RefMmu, memory: Map<bigint, bigint>, each: Step) {
  if (each.op === 'write') memory.set(G.frame(each.table) + BigInt(each.index * 8), each.desc);
  else if (each.op === 'tlbi') model.tlbi(each.name, each.address);
  else if (each.op === 'vmid') model.vmid = each.vmid;
  else if (each.op === 'host') model.host(each.address, each.fetch);
  else return model.access(each.op, each.address, each.access);
  return undefined;
}

describe.each([
  ['stage 2 alone', stage2Scenario],
  ['stage 1 through stage 2', twoStageScenario],
])('%s, of any geometry and with any registers', (_, scenario) => {
  it('answers through TLBs as without them', () => {
    fc.assert(
      fc.property(scenario, fc.constantFrom(G.UNIFIED, G.SEPARATE), (each, geometry) => {
        expect(unlike(each, geometry)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});

const HELD_ACCESSES = ['read', 'write', 'execute', 'atomic'] as const;

/** The first access that the TLBs answer otherwise than the walk does; each is made twice. */
function unlike(scenario: Scenario, geometry: Geometry): unknown {
  const machine = new Machine({
    accounted: true,
    banks: scenario.banks.map(({ base, size }) => ({ pa: base, size, kind: 'ram' })),
    roots: { pa: (1n << 52n) - 0x2000n, size: 4096 },
    tablePool: { pa: (1n << 52n) - 0x1000n, pages: 1 },
    regions: [],
    pageState: false,
    arenaBytes: microBytes(geometry) + (1 << 14),
  });
  for (const { pa, words } of scenario.blocks) {
    for (const [i, word] of words.entries()) machine.writeRam(pa + 8n * BigInt(i), word);
  }
  const { features, choices } = scenario;
  const translator = new Translator(machine, scenario.registers, { features, choices });
  const mmu = new MicroMmu(new Microarch(machine, geometry), translator);
  for (const query of [...scenario.queries, ...scenario.queries]) {
    const access = HELD_ACCESSES.find((name) => name === query.access);
    if (access === undefined) continue;
    const common = { access, el: query.el };
    const request =
      'ipa' in query ? { ipa: query.ipa, ...common } : { va: query.va, pan: query.pan ?? false, ...common };
    const { source, ...found } = mmu.access(request);
    const expected = translator.translate(request);
    const same =
      found.ok && expected.ok
        ? found.pa === expected.pa
        : !found.ok && !expected.ok && isDeepEqual(found.fault, expected.fault);
    if (!same) return { request, source, found, expected };
  }
  return undefined;
}

const isDeepEqual = (a: object, b: object) => String(Object.entries(a)) === String(Object.entries(b));
