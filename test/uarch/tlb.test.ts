import { describe, expect, it } from 'vitest';
import { MicroMmu } from '../../src/uarch/mmu.js';
import { batchFault, Translator } from '../../src/walk/translator.js';
import { cpuFor } from '../unit/arm-bench.js';
import { counted } from './lab.js';
import * as G from './two-stage.js';

/** A VA, the IPA it is mapped to, and the entries that map them. */
const VA = G.address(0, 0, 0);
const IPA = G.address(0, 0, 3);
const PA = G.MEMORY + IPA;
const STAGE1_L3 = G.STAGE1.l3[0];
const STAGE2_L3 = G.STAGE2.l3[0];
const ELSEWHERE = G.MEMORY + (1n << 36n);

describe.each(G.LAYOUTS)('a core with %s', (_, geometry) => {
  it('walks for the first access, and answers the next ones from its first-level TLB', () => {
    const { mmu } = G.twoStage(geometry);
    expect(mmu.access({ va: VA + 5n })).toEqual({ ok: true, pa: PA + 5n, source: 'walk' });
    expect(mmu.access({ va: VA + 8n })).toEqual({ ok: true, pa: PA + 8n, source: 'l1' });
    expect(mmu.access({ va: VA, access: 'execute' })).toMatchObject({ pa: PA, source: 'l2' });
  });

  it('reads every descriptor of both stages in a cold walk, and leaves out what it holds in the next', () => {
    const { mmu, micro, translator } = G.twoStage(geometry);
    const cold = counted(micro, () => mmu.access({ va: VA }));
    const reads = (counts: Record<string, number>) =>
      Object.entries(counts).reduce((sum, [name, n]) => sum + (name.startsWith('WALK_READ') ? n : 0), 0);
    expect(reads(cold)).toBe(translator.walk({ va: VA }).steps.length);
    expect(cold).toMatchObject({ WALK: 1, WALK_CACHE_LOOKUP: 1, IPA_CACHE_LOOKUP: 4 });
    const next = counted(micro, () => mmu.access({ va: VA + G.PAGE }));
    // The last stage-1 descriptor, whose table's IPA is held, and three of stage 2 for the output.
    expect(reads(next)).toBe(4);
    expect(next).toMatchObject({ WALK_CACHE_HIT: 1, IPA_CACHE_LOOKUP: 2, IPA_CACHE_HIT: 1 });
  });

  it('answers the old PA after a change of a stage-2 leaf, until a TLBI of the VMID', () => {
    const { mmu, put } = G.twoStage(geometry);
    mmu.access({ va: VA });
    expect(mmu.staleEntries()).toEqual([]);
    put(STAGE2_L3, 3, G.leafOf(ELSEWHERE, G.RW2, 3));
    expect(mmu.access({ va: VA })).toMatchObject({ ok: true, pa: PA });
    expect(mmu.staleEntries().map(({ kind }) => kind)).toContain('va-pa');
    mmu.tlbi('vmalls12e1');
    expect(mmu.access({ va: VA })).toMatchObject({ ok: true, pa: ELSEWHERE, source: 'walk' });
    expect(mmu.staleEntries()).toEqual([]);
  });

  it('keeps combined entries at a TLBI by IPA, which takes the IPA -> PA entries alone', () => {
    const { mmu, put } = G.twoStage(geometry);
    mmu.access({ va: VA });
    put(STAGE2_L3, 3, G.leafOf(ELSEWHERE, G.RW2, 3));
    mmu.tlbi('ipas2e1', IPA);
    expect(mmu.access({ va: VA })).toMatchObject({ pa: PA, source: 'l1' });
    expect(mmu.staleEntries().every(({ kind }) => kind === 'va-pa')).toBe(true);
    mmu.tlbi('vmalle1');
    expect(mmu.access({ va: VA })).toMatchObject({ pa: ELSEWHERE, source: 'walk' });
  });

  it('finds the stale IPA -> PA entry again where a TLBI of stage 1 took only the combined one', () => {
    const { mmu, put } = G.twoStage(geometry);
    mmu.access({ va: VA });
    put(STAGE2_L3, 3, G.leafOf(ELSEWHERE, G.RW2, 3));
    mmu.tlbi('vmalle1');
    expect(mmu.access({ va: VA })).toMatchObject({ pa: PA, source: 'walk' });
  });

  it('keeps partial walks at a TLBI of the last level', () => {
    const { mmu, micro } = G.twoStage(geometry);
    mmu.access({ va: VA });
    mmu.tlbi('vaale1', VA);
    expect(counted(micro, () => mmu.access({ va: VA }))).toMatchObject({ WALK: 1, WALK_CACHE_HIT: 1 });
    mmu.tlbi('vaae1', VA);
    expect(counted(micro, () => mmu.access({ va: VA }))).not.toHaveProperty('WALK_CACHE_HIT');
  });

  it('follows a stale partial walk into a table that is not the guest’s any more', () => {
    const { mmu, put } = G.twoStage(geometry);
    mmu.access({ va: VA });
    put(G.STAGE1.l2[0], 0, (G.TABLE_IPA.get(12) as bigint) | G.TABLE);
    const other = VA + G.PAGE;
    expect(mmu.access({ va: other })).toMatchObject({ pa: PA + G.PAGE });
    mmu.tlbi('vaae1', other);
    expect(mmu.access({ va: other })).toMatchObject({ pa: G.MEMORY + G.address(1, 0, 4) });
  });

  it('walks again for a write that an entry refuses: rights that were added need no TLBI', () => {
    const { mmu, put } = G.twoStage(geometry);
    put(STAGE1_L3, 0, G.leafOf(IPA, G.RO1, 3));
    mmu.access({ va: VA });
    expect(mmu.access({ va: VA, access: 'write' })).toMatchObject({
      ok: false,
      fault: { type: 'permission', stage: 1 },
    });
    put(STAGE1_L3, 0, G.leafOf(IPA, G.RW1, 3));
    expect(mmu.access({ va: VA, access: 'write' })).toMatchObject({ ok: true, source: 'walk' });
    expect(mmu.access({ va: VA, access: 'write' })).toMatchObject({ ok: true, source: 'l1' });
  });

  it('keeps no translation that faulted', () => {
    const { mmu, put } = G.twoStage(geometry);
    put(STAGE2_L3, 3, 0n);
    expect(mmu.access({ va: VA })).toMatchObject({ ok: false, fault: { stage: 2, level: 3, ipa: IPA } });
    put(STAGE2_L3, 3, G.leafOf(PA, G.RW2, 3));
    expect(mmu.access({ va: VA })).toMatchObject({ ok: true, pa: PA });
  });

  it('tells VMIDs apart', () => {
    const { mmu, translator, put } = G.twoStage(geometry);
    mmu.access({ va: VA });
    put(STAGE2_L3, 3, G.leafOf(ELSEWHERE, G.RW2, 3));
    translator.setRegisters({ vttbr: G.registers(8).vttbr });
    expect(mmu.access({ va: VA })).toMatchObject({ pa: ELSEWHERE, source: 'walk' });
    mmu.tlbi('vmalls12e1');
    translator.setRegisters({ vttbr: G.registers(7).vttbr });
    expect(mmu.access({ va: VA })).toMatchObject({ pa: PA, source: 'l1' });
  });

  it('holds two sizes at once after a block took the place of a page without a break; the page answers', () => {
    const { mmu, put } = G.twoStage(geometry);
    mmu.access({ ipa: IPA });
    expect(mmu.conflicts()).toEqual([]);
    put(G.STAGE2.l2[0], 0, G.leafOf(ELSEWHERE, G.RW2, 2));
    mmu.access({ ipa: IPA + G.PAGE });
    expect(mmu.conflicts()).toContainEqual([
      expect.objectContaining({ where: 'dtlb', shift: 12, address: IPA }),
      expect.objectContaining({ where: 'dtlb', shift: 21, address: 0n }),
    ]);
    expect(mmu.access({ ipa: IPA })).toMatchObject({ pa: PA });
    mmu.tlbi('ipas2e1', IPA);
    expect(mmu.conflicts()).toEqual([]);
    expect(mmu.access({ ipa: IPA })).toMatchObject({ pa: ELSEWHERE + IPA });
  });

  it('translates by stage 1 alone where stage 2 is off', () => {
    const { machine, micro } = G.twoStage(geometry);
    const native = { ...G.registers(), hcr: 0n, ttbr0El1: G.frame(20) };
    const at = (table: number, desc: bigint) => machine.writeRam(G.frame(table), desc);
    at(20, G.frame(21) | G.TABLE);
    at(21, G.leafOf(1n << 32n, G.RW1, 2));
    const mmu = new MicroMmu(micro, new Translator(machine, native, cpuFor()));
    const counts = counted(micro, () => {
      expect(mmu.access({ va: 0x1_2345n })).toEqual({ ok: true, pa: 0x1_0001_2345n, source: 'walk' });
    });
    expect(counts).not.toHaveProperty('IPA_CACHE_LOOKUP');
    expect(mmu.entries()).toContainEqual(
      expect.objectContaining({ kind: 'va-pa', shift: 21, output: 1n << 32n }),
    );
  });

  it('gives for many accesses what it gives one by one, and uses the lines they lead to', () => {
    const { mmu, micro } = G.twoStage(geometry);
    const ipas = BigUint64Array.of(IPA, IPA + 64n, IPA + 1n, 1n << 41n);
    const counts = counted(micro, () => {
      const results = mmu.accessMany('ipa', ipas, { line: true });
      expect([...results.subarray(0, 3)]).toEqual([PA, PA + 64n, PA + 1n]);
      expect(batchFault(results[3] as bigint)).toBe(4);
    });
    expect(counts).toMatchObject({ WALK: 2, LOAD_DRAM: 2 });
  });

  it('maps the host kernel in blocks of 2 MiB, which no TLBI of a guest takes', () => {
    const { mmu, micro } = G.twoStage(geometry);
    const host = 0xffff_8000_1234_5678n;
    expect(counted(micro, () => mmu.hostTranslate(host))).toMatchObject({ WALK: 1, WALK_READ_DRAM: 2 });
    mmu.tlbi('alle1');
    expect(counted(micro, () => mmu.hostTranslate(host + 0x1000n))).toEqual({});
    expect(counted(micro, () => mmu.hostTranslate(host, true))).toEqual({ ITLB_L2: 1 });
    expect(new Set(mmu.entries().map(({ kind }) => kind))).toEqual(new Set(['host', 'host-partial-walk']));
  });
});

describe('misuse', () => {
  const { mmu } = G.twoStage();
  it.each([
    [() => mmu.access({ va: 0n, access: 'at-read' as 'read' }), 'access: found "at-read"'],
    [() => mmu.access({ va: 0n, el: 2 as 1 }), 'el: found 2'],
    [() => mmu.access({ ipa: -1n }), 'ipa'],
    [() => mmu.accessMany('pa' as 'va', new BigUint64Array(1)), 'regime: found "pa"'],
    [() => mmu.accessMany('va', [] as unknown as BigUint64Array), 'addresses: found an array'],
    [() => mmu.tlbi('vae1' as 'all'), 'tlbi: found "vae1"'],
    [() => mmu.tlbi('ipas2e1'), 'address of tlbi ipas2e1: found undefined, expected an address'],
    [() => mmu.tlbi('alle1', 0n), 'address of tlbi alle1: found 0, expected none'],
    [() => mmu.tlbi('vmalle1', undefined, 65536), 'vmid: found 65536'],
  ])('is refused by name: %#', (act, message) => {
    expect(act).toThrow(
      expect.objectContaining({ code: 'EINVAL', message: expect.stringContaining(message) }),
    );
  });
});
