import { describe, expect, it } from 'vitest';
import { checkMappings } from '../../src/conform/mappings.js';
import { vtcr } from '../../src/kvm/geometry.js';
import { loadImage } from '../../src/walk/image.js';
import { tableLeaves } from '../../src/walk/leaves.js';
import { Translator } from '../../src/walk/translator.js';
import { tableTree } from '../../src/walk/tree.js';
import { DUMPS, loadDump } from './dumps.js';

describe('the tables of a real KVM guest', () => {
  it('are nineteen dumps', () => {
    expect(DUMPS).toHaveLength(19);
  });

  it.each(DUMPS)('%s: the hardware walk gives every mapping, and faults in every gap', async (name) => {
    const dump = await loadDump(name);
    const translator = loadImage(dump);
    const leaves = tableLeaves(translator.machine, translator.regime);
    const report = checkMappings(translator, dump.mappings, leaves);
    expect(report.differences).toEqual([]);
    expect(report.mappings).toBe(dump.mappings.length);
    expect(report.gapProbes).toBeGreaterThan(10);
  });

  it.each(DUMPS)('%s: the software walk visits just the mappings', async (name) => {
    const dump = await loadDump(name);
    const { machine, regime } = loadImage(dump);
    const leaves = [...tableLeaves(machine, regime)];
    expect(leaves).toEqual(dump.mappings.map(({ ipa, desc, level }) => ({ ipa, desc, level })));
  });

  it.each(DUMPS)('%s: the registers decode to the geometry the dump names', async (name) => {
    const { geometry, registers, tablePages } = await loadDump(name);
    const { regime } = loadImage({ registers, tablePages });
    expect(regime).toMatchObject({
      valid: true,
      granuleShift: Math.log2(geometry.granule),
      iaBits: geometry.iaBits,
      startLevel: geometry.startLevel,
      oaBits: geometry.paBits,
      tableBase: tablePages[0]?.pa,
    });
    expect(tableTree(tablePages, regime)).toEqual({ reachable: tablePages.length, missing: [] });
  });

  it.each(DUMPS)('%s: VTCR_EL2 is what KVM computes for its IPA size', async (name) => {
    const { geometry, registers } = await loadDump(name);
    const computed = vtcr({ granuleShift: 12, ipaBits: geometry.iaBits }, 48, { ha: true, vmid16: true });
    expect(registers.vtcr).toBe(computed);
  });

  it('hold concatenated first tables, blocks of both sizes and pages', async () => {
    const dumps = await Promise.all(DUMPS.map(loadDump));
    expect(new Set(dumps.map((dump) => dump.geometry.startTables))).toEqual(new Set([1, 2, 4, 8, 16]));
    expect(new Set(dumps.flatMap((dump) => dump.mappings.map(({ level }) => level)))).toEqual(
      new Set([1, 2, 3]),
    );
  });
});

describe('what a guest of a dump does', () => {
  it('translates in a batch as the mappings say', async () => {
    const dump = await loadDump('guestA_6.1_max-vhe.d2_dirtylog.json.gz');
    const translator = loadImage(dump);
    const readable = dump.mappings.filter(({ r }) => r === 1);
    const results = translator.translateMany(
      BigUint64Array.from(readable.map(({ ipa, size }) => ipa + size - 1n)),
    );
    expect([...results]).toEqual(readable.map(({ pa, size }) => pa + size - 1n));
  });

  it('faults on a write to a page that dirty logging protects, as KVM would see it', async () => {
    const dump = await loadDump('guestA_6.1_max-vhe.d2_dirtylog.json.gz');
    const translator = loadImage(dump);
    const page = dump.mappings.find(({ w }) => w === 0);
    expect(translator.translate({ ipa: page?.ipa ?? 0n, access: 'write' })).toMatchObject({
      ok: false,
      fault: { fsc: 0x0f, type: 'permission', level: 3 },
    });
  });

  it('can run in several machines at once', async () => {
    const dump = await loadDump('guestB_6.1_max_thp.gb_thp_el1.json.gz');
    const first = loadImage(dump);
    const second = loadImage(dump);
    const other = new Translator(second.machine, { ...second.registers, hcr: 0n }, second.cpu);
    const { ipa = 0n, pa } = dump.mappings[0] ?? {};
    expect(first.translate({ ipa })).toMatchObject({ ok: true, pa });
    expect(other.translate({ ipa })).toMatchObject({ ok: true, pa: ipa, stage2: false });
    expect(second.translate({ ipa })).toEqual(first.translate({ ipa }));
  });
});
