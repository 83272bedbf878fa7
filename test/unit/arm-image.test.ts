import { describe, expect, it } from 'vitest';
import { vtcr } from '../../src/kvm/geometry.js';
import { type ImageTable, loadImage, type TableImage } from '../../src/walk/image.js';
import { tableLeaves } from '../../src/walk/leaves.js';
import { tableTree } from '../../src/walk/tree.js';

const ROOT = 0x8000_0000n;
const L2 = 0xff_ffff_f000n;
const LEAF = 0x7ddn;

const table = (pa: bigint, entries: [number, bigint][], nEntries = 512): ImageTable => ({
  pa,
  nEntries,
  entries: new Map(entries),
});

function image(
  tablePages: ImageTable[],
  change: { vtcr?: bigint; id?: Record<string, bigint> } = {},
): TableImage {
  const id = {
    ID_AA64MMFR0_EL1: 5n,
    ID_AA64MMFR1_EL1: 0n,
    ID_AA64MMFR2_EL1: 0n,
    ...change.id,
  };
  return {
    tablePages,
    registers: {
      vtcr: change.vtcr ?? vtcr({ granuleShift: 12, ipaBits: 39 }, 48),
      vttbr: ROOT,
      hcr: 1n,
      all: new Map(Object.entries(id)),
    },
  };
}

const GOOD = [
  table(ROOT, [
    [0, L2 | 3n],
    [5, 0x4000_0000n | LEAF],
  ]),
  table(L2, [[1, 0x20_0000n | LEAF]]),
];

describe('an image of tables', () => {
  it('becomes a machine that holds these tables and nothing else', () => {
    const { machine } = loadImage(image(GOOD));
    for (const { pa } of GOOD) expect(machine.ramOffset(pa)).toBeDefined();
    for (const pa of [0n, ROOT - 1n, ROOT + 0x1000n, L2 - 1n, L2 + 0x1000n]) {
      expect(machine.ramOffset(pa)).toBeUndefined();
    }
  });

  it('may have tables and outputs above 2^48 with FEAT_LPA2, which dump and walk alike', () => {
    // PARange 6, TGran4 1 (FEAT_LPA2); bits 51:50 of an address stand in bits 9:8.
    const high = (1n << 50n) | (1n << 48n) | 0x7000n;
    const inDescriptor = (1n << 8n) | (1n << 48n) | 0x7000n;
    const wide = vtcr({ granuleShift: 12, ipaBits: 39, layout: 'lpa2' }, 52);
    const tables = [table(ROOT, [[0, inDescriptor | 3n]]), table(high, [[1, (1n << 49n) | 0x20_04ddn]])];
    const translator = loadImage(image(tables, { vtcr: wide, id: { ID_AA64MMFR0_EL1: 0x1000_0006n } }));
    expect(translator.translate({ ipa: 0x20_1234n })).toMatchObject({
      ok: true,
      pa: (1n << 49n) | 0x20_1234n,
    });
    expect([...tableLeaves(translator.machine, translator.regime)]).toMatchObject([
      { ipa: 0x20_0000n, level: 2 },
    ]);
    expect(tableTree(tables, translator.regime)).toEqual({ reachable: 2, missing: [] });
  });

  it('translates over the whole address range', () => {
    const translator = loadImage(image(GOOD));
    expect(translator.translate({ ipa: 0x20_1234n })).toMatchObject({ ok: true, pa: 0x20_1234n });
    expect(translator.translate({ ipa: 5n << 30n })).toMatchObject({ ok: true, pa: 0x4000_0000n });
  });

  it('gives its leaves to a software walk in order of IPA', () => {
    const { machine, regime } = loadImage(image(GOOD));
    expect([...tableLeaves(machine, regime)]).toEqual([
      { ipa: 0x20_0000n, desc: 0x20_0000n | LEAF, level: 2 },
      { ipa: 5n << 30n, desc: 0x4000_0000n | LEAF, level: 1 },
    ]);
  });

  it('may list each of the concatenated first tables on its own', () => {
    const wide = { vtcr: vtcr({ granuleShift: 12, ipaBits: 40 }, 48) };
    const tables = [table(ROOT + 0x1000n, [[511, 0x4000_0000n | LEAF]]), table(ROOT, [])];
    const translator = loadImage(image(tables, wide));
    expect(translator.translate({ ipa: 0xff_c000_0000n })).toMatchObject({ ok: true, pa: 0x4000_0000n });
  });

  it('gives more leaves than one buffer holds, and lets several walks run side by side', () => {
    const pages = Array.from({ length: 512 }, (_, i): [number, bigint] => [i, (BigInt(i) << 21n) | LEAF]);
    const tables = [
      table(ROOT, [
        [0, L2 | 3n],
        [1, (L2 - 0x1000n) | 3n],
      ]),
      table(L2, pages),
      table(L2 - 0x1000n, pages),
    ];
    const { machine, regime } = loadImage(image(tables));
    const one = tableLeaves(machine, regime);
    one.next();
    const all = [...tableLeaves(machine, regime)];
    expect(all).toHaveLength(1024);
    expect(all.map(({ ipa }) => ipa)).toEqual(Array.from({ length: 1024 }, (_, i) => BigInt(i) << 21n));
    expect([...one]).toEqual(all.slice(1));
  });
});

