// Batches, which a specialised kernel serves where it can, against single accesses: same answers, same counts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchFault } from '../../src/walk/translator.js';
import * as G from './two-stage.js';

const ipa = fc
  .tuple(fc.nat(1), fc.nat(1), fc.nat(8), fc.nat(4095))
  .map(([a, b, c, d]) => G.address(a, b, c) + BigInt(d));
const leaf = (level: number) =>
  fc
    .tuple(ipa, fc.constantFrom(G.RW2, G.RO2, 0n))
    .map(([to, bits]) => (bits === 0n ? 0n : G.leafOf(G.MEMORY + to, bits, level)));
const change = fc.oneof(
  fc.tuple(fc.constantFrom(...G.STAGE2.l3), fc.nat(7), leaf(3)),
  fc.tuple(fc.constantFrom(...G.STAGE2.l2), fc.nat(1), leaf(2)),
  fc.tuple(fc.constant(G.STAGE2.root), fc.nat(1), leaf(1)),
);
/** Lines of the stage-2 tables. */
const LINES = Array.from({ length: 32 }, (_, i) => G.frame(i >> 2) + BigInt((i & 3) * 64));
const line = fc.constantFrom(...LINES);
const round = fc.record({
  ipas: fc.array(fc.oneof({ weight: 30, arbitrary: ipa }, { weight: 1, arbitrary: fc.constant(1n << 40n) }), {
    maxLength: 200,
    size: 'max',
  }),
  access: fc.constantFrom('read' as const, 'read' as const, 'write' as const, 'atomic' as const),
  change: fc.option(change, { nil: undefined, freq: 3 }),
  flush: fc.nat(5).map((n) => n === 0),
  written: fc.array(line, { maxLength: 6 }),
  stolen: fc.option(line, { nil: undefined, freq: 6 }),
});

/** Levels so small that written lines are replaced in all of them; lines of the last level are larger. */
const [L1D, L2] = [
  { sets: 2, ways: 2, lineBytes: 64 },
  { sets: 3, ways: 2, lineBytes: 64 },
];
const L3 = { sets: 2, ways: 5, lineBytes: 128 };

describe.each([
  ...G.LAYOUTS,
  ['small caches', { ...G.UNIFIED, l1d: L1D, l2: L2 }],
  ['small caches of three levels', { ...G.UNIFIED, l1d: L1D, l2: L2, l3: L3 }],
  ['a first level of sets that are no power of two', { ...G.UNIFIED, l1d: L2, l2: L1D }],
])('a core with %s', (_, geometry) => {
  it('answers and counts a batch as it does single accesses', () => {
    fc.assert(
      fc.property(fc.array(round, { maxLength: 8, size: 'max' }), (rounds) => {
        const [batch, single] = [G.twoStage(geometry), G.twoStage(geometry)];
        for (const { ipas, access, change, flush, written, stolen } of rounds) {
          for (const { micro } of [batch, single]) {
            for (const pa of written) micro.store(pa);
            if (stolen !== undefined) micro.stealLine(stolen);
          }
          const results = batch.mmu.accessMany('ipa', BigUint64Array.from(ipas), { access });
          const differ = ipas.flatMap((each, i) => {
            const result = single.mmu.access({ ipa: each, access });
            const expected = result.ok ? result.pa : result.fault.fsc;
            const found = results[i] as bigint;
            const answer = batchFault(found) ?? found;
            return answer === expected ? [] : [{ ipa: each, answer, expected }];
          });
          expect(differ).toEqual([]);
          for (const { mmu, put } of [batch, single]) {
            if (change !== undefined) put(change[0], change[1], change[2]);
            if (flush) mmu.tlbi('vmalls12e1');
          }
        }
        // Which lines are left, and which of them are written.
        for (const { micro } of [batch, single]) for (const pa of LINES) micro.cleanLine(pa);
        expect(batch.micro.counts()).toEqual(single.micro.counts());
        expect(batch.mmu.entries()).toEqual(single.mmu.entries());
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});
