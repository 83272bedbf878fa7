import { describe, expect, it } from 'vitest';
import { type Dump, parseDump, parseTables, readDump, readJson } from '../../src/trace/index.js';
import { fixture, inChunks, traceErrorOf } from './sources.js';

const IPA36 = 'guestA-ipa_6.1_max.ipa36.json.gz';
const IPA33 = 'guestA-ipa_6.1_max.ipa33.json.gz';
const GUEST_B = 'guestB_6.1_max_thp.gb_thp_el1.json.gz';

const load = (name: string): Promise<Dump> => readDump(fixture(name), name);

/** A real dump as JSON, changed by `edit`. */
async function edited(edit: (dump: Json) => void): Promise<string> {
  const dump = (await readJson(fixture(IPA36), IPA36)) as Json;
  edit(dump);
  return JSON.stringify(dump);
}
type Json = Record<string, Record<string, unknown> & Record<string, unknown>[]>;

const errorOf = async (edit: (dump: Json) => void) => {
  const json = await edited(edit);
  return (await traceErrorOf(() => parseDump(json, 'd.json'))).message;
};

describe('parseDump on real dumps', () => {
  it('reads the registers and the geometry', async () => {
    const dump = await load(IPA36);
    expect(dump).toMatchObject({ name: 'ipa36', trace: 'guestA-ipa_6.1_max_kprobes.txt.gz', vmid: 5 });
    expect(dump.registers).toMatchObject({ vtcr: 0x802d355cn, hcr: 0x403c807c263fn });
    expect(dump.registers.all.get('VTTBR_EL2')).toBe(dump.registers.vttbr);
    expect(dump.registers.vttbr >> 48n).toBe(5n);
    expect(dump.geometry).toMatchObject({ granule: 4096, iaBits: 36, startLevel: 1, t0sz: 28, paBits: 48 });
  });

  it('reads eight concatenated start tables as one', async () => {
    const { geometry, tablePages, mappings, registers } = await load(IPA33);
    expect(geometry).toMatchObject({ startLevel: 2, startTables: 8, startIndexBits: 12 });
    expect(tablePages[0]).toMatchObject({ pa: 0x10af90000n, level: 2, ipaBase: 0n, nEntries: 4096 });
    expect(tablePages[0]?.entries.get(2560)).toBe(0x400000800007d9n);
    expect((tablePages[0]?.pa ?? 0n) + 1n).toBe(registers.vttbr & 0xffff_ffff_ffffn);
    expect(mappings).toHaveLength(550);
  });

  it('reads a mapping with all its fields', async () => {
    const { mappings } = await load(GUEST_B);
    expect(mappings[0]).toEqual({
      ipa: 0x90a0000n,
      pa: 0x1153a2000n,
      level: 3,
      size: 0x1000n,
      desc: 0x400001153a27dbn,
      s2ap: 3,
      r: 1,
      w: 1,
      xn: 2,
      af: 1,
      memattr: 6,
      contig: 0,
      dbm: 0,
      sw: 0,
      sh: 3,
    });
  });

  it.each([IPA33, IPA36, GUEST_B])('lists as mappings just the leaves of the tables: %s', async (name) => {
    const { tablePages, mappings } = await load(name);
    const tables = new Set(tablePages.map(({ pa }) => pa));
    const descriptors = tablePages.flatMap(({ level, entries }) =>
      [...entries.values()].map((desc) => ({ level, desc })),
    );
    const leaves = descriptors.filter(({ level, desc }) => level === 3 || (desc & 3n) === 1n);
    expect(mappings.map(({ desc }) => desc).sort()).toEqual(leaves.map(({ desc }) => desc).sort());
    expect(descriptors.length - leaves.length).toBe(tables.size - 1);
  });

  it('passes over fields it does not know', async () => {
    expect(await load(IPA36)).not.toHaveProperty('contents_first64');
  });
});

