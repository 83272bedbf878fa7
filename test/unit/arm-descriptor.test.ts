import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressLayout } from '../../src/abi/walk.js';
import {
  type DescriptorContext,
  decode,
  descriptorAddress,
  descriptorKind,
  descriptorTable,
  encode,
  knownBits,
  leafAttributes,
  memAttrName,
} from '../../src/arm/index.js';

const K4: DescriptorContext = { granuleShift: 12, level: 3, fwb: false, xnx: false };
const at = (granuleShift: number, level: number, layout = AddressLayout.NARROW) => ({
  granuleShift,
  level,
  layout,
});
const { LPA, LPA2 } = AddressLayout;
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const anyContext: fc.Arbitrary<DescriptorContext> = fc
  .record({
    format: fc.constantFrom(
      at(12, 3),
      at(14, 3),
      at(16, 3),
      at(12, 3, LPA2),
      at(14, 3, LPA2),
      at(16, 3, LPA),
    ),
    level: fc.integer({ min: -1, max: 3 }),
    fwb: fc.boolean(),
    xnx: fc.boolean(),
  })
  .map(({ format, ...context }) => ({ ...format, ...context }));

describe('the kind of a descriptor', () => {
  it.each([
    [0n, at(12, 1), 'invalid'],
    [2n, at(12, 3), 'invalid'],
    [3n, at(12, 0), 'table'],
    [3n, at(16, 2), 'table'],
    [3n, at(14, 3), 'page'],
    [1n, at(12, 3), 'reserved'],
    [1n, at(12, 0), 'reserved'],
    [1n, at(12, 1), 'block'],
    [1n, at(14, 1), 'reserved'],
    [1n, at(16, 1), 'reserved'],
    [1n, at(12, 2), 'block'],
    [1n, at(14, 2), 'block'],
    [1n, at(16, 2), 'block'],
    [3n, at(12, -1, LPA2), 'table'],
    [1n, at(12, -1, LPA2), 'reserved'],
    [1n, at(12, 0, LPA2), 'block'],
    [1n, at(14, 0, LPA2), 'reserved'],
    [1n, at(14, 1, LPA2), 'block'],
    [1n, at(16, 1, LPA), 'block'],
    [1n, at(16, 3, LPA), 'reserved'],
  ])('of bits %s at %o is %s', (desc, place, kind) => {
    expect(descriptorKind(desc, place)).toBe(kind);
  });
});

describe('the address in a descriptor', () => {
  const ones = (1n << 64n) - 1n;
  it.each([
    ['a 4K page', ones, at(12, 3), 0xffff_ffff_f000n],
    ['a 16K page', ones, at(14, 3), 0xffff_ffff_c000n],
    ['a 64K page', ones, at(16, 3), 0xffff_ffff_0000n],
    ['a 2M block', ones - 2n, at(12, 2), 0xffff_ffe0_0000n],
    ['a 1G block', ones - 2n, at(12, 1), 0xffff_c000_0000n],
    ['a 32M block', ones - 2n, at(14, 2), 0xffff_fe00_0000n],
    ['a 512M block', ones - 2n, at(16, 2), 0xffff_e000_0000n],
    ['a table below level 0', ones, at(12, 0), 0xffff_ffff_f000n],
    ['a 4K page with FEAT_LPA2', ones, at(12, 3, LPA2), 0xf_ffff_ffff_f000n],
    ['a 512G block', ones - 2n, at(12, 0, LPA2), 0xf_ff80_0000_0000n],
    ['a 64G block', ones - 2n, at(14, 1, LPA2), 0xf_fff0_0000_0000n],
    ['a 64K page with FEAT_LPA', ones, at(16, 3, LPA), 0xf_ffff_ffff_0000n],
    ['a 4T block', ones - 2n, at(16, 1, LPA), 0xf_fc00_0000_0000n],
    ['a table below level -1', ones, at(12, -1, LPA2), 0xf_ffff_ffff_f000n],
  ])('of %s is aligned to its size', (_, desc, place, address) => {
    expect(descriptorAddress(desc, place)).toBe(address);
  });
});

