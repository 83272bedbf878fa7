// Field positions and values: Arm ARM (DDI 0487), "VMSAv8-64 translation table format descriptors", stage 1.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressLayout } from '../../src/abi/walk.js';
import { decode, encode, knownBits } from '../../src/arm/index.js';
import { type Stage1DescriptorContext, stage1DescriptorTable } from '../../src/arm/stage1-descriptor.js';

/** Attribute 0 is normal write-back, 1 device-nGnRE, 2 normal non-cacheable. */
const K4: Stage1DescriptorContext = { granuleShift: 12, level: 3, mair: 0x4404ffn };

function read(desc: bigint, context: Stage1DescriptorContext) {
  const table = stage1DescriptorTable(desc, context);
  const fields = decode(table, desc).map(({ name, value, meaning }) => [name, meaning ?? value]);
  return { name: table.name, fields: Object.fromEntries(fields) };
}

describe('the fields of a stage-1 descriptor', () => {
  it('of a page of a user program are those of the manual', () => {
    expect(read(0x20_0000_8123_4f4bn | (5n << 55n), { ...K4, mair: 0x4404ff00n })).toEqual({
      name: 'stage-1 page descriptor',
      fields: {
        VALID: 'valid',
        TABLE: 'page',
        OA: '0x81234000',
        AttrIndx: 'Device-nGnRE',
        NS: 'ignored: Non-secure state',
        'AP[2:1]': 'EL1 RW, EL0 RW',
        SH: 'ISH',
        AF: 'accessed',
        nG: 'its ASID alone',
        DBM: 'dirty state by software',
        Contiguous: 'by itself',
        PXN: 'never executes',
        UXN: 'executes',
        SW: 'left to software',
      },
    });
  });

  it('of a table are the next one and what it takes away from all below', () => {
    const bits = (1n << 59n) | (2n << 61n);
    expect(read(0x4000_1003n | bits, { ...K4, level: 1 })).toEqual({
      name: 'stage-1 table descriptor',
      fields: {
        VALID: 'valid',
        TABLE: 'table',
        NEXT: '0x40001000',
        PXNTable: 'none below executes',
        UXNTable: 'as below',
        APTable: 'no writes',
        NSTable: 'ignored: Non-secure state',
      },
    });
  });

  it.each([
    [0, 'Normal WB'],
    [1, 'Device-nGnRE'],
    [2, 'Normal NC'],
    [7, 'Device-nGnRnE'],
  ])('name the memory type of AttrIndx %i after MAIR_EL1', (index, type) => {
    expect(read(3n | (BigInt(index) << 2n), K4).fields).toMatchObject({ AttrIndx: type });
  });

  it.each([
    [0n, 'EL1 RW', 'as below'],
    [1n, 'EL1 RW, EL0 RW', 'no EL0'],
    [2n, 'EL1 R', 'no writes'],
    [3n, 'EL1 R, EL0 R', 'no writes, no EL0'],
  ])('read AP and APTable %s as permission and as limit', (value, permission, limit) => {
    expect(read(3n | (value << 6n), K4).fields).toMatchObject({ 'AP[2:1]': permission });
    expect(read(3n | (value << 61n), { ...K4, level: 2 }).fields).toMatchObject({ APTable: limit });
  });

  it('of a block have nT, and with FEAT_LPA2 address bits in place of shareability', () => {
    const block = read(0x1_0701n, { ...K4, level: 2 });
    expect(block.name).toBe('stage-1 block descriptor');
    expect(block.fields).toMatchObject({ nT: 'not to be cached', SH: 'ISH' });
    const wide = read(0x703n, { ...K4, layout: AddressLayout.LPA2 }).fields;
    expect(wide).not.toHaveProperty('SH');
    expect(wide).toMatchObject({ 'OA[51:50]': '0xc000000000000' });
  });

  it('of what translates nothing are its two lowest bits', () => {
    expect(read(0n, K4)).toEqual({
      name: 'stage-1 invalid descriptor',
      fields: { VALID: 'no entry', TABLE: 'ignored: VALID is 0' },
    });
    expect(read(1n, K4).name).toBe('stage-1 reserved descriptor');
  });

  it('do not overlap, and encode back', () => {
    const context = fc.record({
      granuleShift: fc.constantFrom(12, 14, 16),
      level: fc.integer({ min: -1, max: 3 }),
      layout: fc.constantFrom(AddressLayout.NARROW, AddressLayout.LPA2),
      mair: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), context, (desc, where) => {
        const table = stage1DescriptorTable(desc, where);
        const fields = decode(table, desc);
        const values = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
        expect(encode(table, values)).toBe(desc & knownBits(table));
        const ones = knownBits(table).toString(2).replaceAll('0', '').length;
        expect(fields.reduce((bits, { width }) => bits + width, 0)).toBe(ones);
      }),
    );
  });
});
