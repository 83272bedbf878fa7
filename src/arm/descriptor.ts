import * as A from '../abi/arm.js';
import { hex } from '../core/error.js';
import { extract, type Field, type FieldTable } from './fields.js';
import { effectiveXn } from './leaf.js';
import { memAttrName, SHAREABILITY } from './memattr.js';

/** Where an entry is. */
export interface EntryPlace {
  /** log2 of the granule. */
  granuleShift: number;
  /** Level of the table the entry is in, 0 to 3. */
  level: number;
}

/** What decides how an entry reads. */
export interface DescriptorContext extends EntryPlace {
  /** HCR_EL2.FWB. */
  fwb: boolean;
  /** FEAT_XNX: bit 53 counts. */
  xnx: boolean;
}

/** `reserved` is valid but translates nothing: bits 01 at level 3, or a block where the granule has none. */
export type DescriptorKind = 'invalid' | 'table' | 'block' | 'page' | 'reserved';

/** Lowest IPA bit that indexes a table of `level`. */
export function levelShift(granuleShift: number, level: number): number {
  return granuleShift + (3 - level) * (granuleShift - 3);
}

/** Blocks exist at level 2, and with 4K at level 1. */
function blockLevel(granuleShift: number, level: number): boolean {
  return level === 2 || (level === 1 && granuleShift === 12);
}

/** What `desc` is at the level of the context. */
export function descriptorKind(desc: bigint, { granuleShift, level }: EntryPlace): DescriptorKind {
  if (extract(desc, A.DESC_VALID_LSB) === 0n) return 'invalid';
  const table = extract(desc, A.DESC_TABLE_LSB) === 1n;
  if (level === 3) return table ? 'page' : 'reserved';
  if (table) return 'table';
  return blockLevel(granuleShift, level) ? 'block' : 'reserved';
}

/** Next table of a table descriptor, or output address of a leaf. */
export function descriptorAddress(desc: bigint, place: EntryPlace): bigint {
  const lsb = addressLsb(desc, place);
  return extract(desc, lsb, A.DESC_ADDRESS_END - lsb) << BigInt(lsb);
}

function addressLsb(desc: bigint, place: EntryPlace): number {
  const { granuleShift, level } = place;
  return descriptorKind(desc, place) === 'block' ? levelShift(granuleShift, level) : granuleShift;
}

const S2AP = ['none', 'R', 'W', 'RW'];
const XN = ['EL1 and EL0 execute', 'EL0 executes', 'none executes', 'EL1 executes'];

const TYPE: Field[] = [
  { name: 'VALID', lsb: A.DESC_VALID_LSB, width: 1 },
  { name: 'TABLE', lsb: A.DESC_TABLE_LSB, width: 1 },
];

/** The fields of `desc` as the hardware reads it: those of a table, a block, a page, or of no use at all. */
export function descriptorTable(desc: bigint, context: DescriptorContext): FieldTable {
  const kind = descriptorKind(desc, context);
  if (kind === 'invalid' || kind === 'reserved') return { name: `${kind} descriptor`, fields: TYPE };
  const lsb = addressLsb(desc, context);
  const address = {
    name: kind === 'table' ? 'NEXT' : 'OA',
    lsb,
    width: A.DESC_ADDRESS_END - lsb,
    meaning: (value: bigint) => hex(value << BigInt(lsb)),
  };
  const fields = kind === 'table' ? [...TYPE, address] : [...TYPE, address, ...leafFields(kind, context)];
  return { name: `${kind} descriptor`, fields };
}

function leafFields(kind: DescriptorKind, { fwb, xnx }: DescriptorContext): Field[] {
  const nT = kind === 'block' ? [{ name: 'nT', lsb: A.DESC_NT_LSB, width: 1 }] : [];
  return [
    {
      name: 'MemAttr',
      lsb: A.DESC_MEMATTR_LSB,
      width: A.DESC_MEMATTR_WIDTH,
      meaning: (value) => memAttrName(Number(value), fwb),
    },
    {
      name: 'S2AP',
      lsb: A.DESC_S2AP_LSB,
      width: A.DESC_S2AP_WIDTH,
      meaning: (value) => S2AP[Number(value)] ?? '',
    },
    {
      name: 'SH',
      lsb: A.DESC_SH_LSB,
      width: A.DESC_SH_WIDTH,
      meaning: (value) => SHAREABILITY[Number(value)] ?? '',
    },
    { name: 'AF', lsb: A.DESC_AF_LSB, width: 1 },
    { name: 'FnXS', lsb: A.DESC_FNXS_LSB, width: 1 },
    ...nT,
    { name: 'DBM', lsb: A.DESC_DBM_LSB, width: 1 },
    { name: 'Contiguous', lsb: A.DESC_CONTIG_LSB, width: 1 },
    {
      name: 'XN',
      lsb: A.DESC_XN_LSB,
      width: A.DESC_XN_WIDTH,
      meaning: (value) => XN[effectiveXn(Number(value), xnx)] ?? '',
    },
    { name: 'SW', lsb: A.DESC_SW_LSB, width: A.DESC_SW_WIDTH },
  ];
}
