import { describe, expect, it } from 'vitest';
import { BASE_CPU, type CpuFeatures } from '../../src/arm/index.js';
import { rootBytes, vtcr } from '../../src/kvm/geometry.js';
import type { WalkCpu } from '../../src/walk/regime.js';
import { batchFault, Translator } from '../../src/walk/translator.js';
import {
  AF,
  Bench,
  cpuFor,
  GEOMETRIES,
  GUEST_PA,
  HOLE,
  ROOT,
  RW,
  registersFor,
  TABLE,
  VALID,
} from './arm-bench.js';

/** The highest address of the IPA space: through the last of the concatenated tables. */
const top = (ipaBits: number): bigint => (1n << BigInt(ipaBits)) - 1n;
const level0 = (ipa: bigint) => ({
  fsc: 4,
  type: 'translation',
  level: 0,
  stage: 2,
  s1ptw: false,
  ipa,
  write: false,
});
const hex = (value: bigint): string => `0x${value.toString(16)}`;

describe.each(GEOMETRIES)(
  'the walk of a $granule granule with $ipaBits-bit IPAs',
  ({ granuleShift, ipaBits }) => {
    const geometry = { granuleShift, ipaBits };

    it('takes for the first level what KVM configured, concatenated tables included', () => {
      const { translator, start } = new Bench(geometry);
      const regime = translator.regime;
      expect(regime).toMatchObject({ valid: true, granuleShift, startLevel: start, iaBits: ipaBits });
      const { steps } = translator.walk({ ipa: top(ipaBits) });
      expect(steps).toEqual([
        { stage: 2, level: start, pa: ROOT + BigInt(rootBytes(geometry)) - 8n, desc: 0n },
      ]);
    });

    it('faults at level 0 for an IPA beyond the IPA space, before any read', () => {
      const { translator } = new Bench(geometry);
      for (const ipa of [1n << BigInt(ipaBits), (1n << 64n) - 1n]) {
        expect(translator.walk({ ipa })).toEqual({ ok: false, fault: level0(ipa), steps: [] });
      }
    });

    it('faults at the level of an invalid entry', () => {
      for (const ipa of [0n, top(ipaBits)]) {
        const bench = new Bench(geometry);
        for (const level of bench.levels) {
          bench.put(ipa, level, ~VALID & 0xffff_ffff_ffff_ffffn);
          const result = bench.translator.walk({ ipa });
          expect(result).toMatchObject({ ok: false, fault: { type: 'translation', level, fsc: 4 + level } });
          expect(result.steps.map((step) => step.level)).toEqual(bench.levels.slice(0, result.steps.length));
          expect(result.steps.at(-1)).toMatchObject({ level, pa: bench.entryAt(ipa, level) });
        }
      }
    });

    it('faults at the level of a block where the granule has none, and of bits 01 at level 3', () => {
      const bench = new Bench(geometry);
      for (const level of bench.levels.filter((l) => l === 3 || !bench.leafLevels.includes(l))) {
        bench.put(0n, level, GUEST_PA | RW | VALID);
        expect(bench.outcome({ ipa: 0n })).toBe(`translation ${level}`);
      }
    });

    it('translates through a leaf at every level that has one, low bits from the IPA', () => {
      for (const ipa of [0n, top(ipaBits)]) {
        const bench = new Bench(geometry);
        for (const level of bench.leafLevels) {
          bench.putLeaf(ipa, level);
          const offset = ipa % bench.size(level);
          const result = bench.translator.walk({ ipa });
          expect(result).toMatchObject({ ok: true, stage2: true, pa: GUEST_PA + offset, leaf: { level } });
          expect(result.steps).toHaveLength(level - bench.start + 1);
        }
      }
    });

    it('ends in an external abort where a table lies in a hole, at the level of that table', () => {
      const bench = new Bench(geometry);
      for (const level of bench.levels.slice(0, -1)) {
        bench.put(0n, level, HOLE | TABLE);
        const result = bench.translator.walk({ ipa: 0n });
        expect(result).toMatchObject({
          ok: false,
          fault: { type: 'external-abort-on-walk', level: level + 1, fsc: 0x14 + level + 1 },
        });
        expect(result.steps).toHaveLength(level - bench.start + 1);
      }
      bench.translator.setRegisters({ vttbr: HOLE });
      expect(bench.translator.walk({ ipa: 0n })).toMatchObject({
        fault: { type: 'external-abort-on-walk', level: bench.start },
        steps: [],
      });
    });

    it('gives an address size fault at the level of the table entry that leaves the PA space', () => {
      const bench = new Bench(geometry, { paBits: 40 });
      for (const level of bench.levels.slice(0, -1)) {
        bench.put(0n, level, (1n << 40n) | TABLE);
        expect(bench.outcome({ ipa: 0n })).toBe(`address-size ${level}`);
      }
      bench.translator.setRegisters({ vttbr: 1n << 40n });
      expect(bench.outcome({ ipa: 0n })).toBe('address-size 0');
    });

    it('gives an address size fault at the level of a leaf that leaves the PA space, before AF and permission', () => {
      const bench = new Bench(geometry, { paBits: 42 });
      for (const level of bench.leafLevels) {
        bench.putLeaf(0n, level, 0n, 1n << 42n);
        expect(bench.outcome({ ipa: 0n })).toBe(`address-size ${level}`);
      }
    });

    it('gives an access flag fault before a permission fault', () => {
      const bench = new Bench(geometry);
      for (const level of bench.leafLevels) {
        bench.putLeaf(0n, level, 0n);
        expect(bench.outcome({ ipa: 0n })).toBe(`access-flag ${level}`);
        bench.putLeaf(0n, level, AF);
        expect(bench.outcome({ ipa: 0n })).toBe(`permission ${level}`);
      }
    });
  },
);

