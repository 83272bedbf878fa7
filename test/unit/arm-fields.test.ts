import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decode,
  ESR_DATA_ABORT,
  ESR_INSTRUCTION_ABORT,
  ESR_OTHER,
  encode,
  extract,
  type FieldTable,
  fieldMask,
  fieldValue,
  formatFields,
  HCR_EL2,
  HPFAR_EL2,
  ID_AA64MMFR0_EL1,
  ID_AA64MMFR1_EL1,
  ID_AA64MMFR2_EL1,
  knownBits,
  PAR_FAULT,
  PAR_SUCCESS,
  parseHex,
  VTCR_EL2,
  VTTBR_EL2,
} from '../../src/arm/index.js';

const TABLES: readonly FieldTable[] = [
  VTCR_EL2,
  VTTBR_EL2,
  HCR_EL2,
  HPFAR_EL2,
  PAR_SUCCESS,
  PAR_FAULT,
  ESR_DATA_ABORT,
  ESR_INSTRUCTION_ABORT,
  ESR_OTHER,
  ID_AA64MMFR0_EL1,
  ID_AA64MMFR1_EL1,
  ID_AA64MMFR2_EL1,
];
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

describe('a field table', () => {
  it.each(TABLES)('$name: no two fields share a bit, and all are within 64 bits', ({ fields }) => {
    let seen = 0n;
    for (const field of fields) {
      expect(seen & fieldMask(field)).toBe(0n);
      seen |= fieldMask(field);
    }
    expect(seen >> 64n).toBe(0n);
  });

  it.each(TABLES)('$name: the fields of any value encode to its known bits', (table) => {
    fc.assert(
      fc.property(u64, (value) => {
        const fields = decode(table, value);
        const byName = Object.fromEntries(fields.map((field) => [field.name, field.value]));
        expect(encode(table, byName)).toBe(value & knownBits(table));
        for (const { name, value: part, lsb, width } of fields) {
          expect(fieldValue(table, value, name)).toBe(part);
          expect(extract(value, lsb, width)).toBe(part);
        }
      }),
    );
  });

  it.each(TABLES)('$name: prints any value on one line without an empty meaning', (table) => {
    fc.assert(
      fc.property(u64, (value) => {
        expect(formatFields(table, value)).not.toMatch(/\n|\(\)|undefined/);
      }),
    );
  });

  it('refuses a field it does not have, and names those it has', () => {
    expect(() => encode(HPFAR_EL2, { IPA: 1n })).toThrow('HPFAR_EL2: no field IPA, expected one of FIPA');
  });

  it.each([-1n, 2n])('refuses %s in a field of one bit', (value) => {
    expect(() => encode(VTCR_EL2, { HA: value })).toThrow(/VTCR_EL2.HA: found .*2|-1, expected 1 bits/);
  });

  it.each([-1n, 1n << 64n, 5 as unknown as bigint])('refuses to decode %s', (value) => {
    expect(() => decode(VTCR_EL2, value)).toThrow('VTCR_EL2: found');
  });
});

describe('parseHex', () => {
  it.each([
    ['0x0', 0n],
    ['0x4000_0000', 0x4000_0000n],
    ['0XfF', 0xffn],
    ['4096', 4096n],
    ['1_000', 1000n],
    ['0xffff_ffff_ffff_ffff', (1n << 64n) - 1n],
    ['18446744073709551615', (1n << 64n) - 1n],
    ['9007199254740993', 9007199254740993n],
    ['0x000000000000000000000000001', 1n],
  ])('reads %s', (text, value) => {
    expect(parseHex(text, 'IPA')).toBe(value);
  });

  it.each(['', '0x', 'x', '1e3', '1.5', '-1', '0x1__0', '_1', '0x_1', '0x1_', 'ffff', '0b1', '1 2'])(
    'refuses %j and says what it expected',
    (text) => {
      expect(() => parseHex(text, 'IPA')).toThrow(
        `IPA: found ${JSON.stringify(text)}, expected a number such as 0x4000_0000 or 1073741824`,
      );
    },
  );

  it.each(['0x10000000000000000', '18446744073709551616', `0x${'f'.repeat(100_000)}`, '9'.repeat(100_000)])(
    'refuses what has more than 64 bits, shortening the text',
    (text) => {
      expect(() => parseHex(text, 'IPA')).toThrow(
        /^IPA: found "[0-9a-fx]{1,40}…?", expected at most 64 bits$/,
      );
    },
  );

  it('reads back any u64 in hex and in decimal', () => {
    fc.assert(
      fc.property(u64, (value) => {
        expect(parseHex(`0x${value.toString(16)}`, 'IPA')).toBe(value);
        expect(parseHex(value.toString(), 'IPA')).toBe(value);
      }),
    );
  });
});
