import { describe, expect, it } from 'vitest';
import { checkMappings } from '../../src/conform/mappings.js';
import type { Dump, DumpMapping, DumpTable } from '../../src/trace/index.js';
import { loadImage } from '../../src/walk/image.js';
import { tableLeaves } from '../../src/walk/leaves.js';
import { loadDump } from './dumps.js';

const NAME = 'guestA-ipa_6.1_max.ipa44.json.gz';

function check(dump: Dump) {
  const translator = loadImage(dump);
  return checkMappings(translator, dump.mappings, tableLeaves(translator.machine, translator.regime));
}

/** The dump with the entry that holds `desc` replaced. */
function withEntry(dump: Dump, desc: bigint, by: bigint): Dump {
  const replace = (table: DumpTable): DumpTable => ({
    ...table,
    entries: new Map([...table.entries].map(([index, entry]) => [index, entry === desc ? by : entry])),
  });
  return { ...dump, tablePages: dump.tablePages.map(replace) };
}

function firstAt(dump: Dump, level: number): DumpMapping {
  const found = dump.mappings.find((mapping) => mapping.level === level);
  if (found === undefined) throw new Error(`the dump has no leaf at level ${level}`);
  return found;
}

describe('a dump whose tables do not fit its mappings', () => {
  it.each([
    ['the valid bit', 0, 'leaf'],
    ['a bit of MemAttr', 2, 'memattr'],
    ['read permission', 6, 's2ap'],
    ['write permission', 7, 's2ap'],
    ['shareability', 8, 'sh'],
    ['the access flag', 10, 'af'],
    ['a bit of the output address', 40, 'pa'],
    ['DBM', 51, 'dbm'],
    ['the contiguous bit', 52, 'contig'],
    ['XN[0]', 53, 'xn'],
    ['XN[1]', 54, 'xn'],
    ['a software bit', 55, 'sw'],
  ])('is found out by a flip of %s in a leaf of any level', async (_, bit, what) => {
    const dump = await loadDump(NAME);
    for (const level of [1, 2, 3]) {
      const { ipa, desc } = firstAt(dump, level);
      const { differences } = check(withEntry(dump, desc, desc ^ (1n << BigInt(bit))));
      expect(differences).toContainEqual(expect.objectContaining({ ipa, what }));
      expect(new Set(differences.map((difference) => difference.ipa))).toEqual(new Set([ipa]));
    }
  });

  it('is found out by a table entry that leads elsewhere: every mapping below differs', async () => {
    const dump = await loadDump(NAME);
    const root = dump.tablePages[0];
    const [index, desc] = [...(root?.entries ?? [])][0] ?? [0, 0n];
    const { differences } = check(withEntry(dump, desc, desc ^ (1n << 40n)));
    const below = dump.mappings.filter(({ ipa }) => ipa >> 39n === BigInt(index));
    expect(below.length).toBeGreaterThan(0);
    for (const { ipa } of below) {
      expect(differences).toContainEqual(
        expect.objectContaining({ ipa, what: 'leaf', found: 'external-abort-on-walk fault, level 1' }),
      );
    }
  });

  it('is found out by a mapping that the tables have and the listing has not', async () => {
    const dump = await loadDump(NAME);
    const [first, second, ...rest] = dump.mappings;
    const { differences } = check({ ...dump, mappings: first === undefined ? [] : [first, ...rest] });
    expect(differences).toContainEqual(
      expect.objectContaining({ ipa: second?.ipa, what: 'leaf', expected: 'no mapping' }),
    );
    expect(differences).toContainEqual(
      expect.objectContaining({ ipa: second?.ipa, what: 'gap', expected: 'a translation fault' }),
    );
  });

  it('is found out by a leaf amid a gap that no probe touches', async () => {
    const dump = await loadDump(NAME);
    const leafTable = dump.tablePages.find(({ level, entries }) => level === 3 && entries.size < 100);
    const taken = new Set(leafTable?.entries.keys());
    const free = Array.from({ length: 512 }, (_, i) => i).filter((i) => !taken.has(i));
    const amid = free.find((i) => [i - 1, i + 1].every((n) => !taken.has(n) && n >= 0 && n < 512)) ?? 0;
    const entries = new Map([...(leafTable?.entries ?? []), [amid, 0x1_0000_07dbn]]);
    const tablePages = dump.tablePages.map((table) => (table === leafTable ? { ...table, entries } : table));
    const ipa = (leafTable?.ipaBase ?? 0n) + BigInt(amid) * 0x1000n;
    expect(check({ ...dump, tablePages }).differences).toContainEqual(
      expect.objectContaining({ ipa, what: 'leaf', found: '0x1000007db, level 3' }),
    );
  });

  it('is found out by a wrong size, level or PA in the listing', async () => {
    const dump = await loadDump(NAME);
    const [first, ...rest] = dump.mappings;
    if (first === undefined) throw new Error('the dump has no mapping');
    for (const change of [{ size: 0x20_0000n }, { size: 0n }, { level: 2 }, { pa: first.pa + 0x1000n }]) {
      const { differences } = check({ ...dump, mappings: [{ ...first, ...change }, ...rest] });
      expect(differences[0]).toMatchObject({ ipa: first.ipa, what: Object.keys(change)[0] });
    }
  });

  it('is found out by a mapping that is listed twice', async () => {
    const dump = await loadDump(NAME);
    const [first] = dump.mappings;
    const { differences } = check({
      ...dump,
      mappings: first === undefined ? [] : [first, ...dump.mappings],
    });
    expect(differences).toEqual([
      { ipa: first?.ipa, what: 'mapping', found: 'listed again', expected: 'listed once' },
    ]);
  });

  it('survives a listing of nonsense', async () => {
    const dump = await loadDump(NAME);
    const [first] = dump.mappings;
    if (first === undefined) throw new Error('the dump has no mapping');
    const end = (1n << 64n) - 1n;
    const { differences } = check({ ...dump, mappings: [{ ...first, ipa: end, size: end }, first, first] });
    expect(differences.some(({ ipa }) => ipa === end)).toBe(true);
  });
});
