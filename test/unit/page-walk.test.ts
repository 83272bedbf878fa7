// The tables of the page's example, and walks of them with edits.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { choiceBits, DEFAULT_CHOICES } from '../../src/arm/choices.js';
import type { WalkRegisters } from '../../src/walk/index.js';
import { CHOICE_NAMES, CHOICES, choiceValues } from '../../src/web/explorer/choices.js';
import { EXAMPLE_ACCESSES, EXAMPLE_REGISTERS, EXAMPLE_TABLES } from '../../src/web/explorer/example.js';
import { featuresOf } from '../../src/web/explorer/features.js';
import { tables, walk } from '../../src/web/worker/tables.js';

const source = { key: 'example', dump: undefined };
const features = featuresOf('max', 'cpu');

function walkOf(
  request: Parameters<typeof walk>[0]['request'],
  edits: [bigint, bigint][] = [],
  more: Partial<WalkRegisters> = {},
  choices = DEFAULT_CHOICES,
) {
  const registers = { ...EXAMPLE_REGISTERS, ...more };
  return walk({ tables: source, edits, registers, features, choices, request });
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

describe('what the architecture leaves open', () => {
  const at = { ipa: 0x4000_2abcn };

  it('does not matter to an ordinary walk', async () => {
    expect((await walkOf(at)).effects).toEqual([]);
  });

  it('is tried: each other value that changes the walk, with what it then comes to', async () => {
    const sh = (EXAMPLE_TABLES.at(4)?.entries.get(2) as bigint) & ~0x300n;
    const { effects } = await walkOf(at, [[0x8000_5010n, sh | 0x100n]]);
    expect(effects.map(({ name, value }) => `${name} ${value}`)).toEqual([
      'reservedShareability ISH',
      'reservedShareability OSH',
    ]);
    const shareability = effects.map(({ result }) => result.ok && result.memory.sh);
    expect(shareability).toEqual([3, 2]);
  });

  it('decides the walk where it is chosen, and the tables are afterwards as they were', async () => {
    const beyond = { ipa: 0x4000_4000n, access: 'write' } as const;
    const ro = (EXAMPLE_TABLES.at(4)?.entries.get(3) as bigint) & ~(1n << 10n);
    const edits: [bigint, bigint][] = [[0x8000_5020n, ro]];
    const ha = { vtcr: EXAMPLE_REGISTERS.vtcr | (1n << 21n) };
    const kept = await walkOf(beyond, edits, ha);
    const set = await walkOf(beyond, edits, ha, { ...DEFAULT_CHOICES, accessFlagOnFault: 'set' });
    expect(kept.result.steps.at(-1)?.written).toBeUndefined();
    expect(set.result.steps.at(-1)?.written).toBe(ro | (1n << 10n));
    expect(kept.effects).toEqual([{ name: 'accessFlagOnFault', value: 'set', result: set.result }]);
    expect(await walkOf(beyond, edits, ha)).toEqual(kept);
  });

  it('stands in links as SETTING:VALUE, the defaults left out', () => {
    const choices = CHOICES.parse('t0sz:clamp,granule:16,blockNt:ignore', 'choices');
    expect(choices).toEqual({ ...DEFAULT_CHOICES, t0sz: 'clamp', granule: 16 });
    expect(CHOICES.format(choices)).toBe('t0sz:clamp,granule:16');
    expect(() => CHOICES.parse('t0sz:maybe', 'choices')).toThrow(
      'choices.t0sz: found maybe, expected one of fault, clamp',
    );
    expect(() => CHOICES.parse('x:1', 'choices')).toThrow(/^choices: found "x", expected one of t0sz, /);
  });

  it('has every value of every setting in words, the default first', () => {
    for (const name of CHOICE_NAMES) {
      const [first, ...others] = choiceValues(name);
      expect(first?.value).toBe(DEFAULT_CHOICES[name]);
      for (const { value } of others) expect(choiceBits({ [name]: value })).toBeGreaterThan(0);
    }
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
