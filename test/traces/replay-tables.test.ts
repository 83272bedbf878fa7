import { beforeAll, describe, expect, it } from 'vitest';
import { TableReplay, type TablesReplay } from '../../src/scenario/replay/index.js';
import { TraceError, type TraceEvent } from '../../src/trace/index.js';
import { type Capture, IPA_SIZES, LINUX, type Loaded, load, PHASES } from './replay-captures.js';

function replay({ slots, vms, dumps }: Loaded, events: Iterable<TraceEvent>): TablesReplay {
  const tables = new TableReplay(slots, vms, 'trace.txt', dumps);
  for (const event of events) tables.feed(event);
  return tables.finish();
}

function summary({ comparisons }: TablesReplay) {
  return comparisons.map(({ name, line, ipaBits, leaves, blocks, missing, extra, different }) => ({
    name,
    line,
    ipaBits,
    leaves,
    blocks,
    differences: missing + extra + different,
  }));
}

const same = (name: string, line: number | null, ipaBits: number, leaves: number, blocks: number) => ({
  name,
  line,
  ipaBits,
  leaves,
  blocks,
  differences: 0,
});

describe("the captured kernel's own operations rebuild its tables leaf by leaf", () => {
  const cases: [string, Capture, ReturnType<typeof same>[]][] = [
    [
      'at every IPA size',
      IPA_SIZES,
      [
        same('ipa32', 528, 32, 38, 2),
        same('ipa33', 1275, 33, 550, 514),
        same('ipa34', 1906, 34, 550, 514),
        same('ipa35', 2505, 35, 39, 3),
        same('ipa36', 3294, 36, 55, 3),
        same('ipa39', 4097, 39, 55, 3),
        same('ipa40', 4947, 40, 55, 3),
        same('ipa42', 5751, 42, 55, 3),
        same('ipa43', 6608, 43, 55, 3),
        same('ipa44', 7418, 44, 55, 3),
        same('ipa47', 8250, 47, 55, 3),
        same('ipa48', 9030, 48, 55, 3),
      ],
    ],
    [
      'through dirty logging, ageing, slot changes and stage-1 walks',
      PHASES,
      [
        same('d1_mixed', 19641, 40, 1239, 30),
        same('d2_dirtylog', 31163, 40, 1771, 24),
        same('d2b_aged', 60304, 40, 378, 0),
        same('d3_mmu_on', 61103, 40, 433, 0),
        same('d4_end', 63353, 40, 505, 0),
      ],
    ],
    [
      'of a Linux guest on huge pages, at the end of the trace as its dumps have no line',
      LINUX,
      [same('gb_thp_el0', null, 40, 54, 53), same('gb_thp_el1', null, 40, 54, 53)],
    ],
  ];
  it.each(cases)('%s', async (_, capture, expected) => {
    const loaded = await load(capture);
    expect(summary(replay(loaded, loaded.events))).toEqual(expected);
  });
});

describe('what decides about the tables', () => {
  let phases: Loaded;
  let ipaSizes: Loaded;
  beforeAll(async () => {
    [phases, ipaSizes] = await Promise.all([load(PHASES), load(IPA_SIZES)]);
  });

  const total = (result: TablesReplay): number => summary(result).reduce((n, row) => n + row.differences, 0);

  it('counts the operations and the maps that the kernel gave up', () => {
    const { operations, mapsRefused, outsideVm } = replay(phases, phases.events);
    expect(operations).toEqual({ map: 4149, unmap: 1680, relax: 859, writeProtect: 122, makeOld: 2304 });
    expect([mapsRefused, outsideVm]).toEqual([104, 0]);
  });

  it('takes every map for done in a trace without s2_map_ret', () => {
    const result = replay(
      phases,
      phases.events.filter(({ kind }) => kind !== 's2MapRet'),
    );
    expect(result.mapsRefused).toBe(0);
    expect(result.operations.map).toBe(4253);
  });

  it.each(['s2Unmap', 's2Relax', 's2WrProtect'])('differs without the %s events', (kind) => {
    expect(
      total(
        replay(
          phases,
          phases.events.filter((event) => event.kind !== kind),
        ),
      ),
    ).toBeGreaterThan(0);
  });

  it('shows a page at another address in full', () => {
    const at = ipaSizes.events.findIndex((event) => event.kind === 's2Map' && event.ipa === 0x80000000n);
    const events = ipaSizes.events.map((event, i) =>
      i === at && event.kind === 's2Map' ? { ...event, phys: 0x7000n, prot: 7 } : event,
    );
    const [first] = replay(ipaSizes, events).comparisons;
    expect(first).toMatchObject({ name: 'ipa32', missing: 0, extra: 0, different: 1 });
    expect(first?.first).toEqual([
      {
        ipa: 0x80000000n,
        dump: expect.objectContaining({
          ipa: 0x80000000n,
          level: 3,
          size: 4096n,
          write: true,
          execute: false,
        }),
        ours: { ipa: 0x80000000n, pa: 0x7000n, level: 3, size: 4096n, write: true, execute: true },
      },
    ]);
  });

  it('shows what is missing and what is there besides', () => {
    const moved = ipaSizes.events.map((event) =>
      event.kind === 's2Map' && event.ipa === 0xffc00000n ? { ...event, ipa: 0xff800000n } : event,
    );
    const [first] = replay(ipaSizes, moved).comparisons;
    expect(first).toMatchObject({ missing: 1, extra: 1, different: 0 });
    expect(first?.first.map(({ ipa, dump, ours }) => [ipa, dump?.level, ours?.level])).toEqual([
      [0xff800000n, undefined, 2],
      [0xffc00000n, 2, undefined],
    ]);
  });

  it('refuses an operation outside the IPA space of its VM, naming the line', () => {
    const map = ipaSizes.events.find((event) => event.kind === 's2Map');
    const tables = new TableReplay(ipaSizes.slots, ipaSizes.vms, 'trace.txt', []);
    tables.feed({ ...map, ipa: 1n << 32n } as TraceEvent);
    expect(() => tables.finish()).toThrow(
      `trace.txt:${map?.line}: found [0x100000000, 0x100001000), expected addresses in the 32-bit IPA space of VM 1`,
    );
  });

  it('does not apply what comes while no VM is alive', () => {
    const before = { ...phases.events.find(({ kind }) => kind === 's2Map'), line: 1 } as TraceEvent;
    const tables = new TableReplay(phases.slots, phases.vms, 'trace.txt', []);
    tables.feed(before);
    expect(tables.finish()).toMatchObject({ outsideVm: 1, operations: { map: 0 } });
  });

  it('keeps maps of two threads apart until each returns', () => {
    const [map] = phases.events.filter((event) => event.kind === 's2Map');
    const ret = { ...map, kind: 's2MapRet', ret: -12 } as TraceEvent;
    const tables = new TableReplay(phases.slots, phases.vms, 'trace.txt', []);
    for (const event of [map, { ...map, task: 'vmm-109' }, ret, { ...ret, ret: 0, task: 'vmm-109' }]) {
      tables.feed(event as TraceEvent);
    }
    expect(tables.finish()).toMatchObject({ mapsRefused: 1, operations: { map: 1 } });
  });

  it('refuses a trace that ends before a dump was taken', () => {
    const cut = phases.events.slice(0, 1000);
    expect(() => replay(phases, cut)).toThrow(TraceError);
    expect(() => replay(phases, cut)).toThrow(
      /^trace.txt: found the end of the trace at line \d+, expected it to reach line 19641/,
    );
  });
});
