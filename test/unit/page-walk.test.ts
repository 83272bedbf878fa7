// The tables of the page's example, and walks of them with edits.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { WalkRegisters } from '../../src/walk/index.js';
import { EXAMPLE_ACCESSES, EXAMPLE_REGISTERS } from '../../src/web/explorer/example.js';
import { featuresOf } from '../../src/web/explorer/features.js';
import { tables, walk } from '../../src/web/worker/tables.js';

const source = { key: 'example', dump: undefined };
const features = featuresOf('max', 'cpu');

function walkOf(
  request: Parameters<typeof walk>[0]['request'],
  edits: [bigint, bigint][] = [],
  more: Partial<WalkRegisters> = {},
) {
  return walk({ tables: source, edits, registers: { ...EXAMPLE_REGISTERS, ...more }, features, request });
}

/** What each example ends in: the size of its leaf by level, or its fault. */
const ENDS: Readonly<Record<string, string>> = {
  'a page': 'level 3',
  'a 2 MiB block': 'level 2',
  'a 1 GiB block': 'level 1',
  'write to a read-only page': 'permission 3',
  'access flag clear': 'access-flag 3',
  'no entry': 'translation 3',
  'fetch from execute-never': 'permission 3',
  'a device': 'level 3',
  'beyond the IPA space': 'translation 0',
  'a VA through both stages': 'level 2',
  'a VA that stage 2 stops': 'permission 3',
};

describe('the example of the page', () => {
  it.each(EXAMPLE_ACCESSES)('shows $text', async ({ text, mode, address, access }) => {
    const { result } = await walkOf(mode === 'va' ? { va: address, access } : { ipa: address, access });
    const end = result.ok ? `level ${result.leaf?.level}` : `${result.fault.type} ${result.fault.level}`;
    expect(end).toBe(ENDS[text]);
  });

  it('reads 14 descriptors for a VA that lies in a block of 2 MiB', async () => {
    const { result } = await walkOf({ va: 0x40_0123n });
    expect(result.steps.map(({ stage, level }) => `${stage}.${level}`).join(' ')).toBe(
      '2.1 2.2 2.3 1.1 2.1 2.2 2.3 1.2 2.1 2.2 2.3 1.3 2.1 2.2',
    );
  });

  it('lists what it maps', async () => {
    const { leaves, ranges } = await tables(source);
    expect(leaves).toBe(26);
    expect(ranges.map(({ start }) => start)).toContain(0x8000_0000n);
  });
});

describe('an edit of a descriptor', () => {
  const entry = 0x8000_5010n;

  it('changes the walk, and is gone with the next one', async () => {
    const before = await walkOf({ ipa: 0x4000_2abcn });
    const edited = await walkOf({ ipa: 0x4000_2abcn }, [[entry, 0n]]);
    expect(edited.result).toMatchObject({ ok: false, fault: { type: 'translation', level: 3 } });
    expect(await walkOf({ ipa: 0x4000_2abcn })).toEqual(before);
  });

  it('outside the tables is refused by its address', async () => {
    await expect(walkOf({ ipa: 0n }, [[0x1234_5678n, 0n]])).rejects.toThrow(
      'edit at 0x12345678: expected the address of an entry of these tables',
    );
    await expect(walkOf({ ipa: 0n }, [[entry + 4n, 0n]])).rejects.toThrow('edit at 0x80005014');
  });

  it('is not made by the hardware for good: what a walk writes is undone', async () => {
    const vtcr = EXAMPLE_REGISTERS.vtcr | (1n << 21n);
    const first = await walkOf({ ipa: 0x4000_4000n }, [], { vtcr });
    expect(first.result.steps.at(-1)?.written).toBeDefined();
    expect(await walkOf({ ipa: 0x4000_4000n }, [], { vtcr })).toEqual(first);
  });
});

describe('a dump', () => {
  const packed = readFileSync(new URL('../traces/tables/guestA-ipa_6.1_max.ipa40.json.gz', import.meta.url));
  const dump = JSON.parse(String(gunzipSync(packed)));
  const open = (value: unknown, key: string) =>
    tables({ key, dump: { name: 'd.json', bytes: new Blob([JSON.stringify(value)]) } });

  it('is listed, with its registers and the features of its CPU', async () => {
    const { name, leaves, ranges, note, features: cpu } = await open(dump, 'whole');
    expect({ name, leaves, note }).toEqual({ name: 'ipa40', leaves: dump.mappings.length, note: '' });
    expect(ranges.length).toBeGreaterThan(0);
    expect(cpu.haf).toBe(true);
  });

  it('whose registers describe no walk is opened with nothing listed', async () => {
    const { VTCR_EL2: _, ...others } = dump.key_registers;
    const none = { ...dump, key_registers: { ...others, VTCR_EL2: '0x0' } };
    const { summary, ranges } = await open(none, 'no walk');
    expect({ valid: summary.valid, ranges }).toEqual({ valid: false, ranges: [] });
  });

  it('whose tables lead in a circle is opened with nothing listed, and says why', async () => {
    const [root, ...rest] = dump.table_pages;
    const [first] = Object.keys(root.entries);
    const circle = {
      ...root,
      entries: { ...root.entries, [first as string]: `0x${(BigInt(root.pa) | 3n).toString(16)}` },
    };
    const { ranges, note } = await open({ ...dump, table_pages: [circle, ...rest] }, 'circle');
    expect(ranges).toEqual([]);
    expect(note).toMatch(/expected each table to be linked once: nothing is listed$/);
  });

  it('that is none is refused by its name, and the tables before it stay', async () => {
    await open(dump, 'whole again');
    await expect(open({ name: 'x' }, 'none')).rejects.toThrow(/^d\.json: /);
    expect((await tables({ key: 'whole again', dump: undefined })).name).toBe('ipa40');
  });
});
