import { describe, expect, it } from 'vitest';
import { leafAttributes } from '../../src/arm/index.js';
import { type DumpLeaf, ptdumpText } from '../../src/report/ptdump.js';

/** VTCR_EL2.SH0: inner shareable. */
const SH0 = 3;

describe('the dump of five-level tables', () => {
  it('names every level, and takes the shareability of FEAT_LPA2 leaves from VTCR_EL2', () => {
    const leaf = (level: number, ipa: bigint, kind: DumpLeaf['kind']): DumpLeaf => ({
      ipa,
      pa: ipa,
      level,
      size: 1n << BigInt(12 + 9 * (3 - level)),
      desc: 0x4fdn,
      kind,
      attributes: leafAttributes(0x4fdn, { fwb: false, xnx: false, sh0: SH0 }),
    });
    const lines = ptdumpText([leaf(-1, 0n, 'reserved'), leaf(0, 1n << 48n, 'block')]).split('\n');
    expect(lines.slice(1, 3)).toEqual([
      '0x0000000000000000-0x0001000000000000         256T L-1   R W x  AF BAD         ISH Normal WB',
      '0x0001000000000000-0x0001008000000000         512G PGD   R W x  AF BLK         ISH Normal WB',
    ]);
  });
});