describe('parseTables', () => {
  const registers = { VTCR_EL2: '0x80053558', VTTBR_EL2: '0x1000', HCR_EL2: '0x80000001' };

  it('takes registers and tables alone, and names the tables after the file', () => {
    const table = { pa: '0x1000', level: 1, ipa_base: '0x0', n_entries: 512, entries: { 1: '0x7ff' } };
    const tables = parseTables(JSON.stringify({ key_registers: registers, table_pages: [table] }), 'd.json');
    expect(tables.name).toBe('d.json');
    expect(tables.registers.vtcr).toBe(0x80053558n);
    expect(tables.tablePages[0]?.entries).toEqual(new Map([[1, 0x7ffn]]));
    expect(tables).not.toHaveProperty('mappings');
  });

  it.each(['{"name":"stage2"}', '[]', 'null', '7'])('says that %s is no table dump', async (json) => {
    const { message } = await traceErrorOf(() => parseTables(json, 'd.json'));
    expect(message).toBe('d.json: found no table dump, expected JSON with key_registers and table_pages');
  });
});

describe('parseDump refuses', () => {
  it('text that is no JSON', async () => {
    const error = await traceErrorOf(() => parseDump('not json', 'd.json'));
    expect(error.message).toMatch(/^d\.json: found text that is not JSON/);
  });

  it('JSON of another sort', async () => {
    const error = await traceErrorOf(() => parseDump('{"slots":[]}', 'd.json'));
    expect(error).toMatchObject({
      message: 'd.json: found no table dump, expected JSON with key_registers and table_pages',
      file: 'd.json',
    });
  });

  it.each<[string, (dump: Json) => void, string]>([
    [
      'a register that is a number',
      (dump) => Object.assign(dump.key_registers ?? {}, { VTCR_EL2: 5 }),
      'd.json: key_registers.VTCR_EL2: found 5, expected a hex string of up to 64 bits such as "0x1000"',
    ],
    [
      'a missing register',
      (dump) => delete dump.key_registers?.VTTBR_EL2,
      'd.json: key_registers.VTTBR_EL2: the field is missing',
    ],
    [
      'a level of 4',
      (dump) => Object.assign(dump.mappings?.[3] ?? {}, { level: 4 }),
      'd.json: mappings[3].level: found 4, expected a whole number from -1 to 3',
    ],
    [
      'a descriptor without 0x',
      (dump) => Object.assign(dump.mappings?.[0] ?? {}, { desc: '1016087db' }),
      'd.json: mappings[0].desc: found "1016087db", expected a hex string of up to 64 bits such as "0x1000"',
    ],
    [
      'a geometry of another granule',
      (dump) => Object.assign(dump.geometry ?? {}, { granule: 8192 }),
      'd.json: geometry.granule: found 8192, expected a granule: 4096, 16384 or 65536',
    ],
    [
      'an entry that is no index',
      (dump) => Object.assign(dump.table_pages?.[1] ?? {}, { entries: { '-1': '0x3' } }),
      'd.json: table_pages[1].entries.-1: found "-1", expected a decimal index',
    ],
    [
      'an entry behind the end of its table',
      (dump) => Object.assign(dump.table_pages?.[1] ?? {}, { entries: { 512: '0x3' } }),
      'd.json: table_pages[1].entries: found index 512, expected one below n_entries 512',
    ],
    [
      'mappings that are no array',
      (dump) => Object.assign(dump, { mappings: 'none' }),
      'd.json: mappings: found "none", expected an array',
    ],
  ])('%s', async (_, edit, message) => {
    expect(await errorOf(edit)).toBe(message);
  });

  it('a dump that is cut off', async () => {
    const json = await edited(() => undefined);
    const error = await traceErrorOf(() => parseDump(json.slice(0, 5000), 'd.json'));
    expect(error.message).toMatch(/^d\.json: found text that is not JSON \(.+\), expected a JSON document$/);
    expect(error.message.length).toBeLessThan(150);
  });

  it('damaged gzip data', async () => {
    const error = await traceErrorOf(() => readJson(inChunks(Uint8Array.of(0x1f, 0x8b, 8)), 'd.json.gz'));
    expect(error.message).toMatch(/^d\.json\.gz: found damaged or cut-off gzip data/);
  });
});