describe('hardware update of the access flag', () => {
  const geometry = { granuleShift: 12, ipaBits: 40 } as const;
  const noAf = RW & ~AF;

  it.each(['read', 'write', 'execute', 'cache-op'] as const)(
    'sets AF, and nothing else, on a %s',
    (access) => {
      const bench = new Bench(geometry, { ha: true, features: { haf: true } });
      for (const level of [1, 2, 3]) {
        bench.putLeaf(0n, level, noAf);
        const before = bench.read(0n, level);
        const result = bench.translator.walk({ ipa: 0n, access });
        expect(result).toMatchObject({ ok: true, leaf: { desc: before } });
        expect(result.steps.at(-1)).toMatchObject({ desc: before, written: before | AF });
        expect(bench.read(0n, level)).toBe(before | AF);
      }
    },
  );

  it('leaves tables and other entries alone', () => {
    const bench = new Bench(geometry, { ha: true, features: { haf: true } });
    bench.putLeaf(0x1000n, 3, noAf);
    bench.putLeaf(0n, 3, noAf);
    bench.translator.translate({ ipa: 0n });
    expect(bench.read(0n, 1)).toBe(bench.tableAt(2) | TABLE);
    expect(bench.read(0x1000n, 3) & AF).toBe(0n);
  });

  it('does not set AF where the access faults', () => {
    const bench = new Bench(geometry, { ha: true, features: { haf: true } });
    bench.putLeaf(0n, 3, noAf & ~0x80n);
    expect(bench.outcome({ ipa: 0n, access: 'write' })).toBe('permission 3');
    expect(bench.read(0n, 3) & AF).toBe(0n);
  });

  it.each([
    ['VTCR_EL2.HA is clear', { ha: false, features: { haf: true } }],
    ['the CPU has no FEAT_HAFDBS', { ha: true, features: { haf: false } }],
  ])('does not happen if %s', (_, options) => {
    const bench = new Bench(geometry, options);
    bench.putLeaf(0n, 3, noAf);
    expect(bench.outcome({ ipa: 0n })).toBe('access-flag 3');
    expect(bench.read(0n, 3) & AF).toBe(0n);
  });
});