describe('the fields of a descriptor', () => {
  it('of a captured page read with FWB', () => {
    const context = { ...K4, fwb: true, xnx: true };
    const fields = decode(descriptorTable(0x40_0001_153a_27dbn, context), 0x40_0001_153a_27dbn);
    expect(Object.fromEntries(fields.map(({ name, value, meaning }) => [name, meaning ?? value]))).toEqual({
      VALID: 'valid',
      TABLE: 'page',
      OA: '0x1153a2000',
      MemAttr: 'Normal WB',
      S2AP: 'RW',
      SH: 'ISH',
      AF: 'accessed',
      FnXS: 'XS as in stage 1',
      DBM: 'dirty state by software',
      Contiguous: 'by itself',
      XN: 'none executes',
      SW: 'unused',
    });
  });

  it('of a table are its bits and the next table', () => {
    const table = descriptorTable(0x1_0af8_6003n, { ...K4, level: 1 });
    expect(table.name).toBe('table descriptor');
    expect(decode(table, 0x1_0af8_6003n).map(({ name, meaning }) => meaning ?? name)).toEqual([
      'valid',
      'table',
      '0x10af86000',
    ]);
  });

  it('of a wide page are the parts of its address, and with FEAT_LPA2 no shareability', () => {
    const parts = (layout: AddressLayout, granuleShift: number) => {
      const desc = 0x2_8000_0001_6743n;
      const fields = decode(descriptorTable(desc, { ...K4, granuleShift, layout }), desc);
      return Object.fromEntries(fields.map(({ name, value, meaning }) => [name, meaning ?? value]));
    };
    expect(parts(LPA2, 12)).toMatchObject({ OA: '0x2800000016000', 'OA[51:50]': '0xc000000000000' });
    expect(parts(LPA2, 12)).not.toHaveProperty('SH');
    expect(parts(LPA, 16)).toMatchObject({ OA: '0x800000010000', 'OA[51:48]': '0x6000000000000', SH: 'ISH' });
  });

  it('of any descriptor do not overlap and encode back', () => {
    fc.assert(
      fc.property(u64, anyContext, (desc, context) => {
        const table = descriptorTable(desc, context);
        const fields = decode(table, desc);
        const values = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
        expect(encode(table, values)).toBe(desc & knownBits(table));
        expect(fields.reduce((bits, { width }) => bits + width, 0)).toBe(ones(knownBits(table)));
      }),
    );
  });

  it('and the attributes of a leaf agree', () => {
    fc.assert(
      fc.property(u64, anyContext, (bits, context) => {
        const desc = bits | 3n;
        const page = { ...context, level: 3 };
        const fields = new Map(decode(descriptorTable(desc, page), desc).map((field) => [field.name, field]));
        const sh0 = page.layout === LPA2 ? { sh0: 2 } : {};
        const attributes = leafAttributes(desc, { ...page, ...sh0 });
        expect(BigInt(attributes.s2ap)).toBe(fields.get('S2AP')?.value);
        expect(BigInt(attributes.xn)).toBe(fields.get('XN')?.value);
        expect(BigInt(attributes.sh)).toBe(fields.get('SH')?.value ?? 2n);
        expect(BigInt(attributes.software)).toBe(fields.get('SW')?.value);
        expect(attributes.memory).toBe(fields.get('MemAttr')?.meaning);
        expect(attributes.contiguous).toBe(fields.get('Contiguous')?.value === 1n);
        expect(attributes.dbm).toBe(fields.get('DBM')?.value === 1n);
        expect(attributes.af).toBe(fields.get('AF')?.value === 1n);
      }),
    );
  });
});

describe('XN[1:0]', () => {
  it.each([
    [0n, true, 'EL1 and EL0 execute', { el0: true, el1: true }],
    [1n, true, 'EL0 executes', { el0: true, el1: false }],
    [2n, true, 'none executes', { el0: false, el1: false }],
    [3n, true, 'EL1 executes', { el0: false, el1: true }],
    [1n, false, 'EL1 and EL0 execute', { el0: true, el1: true }],
    [3n, false, 'none executes', { el0: false, el1: false }],
  ])('%s with FEAT_XNX %s: %s', (xn, xnx, name, execute) => {
    const desc = 3n | (xn << 53n);
    const context = { ...K4, xnx };
    expect(leafAttributes(desc, context).execute).toEqual(execute);
    const field = decode(descriptorTable(desc, context), desc).find((f) => f.name === 'XN');
    expect(field).toMatchObject({ value: xn, meaning: name });
  });
});

describe('MemAttr', () => {
  it.each([
    [0b0000, 'Device-nGnRnE', 'Device-nGnRnE'],
    [0b0001, 'Device-nGnRE', 'Device-nGnRE'],
    [0b0010, 'Device-nGRE', 'Device-nGRE'],
    [0b0011, 'Device-GRE', 'Device-GRE'],
    [0b0100, 'reserved', 'reserved'],
    [0b0101, 'Normal NC', 'Normal NC'],
    [0b0110, 'Normal outer NC inner WT', 'Normal WB'],
    [0b0111, 'Normal outer NC inner WB', 'type of stage 1'],
    [0b1000, 'reserved', 'Device-nGnRnE'],
    [0b1010, 'Normal WT', 'Device-nGRE'],
    [0b1110, 'Normal outer WB inner WT', 'Normal WB'],
    [0b1111, 'Normal WB', 'type of stage 1'],
  ])('%i is %s, and with FWB %s', (memAttr, combined, forced) => {
    expect(memAttrName(memAttr, false)).toBe(combined);
    expect(memAttrName(memAttr, true)).toBe(forced);
  });
});

/** Number of bits that are set. */
function ones(value: bigint): number {
  return value.toString(2).replaceAll('0', '').length;
}
