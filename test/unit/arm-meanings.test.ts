// Every field has a sentence and every value of it a meaning, so that nothing is shown bare.
import { describe, expect, it } from 'vitest';
import { AddressLayout } from '../../src/abi/walk.js';
import {
  type DecodedField,
  decode,
  descriptorTable,
  ESR_DATA_ABORT,
  ESR_INSTRUCTION_ABORT,
  ESR_OTHER,
  type FieldTable,
  HCR_EL2,
  HPFAR_EL2,
  ID_AA64MMFR0_EL1,
  ID_AA64MMFR1_EL1,
  ID_AA64MMFR2_EL1,
  ipaInRegisters,
  PAR_FAULT,
  PAR_SUCCESS,
  SCTLR_EL1,
  SCTLR_EL2,
  TCR_EL1,
  VTCR_EL2,
  VTTBR_EL2,
} from '../../src/arm/index.js';
import { stage1DescriptorTable } from '../../src/arm/stage1-descriptor.js';

const LAYOUTS = [AddressLayout.NARROW, AddressLayout.LPA2];
const descriptorTables = LAYOUTS.flatMap((layout) =>
  [0n, 1n, 3n].flatMap((desc) =>
    [2, 3].flatMap((level) => [
      descriptorTable(desc, { granuleShift: 12, level, layout, fwb: true, xnx: true }),
      stage1DescriptorTable(desc, { granuleShift: 12, level, layout, mair: 0xffn }),
    ]),
  ),
);
const TABLES: readonly FieldTable[] = [
  ESR_DATA_ABORT,
  ESR_INSTRUCTION_ABORT,
  ESR_OTHER,
  HCR_EL2,
  HPFAR_EL2,
  ID_AA64MMFR0_EL1,
  ID_AA64MMFR1_EL1,
  ID_AA64MMFR2_EL1,
  PAR_FAULT,
  PAR_SUCCESS,
  SCTLR_EL1,
  SCTLR_EL2,
  TCR_EL1,
  VTCR_EL2,
  VTTBR_EL2,
  ...descriptorTables,
];
const named = (fields: readonly DecodedField[], name: string) => fields.find((field) => field.name === name);

describe('the fields of registers and descriptors', () => {
  it.each(TABLES)('of $name each have a sentence, and a meaning whatever their value', (table) => {
    for (const { name, about = '' } of table.fields) expect(about, name).toMatch(/^[A-Z0-9].{8,}\.$/);
    for (const value of [0n, (1n << 64n) - 1n, 0x5555_5555_5555_5555n]) {
      for (const { name, meaning = '' } of decode(table, value)) expect(meaning, name).not.toBe('');
    }
  });

  it('say so where another field makes them mean nothing', () => {
    const abort = decode(ESR_DATA_ABORT, 0x9200_0047n);
    expect(abort.filter(({ ignored }) => ignored).map(({ name }) => name)).toEqual([
      'SAS',
      'SSE',
      'SRT',
      'SF',
      'AR',
    ]);
    expect(named(abort, 'SRT')?.meaning).toBe('ignored: ISV is 0');
    expect(decode(ESR_DATA_ABORT, 0x9300_0047n).some(({ ignored }) => ignored)).toBe(false);
    const tcr = decode(TCR_EL1, 1n << 23n);
    expect(named(tcr, 'T1SZ')?.meaning).toBe('ignored: EPD1 is 1');
    expect(named(tcr, 'EPD1')?.meaning).toBe('no walks from TTBR1_EL1');
    expect(named(tcr, 'T0SZ')?.meaning).toBe('64-bit VA');
  });
});

describe('the IPA that faulted', () => {
  it.each([
    ['a translation fault', 0x9200_0047n, 'whole'],
    ['an access flag fault of a fetch', 0x8200_000bn, 'whole'],
    ['a permission fault', 0x9200_004fn, 'none'],
    ['a permission fault on a stage-1 table', 0x9200_00cfn, 'page'],
    ['an abort of this exception level', 0x9600_0047n, 'none'],
    ['an HVC', 0x5a00_0000n, 'none'],
  ])('of %s is in the registers as far as the architecture puts it there', (_, esr, part) => {
    expect(ipaInRegisters(esr)).toBe(part);
  });
});
