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
const round = fc.record({
  ipas: fc.array(fc.oneof({ weight: 30, arbitrary: ipa }, { weight: 1, arbitrary: fc.constant(1n << 40n) }), {
    maxLength: 40,
    size: 'max',
  }),
  access: fc.constantFrom('read' as const, 'read' as const, 'write' as const, 'atomic' as const),
  change: fc.option(change, { nil: undefined, freq: 3 }),
  flush: fc.nat(5).map((n) => n === 0),
});

describe.each(G.LAYOUTS)('a core with %s', (_, geometry) => {
  it('answers and counts a batch as it does single accesses', () => {
    fc.assert(
      fc.property(fc.array(round, { maxLength: 8 }), (rounds) => {
        const [batch, single] = [G.twoStage(geometry), G.twoStage(geometry)];
        for (const { ipas, access, change, flush } of rounds) {
          const results = batch.mmu.accessMany('ipa', BigUint64Array.from(ipas), { access });
          for (const [i, each] of ipas.entries()) {
            const result = single.mmu.access({ ipa: each, access });
            const found = results[i] as bigint;
            expect(batchFault(found) ?? found).toBe(result.ok ? result.pa : result.fault.fsc);
          }
          for (const { mmu, put } of [batch, single]) {
            if (change !== undefined) put(change[0], change[1], change[2]);
            if (flush) mmu.tlbi('vmalls12e1');
          }
        }
        expect(batch.micro.counts()).toEqual(single.micro.counts());
        expect(batch.mmu.entries()).toEqual(single.mmu.entries());
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});