describe('permissions', () => {
  const geometry = { granuleShift: 12, ipaBits: 40 } as const;
  const ok = `PA ${hex(GUEST_PA)}`;
  const s2ap = (value: number): bigint => AF | (BigInt(value) << 6n);

  it.each([
    [0, { read: false, write: false }],
    [1, { read: true, write: false }],
    [2, { read: false, write: true }],
    [3, { read: true, write: true }],
  ])('S2AP %i allows %o', (value, allowed) => {
    const bench = new Bench(geometry);
    bench.putLeaf(0n, 3, s2ap(value));
    for (const el of [0, 1] as const) {
      expect(bench.outcome({ ipa: 0n, el })).toBe(allowed.read ? ok : 'permission 3');
      expect(bench.outcome({ ipa: 0n, el, access: 'write' })).toBe(allowed.write ? ok : 'permission 3');
      expect(bench.outcome({ ipa: 0n, el, access: 'execute' })).toBe(ok);
    }
  });

  it.each([
    [0, true, { el0: true, el1: true }],
    [1, true, { el0: true, el1: false }],
    [2, true, { el0: false, el1: false }],
    [3, true, { el0: false, el1: true }],
    [0, false, { el0: true, el1: true }],
    [1, false, { el0: true, el1: true }],
    [2, false, { el0: false, el1: false }],
    [3, false, { el0: false, el1: false }],
  ])('XN %i with FEAT_XNX %s lets execute %o', (xn, xnx, allowed) => {
    const bench = new Bench(geometry, { features: { xnx } });
    bench.putLeaf(0n, 2, s2ap(0) | (BigInt(xn) << 53n));
    for (const el of [0, 1] as const) {
      const expected = allowed[`el${el}`] ? ok : 'permission 2';
      expect(bench.outcome({ ipa: 0n, el, access: 'execute' })).toBe(expected);
    }
  });

  it('asks no permission of cache maintenance at EL1, and read permission at EL0', () => {
    const bench = new Bench(geometry);
    bench.putLeaf(0n, 3, s2ap(0));
    expect(bench.outcome({ ipa: 0n, access: 'cache-op', el: 1 })).toBe(ok);
    expect(bench.outcome({ ipa: 0n, access: 'cache-op', el: 0 })).toBe('permission 3');
    bench.putLeaf(0n, 3, s2ap(1));
    expect(bench.outcome({ ipa: 0n, access: 'cache-op', el: 0 })).toBe(ok);
  });
});

describe('the configuration', () => {
  const geometry = { granuleShift: 12, ipaBits: 40 } as const;
  const base = vtcr(geometry, 48);
  const withField = (lsb: number, width: number, value: number): bigint =>
    (base & ~(((1n << BigInt(width)) - 1n) << BigInt(lsb))) | (BigInt(value) << BigInt(lsb));

  it.each<[string, { vtcr: bigint }, Partial<CpuFeatures>?]>([
    ['T0SZ 15 asks for more bits than the CPU has', { vtcr: withField(0, 6, 15) }],
    ['T0SZ 40 is too large without FEAT_TTST', { vtcr: withField(0, 6, 40) }],
    ['a start level that resolves too few bits', { vtcr: withField(0, 6, 20) }],
    ['a start level that resolves too many bits', { vtcr: withField(0, 6, 34) }],
    ['SL0 3 without FEAT_TTST', { vtcr: withField(6, 2, 3) }],
    ['SL0 2 on a CPU of 42 bits', { vtcr: vtcr({ granuleShift: 12, ipaBits: 44 }, 42) }, { paMax: 42 }],
  ])('faults at level 0 without a read: %s', (_, registers, features: Partial<CpuFeatures> = {}) => {
    const { translator } = new Bench(geometry, { features });
    translator.setRegisters(registers);
    expect(translator.regime.valid).toBe(false);
    expect(translator.walk({ ipa: 0n })).toEqual({ ok: false, fault: level0(0n), steps: [] });
  });

  it('walks from level 3 with FEAT_TTST', () => {
    const { translator } = new Bench(geometry, { features: { ttst: true } });
    translator.setRegisters({ vtcr: (withField(6, 2, 3) & ~0x3fn) | 43n });
    expect(translator.regime).toMatchObject({ valid: true, startLevel: 3, iaBits: 21 });
  });

  it('drops the bits of VTTBR_EL2 below the size of the first table', () => {
    const bench = new Bench(geometry);
    bench.putLeaf(0n, 1);
    bench.translator.setRegisters({ vttbr: ROOT | 0x1fffn });
    expect(bench.outcome({ ipa: 0n })).toBe(`PA ${hex(GUEST_PA)}`);
  });

  it('passes the IPA on with stage 2 off, and walks with HCR_EL2.DC alone', () => {
    const bench = new Bench(geometry);
    bench.translator.setRegisters({ hcr: 0n });
    const ipa = 0xffff_0000_1234n;
    expect(bench.translator.walk({ ipa })).toEqual({
      ok: true,
      stage2: false,
      ipa,
      pa: ipa,
      memory: { attr: 0xff, sh: 0 },
      steps: [],
    });
    bench.translator.setRegisters({ hcr: 1n << 12n });
    expect(bench.outcome({ ipa })).toBe('translation 0');
  });

  it('ends for a table that points to itself, as a page at level 3', () => {
    const bench = new Bench({ granuleShift: 12, ipaBits: 48 });
    bench.machine.writeRam(ROOT, ROOT | TABLE | AF | 0x40n);
    const result = bench.translator.walk({ ipa: 0x123n });
    expect(result).toMatchObject({ ok: true, pa: ROOT + 0x123n, leaf: { level: 3 } });
    expect(result.steps.map((step) => step.pa)).toEqual([ROOT, ROOT, ROOT, ROOT]);
  });
});

