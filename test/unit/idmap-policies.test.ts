// What mapping an internal VM comes to under each policy, counted by the core, against formulas of its own.
import { describe, expect, it } from 'vitest';
import type { Range } from '../../src/cost/index.js';
import { runIdmap } from '../../src/scenario/idmap.js';
import { IDMAP_POLICIES, type IdmapPolicy } from '../../src/scenario/idmap-policy.js';
import { IDMAP_PART, type IdmapCore, priceIdmap } from '../../src/scenario/idmap-price.js';
import { tlbNeed } from '../../src/scenario/idmap-tlb.js';
import { loadBuild, PROFILES, tableOf } from './fixtures-cost/load.js';

const [KIB, MIB, GIB] = [1n << 10n, 1n << 20n, 1n << 30n];
/** Sizes of leaves, the largest first, and what a table of level 3 maps; of 4K there is a level 2 as well. */
const SHAPES = {
  12: { leaves: [GIB, 2n * MIB, 4n * KIB], tables: [2n * MIB, GIB], minimum: 2 },
  14: { leaves: [32n * MIB, 16n * KIB], tables: [32n * MIB], minimum: 1 },
  16: { leaves: [512n * MIB, 64n * KIB], tables: [512n * MIB], minimum: 1 },
} as const;
const START = 4n * GIB;
const CACHE = 40;

type Shift = keyof typeof SHAPES;
const GRANULES = [12, 14, 16] as const;
const SIZES = [64n * KIB, 35n * MIB + 192n * KIB, GIB + 6n * MIB];

const isBlocks = (policy: IdmapPolicy) => policy.startsWith('blocks');

/** The leaves of [START, START + bytes) by their sizes. */
function leavesOf(bytes: bigint, shift: Shift, blocks: boolean): Map<bigint, number> {
  const sizes = blocks ? SHAPES[shift].leaves : SHAPES[shift].leaves.slice(-1);
  const found = new Map<bigint, number>();
  for (let at = START; at < START + bytes; ) {
    const size = sizes.find((s) => at % s === 0n && at + s <= START + bytes) as bigint;
    const run = blocks ? 1n : bytes / size;
    found.set(size, (found.get(size) ?? 0) + Number(run));
    at += size * run;
  }
  return found;
}

/** Tables that are not the root: one for each range of a table that some leaf is smaller than. */
function tablesOf(bytes: bigint, shift: Shift, blocks: boolean): number {
  let tables = 0;
  for (const range of SHAPES[shift].tables) {
    const whole = blocks ? bytes / range : 0n;
    tables += Number((bytes + range - 1n) / range - whole);
  }
  return tables;
}

/** Pages left in the local cache that is filled whenever it is below its minimum. */
function leakedOf(bytes: bigint, shift: Shift): number {
  const { tables, minimum, leaves } = SHAPES[shift];
  const page = leaves.at(-1) as bigint;
  let cached = 0;
  for (let at = 0n; at < bytes; at += page) {
    if (cached < minimum) cached = CACHE;
    cached -= tables.filter((range) => at % range === 0n).length;
  }
  return cached;
}

describe.each(GRANULES)('with pages of 2^%i bytes', (shift) => {
  describe.each(IDMAP_POLICIES)('mapped %s', (policy) => {
    it.each(SIZES)(
      '%i bytes take as many tables, entries, barriers, locks and lines as the formulas say',
      (bytes) => {
        const counts = runIdmap(bytes, { policy, granuleShift: shift });
        const sizes = leavesOf(bytes, shift, isBlocks(policy));
        const leaves = [...sizes.values()].reduce((sum, n) => sum + n, 0);
        const pages = sizes.get(SHAPES[shift].leaves.at(-1) as bigint) ?? 0;
        const tables = tablesOf(bytes, shift, isBlocks(policy));
        const posted = policy === 'asPosted';
        expect(counts).toMatchObject({
          pages: Number(bytes >> BigInt(shift)),
          tablePages: tables,
          leaves,
          entriesWritten: leaves + tables,
          dsb: tables + leaves - pages,
          isb: tables + leaves - pages,
          locks: posted ? leaves : 1,
          leaked: posted ? leakedOf(bytes, shift) : 0,
          flushCalls: leaves,
          flushedLines: Number(bytes / 64n),
        });
        const held = counts.levels.filter((level) => level.leaves > 0);
        expect(held.map(({ leafBytes, leaves: n }) => [BigInt(leafBytes), n])).toEqual([...sizes]);
      },
    );
  });

  it('the contiguous hint is on every leaf of an aligned whole set and no other', () => {
    const { levels } = runIdmap(35n * MIB + 192n * KIB, { policy: 'blocks+contiguous', granuleShift: shift });
    for (const { leaves, contiguous, leafBytes, setBytes } of levels) {
      expect(contiguous % (setBytes / leafBytes)).toBe(0);
      // Leaves of a size lie side by side here, and the first of them on the border of a set.
      expect(leaves - contiguous).toBeLessThan(setBytes / leafBytes);
    }
  });
});