describe('an image is refused', () => {
  it.each<[string, TableImage, string]>([
    [
      'if a table is not aligned',
      image([table(ROOT + 8n, [])]),
      'table_pages[0].pa: found 0x80000008, expected a 4 KiB aligned address of a table below 2^52',
    ],
    [
      'if a table ends above 52 bits',
      image([table(ROOT, []), table((1n << 52n) - 0x1000n, [], 1024)]),
      'table_pages[1].pa: found 0xffffffffff000, expected a 4 KiB aligned address of a table below 2^52',
    ],
    [
      'if two tables are at one address',
      image([table(ROOT, []), table(ROOT, [])]),
      'table_pages[1].pa: found 0x80000000, which overlaps table_pages[0] at 0x80000000',
    ],
    [
      'if a table lies in the concatenated ones',
      image([table(ROOT + 0x1000n, []), table(ROOT, [], 1024)]),
      'table_pages[0].pa: found 0x80001000, which overlaps table_pages[1] at 0x80000000',
    ],
    [
      'for a reserved PARange',
      image(GOOD, { id: { ID_AA64MMFR0_EL1: 15n } }),
      'ID_AA64MMFR0_EL1.PARange: found 15, expected 0 to 7',
    ],
  ])('%s', (_, bad, message) => {
    expect(() => loadImage(bad)).toThrow(message);
    expect(() => loadImage(bad)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it.each(['ID_AA64MMFR0_EL1', 'ID_AA64MMFR1_EL1', 'ID_AA64MMFR2_EL1'])('without %s', (name) => {
    const bad = image(GOOD);
    const all = new Map(bad.registers.all);
    all.delete(name);
    expect(() => loadImage({ ...bad, registers: { ...bad.registers, all } })).toThrow(
      `key_registers.${name}: the field is missing`,
    );
  });
});

describe('a table at the end of the address space', () => {
  it('leaves the machine room for the pools it needs', () => {
    const top = table((1n << 52n) - 0x1000n, []);
    const { machine } = loadImage(image([table(ROOT, []), top]));
    expect(machine.ramOffset(top.pa)).toBeDefined();
  });
});

describe('the tree of tables', () => {
  it('counts what is reachable and names what is missing', () => {
    const tables = [
      table(ROOT, [
        [3, 0x1234_5000n | 3n],
        [0, L2 | 3n],
      ]),
      table(L2, []),
      table(0x5000n, []),
    ];
    const { regime } = loadImage(image(tables));
    expect(tableTree(tables, regime)).toEqual({ reachable: 2, missing: [0x1234_5000n] });
  });

  it('has a missing first table if the image lacks it', () => {
    const { regime } = loadImage(image([table(L2, [])]));
    expect(tableTree([table(L2, [])], regime)).toEqual({ reachable: 0, missing: [ROOT] });
  });

  it.each([
    [
      'a table that links itself',
      [table(ROOT, [[7, ROOT | 3n]])],
      'table_pages[0].entries[7]: leads to table 0x80000000',
    ],
    [
      'two links to one table',
      [
        table(ROOT, [
          [0, L2 | 3n],
          [1, L2 | 3n],
        ]),
        table(L2, []),
      ],
      'table_pages[0].entries[1]: leads to table 0xfffffff000',
    ],
  ])('refuses %s', (_, tables, message) => {
    const { regime } = loadImage(image(tables));
    expect(() => tableTree(tables, regime)).toThrow(message);
  });
});