describe('the translator', () => {
  const geometry = { granuleShift: 12, ipaBits: 40 } as const;

  it.each<[string, object, string]>([
    ['a number for an IPA', { ipa: 5 }, 'ipa: found number 5, expected a bigint from 0 to 2^64 - 1'],
    ['a negative IPA', { ipa: -1n }, 'ipa: found -1, expected a bigint from 0 to 2^64 - 1'],
    ['an IPA of 65 bits', { ipa: 1n << 64n }, 'ipa: found 18446744073709551616'],
    ['EL 7', { ipa: 0n, el: 7 }, 'el: found 7, expected 0 or 1'],
    ['an access it does not know', { ipa: 0n, access: 'jump' }, 'access: found "jump", expected one of read'],
    ['an inherited name as access', { ipa: 0n, access: 'toString' }, 'access: found "toString"'],
  ])('refuses %s', (_, request, message) => {
    const { translator } = new Bench(geometry);
    const call = (): unknown => translator.translate(request as { ipa: bigint });
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it.each([
    ['vtcr', { vtcr: -1n }],
    ['vttbr', { vttbr: 1n << 64n }],
  ])('refuses a bad %s and keeps its registers', (name, registers) => {
    const { translator } = new Bench(geometry);
    const before = translator.registers;
    expect(() => translator.setRegisters(registers)).toThrow(name);
    expect(translator.registers).toEqual(before);
  });

  it.each<[string, object]>([
    ['paMax: found 31, expected an integer from 32 to 56', { features: { ...BASE_CPU, paMax: 31 } }],
    ['paMax: found 48.5', { features: { ...BASE_CPU, paMax: 48.5 } }],
    ['granules: found 8, expected 4, 16, 64', { features: { ...BASE_CPU, granules: [8] } }],
    ['granules: found none', { features: { ...BASE_CPU, granules: [] } }],
    ['choices: found "tosz", expected one of t0sz', { features: BASE_CPU, choices: { tosz: 'fault' } }],
    [
      'choices.t0sz: found maybe, expected one of fault, clamp',
      { features: BASE_CPU, choices: { t0sz: 'maybe' } },
    ],
  ])('refuses a CPU with %s', (message, cpu) => {
    const { machine } = new Bench(geometry);
    expect(() => new Translator(machine, registersFor(geometry), cpu as WalkCpu)).toThrow(message);
  });

  it('answers a batch as it answers one by one', () => {
    const bench = new Bench(geometry);
    bench.putLeaf(0n, 3);
    bench.putLeaf(1n << 30n, 1);
    const ipas = BigUint64Array.from({ length: 10_000 }, (_, i) => (BigInt(i) * 0x28f_5c29n) % (3n << 30n));
    const results = bench.translator.translateMany(ipas, 'write', 0);
    expect(results).toHaveLength(ipas.length);
    for (const [i, ipa] of ipas.entries()) {
      const one = bench.translator.translate({ ipa, access: 'write', el: 0 });
      const many = results[i] ?? 0n;
      if (one.ok) expect(many).toBe(one.pa);
      else expect(batchFault(many)).toBe(one.fault.fsc);
    }
    expect(bench.translator.translateMany(new BigUint64Array(0))).toHaveLength(0);
  });

  it('gives its records back when it is destroyed', () => {
    const { machine } = new Bench(geometry);
    for (let i = 0; i < 2000; i++) new Translator(machine, registersFor(geometry), cpuFor()).destroy();
    expect(() => new Translator(machine, registersFor(geometry), cpuFor())).not.toThrow();
  });
});