describe('a size', () => {
  it.each([0n, 4095n, 4097n, (1n << 39n) + 4096n])('of %i bytes is refused', (bytes) => {
    expect(() => runIdmap(bytes)).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('must be whole pages of the granule', () => {
    expect(() => runIdmap(4096n, { granuleShift: 16 })).toThrowError(/expected a multiple of the page/);
  });
});

const ESTIMATES = {
  loopInsn: { v: 55, lo: 15, hi: 95 },
  entryInsn: { v: 15, lo: 5, hi: 74 },
  tableInsn: { v: 80, lo: 36, hi: 200 },
};
const CORES: IdmapCore[] = [...PROFILES.values()].map(({ name, clock }) => ({
  clockGhz: clock.v,
  table: tableOf(name, [IDMAP_PART]),
}));
const BUILD = loadBuild('gcc12c-rfc');
const price = (policy: IdmapPolicy, bytes: bigint, cores = CORES) =>
  priceIdmap(runIdmap(bytes, { policy }), BUILD, cores, ESTIMATES);
const ordered = ({ lo, v, hi }: Range): boolean => 0 < lo && lo <= v && v <= hi;

describe('the price of a policy', () => {
  it.each(IDMAP_POLICIES)('%s is a range in order on every core, and that of its parts', (policy) => {
    for (const { core, mapping, loopBody, flush, total } of price(policy, 16n * MIB).cores) {
      for (const part of [mapping, loopBody, flush]) expect(ordered(part), core).toBe(true);
      for (const end of ['v', 'lo', 'hi'] as const)
        expect(mapping[end] + loopBody[end] + flush[end], core).toBeCloseTo(total[end], 4);
    }
  });

  it('has as posted the barriers of the blocks of the build, which are those that the core counted', () => {
    const { counts, totals } = price('asPosted', GIB + 6n * MIB);
    expect([totals.dsb, totals.isb]).toEqual([counts.dsb, counts.isb]);
  });

  it('otherwise is that of the entries, the tables, the barriers, one lock and the allocations', () => {
    const { counts, cores } = price('upFront', 16n * MIB);
    for (const [i, { mapping, loopBody }] of cores.entries()) {
      const prices = CORES[i]?.table.prices;
      // Prices are whole microcycles.
      const at = (event: string) => Math.round((prices?.get(event)?.v ?? Number.NaN) * 1e6) / 1e6;
      const insn = counts.leaves * 15 + counts.tablePages * 80;
      expect(loopBody.v).toBeCloseTo(insn * at('insn:idmap'), 4);
      const apart = counts.dsb * at('dsb') + counts.isb * at('isb');
      const pages = counts.tablePages * at('opaque:__get_free_pages');
      expect(mapping.v).toBeGreaterThan(apart + pages);
      expect(mapping.v).toBeLessThan(apart + pages + 50 * counts.tablePages + 500);
    }
  });

  it('is less for blocks than for pages set aside first, and less for these than as posted', () => {
    const [posted, upFront, blocks] = (['asPosted', 'upFront', 'blocks'] as const).map((policy) =>
      price(policy, 16n * MIB).cores.map(({ mapping, loopBody }) => mapping.v + loopBody.v),
    ) as [number[], number[], number[]];
    for (const [i, cost] of upFront.entries()) {
      expect(cost).toBeLessThan(posted[i] as number);
      expect(cost).toBeGreaterThan(blocks[i] as number);
    }
  });

  it('of the flush is a barrier a call and the same lines, and nothing where the kernel skips it', () => {
    const [pages, blocks] = [price('upFront', 16n * MIB), price('blocks', 16n * MIB)];
    expect([pages.flushTotals.dc, blocks.flushTotals.dc]).toEqual([262_144, 262_144]);
    expect([pages.flushTotals.dsb, blocks.flushTotals.dsb]).toEqual([4096, 8]);
    const skipping = CORES.map((core) => ({ ...core, skipsFlush: true }));
    for (const { flush } of price('blocks', 16n * MIB, skipping).cores)
      expect(flush).toEqual({ v: 0, lo: 0, hi: 0 });
  });
});

describe('entries in the TLB of a core', () => {
  const profile = (name: string) => {
    const found = PROFILES.get(name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found.tlb;
  };
  const need = (core: string, bytes: bigint, policy: IdmapPolicy, granuleShift: Shift = 12) =>
    tlbNeed(runIdmap(bytes, { policy, granuleShift }).levels, granuleShift, profile(core));

  it('are one for each page, and fewer where a contiguous set fits one', () => {
    expect(need('cortex-a72', 16n * MIB, 'asPosted')).toMatchObject({ entries: 4096, withoutHint: 4096 });
    expect(need('cortex-a72', 16n * MIB, 'upFront+contiguous')).toMatchObject({
      entries: 256,
      withoutHint: 4096,
      sizes: [{ bytes: 65536, count: 256 }],
      part: 1,
    });
  });

  it('are several for a block larger than any entry', () => {
    expect(need('cortex-a72', GIB, 'blocks')?.entries).toBe(1);
    expect(need('cortex-a53', GIB, 'blocks')?.sizes).toEqual([{ bytes: 512 << 20, count: 2 }]);
    expect(need('apple-m1-firestorm', GIB, 'blocks')?.sizes).toEqual([{ bytes: 32 << 20, count: 32 }]);
  });

  it('reach as far as the second level holds them, the largest first', () => {
    const found = need('cortex-a53', 35n * MIB + 192n * KIB, 'blocks');
    expect(found).toMatchObject({ entries: 17 + 304, capacity: 512, part: 1 });
    expect(need('cortex-a53', GIB, 'asPosted')?.part).toBe(512 / 262_144);
  });

  it('are none where the core lacks the granule, and one a leaf where the profile says no sizes', () => {
    expect(need('cortex-a53', GIB, 'blocks', 14)).toBeUndefined();
    const { levels } = runIdmap(GIB, { policy: 'blocks' });
    const silent = { ...profile('cortex-a53'), stlbSizes: undefined };
    expect(tlbNeed(levels, 12, silent)).toMatchObject({ entries: 1, sizesKnown: false });
  });
});
