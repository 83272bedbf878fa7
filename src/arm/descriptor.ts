import * as A from '../abi/arm.js';
import { AddressLayout } from '../abi/walk.js';
import { hex } from '../core/error.js';
import { extract, type Field, type FieldTable } from './fields.js';
import { effectiveXn } from './leaf.js';
import { commonLeafFields } from './leaf-fields.js';
import { flag } from './meanings.js';
import { memAttrName } from './memattr.js';

/** What the descriptors of a regime have in common. */
export interface DescriptorFormat {
  /** log2 of the granule. */
  granuleShift: number;
  /** Where descriptors hold addresses. Default: 48 bits in their own place. */
  layout?: AddressLayout;
}

/** Where an entry is. */
export interface EntryPlace extends DescriptorFormat {
  /** Level of the table the entry is in, -1 to 3. */
  level: number;
}

/** An entry of `level` in tables of that format. */
export function entryPlace(format: DescriptorFormat, level: number): EntryPlace {
  const { granuleShift, layout = AddressLayout.NARROW } = format;
  return { granuleShift, layout, level };
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

/** log2 of the leaves that a set with the contiguous hint has (`leaf_shape.ts`); 0 where the level has none. */
export function contiguousBits(granuleShift: number, level: number): number {
  if (granuleShift === 12) return level >= 1 ? 4 : 0;
  if (granuleShift === 14) return level === 3 ? 7 : level === 2 ? 5 : 0;
  return level >= 2 ? 5 : 0;
}

/** Blocks exist at level 2 and with 4K at level 1; 52-bit addresses add one level with every granule. */
function hasBlocks({ granuleShift, level, layout = AddressLayout.NARROW }: EntryPlace): boolean {
  const largest = (granuleShift === 12 ? 1 : 2) - (layout === AddressLayout.NARROW ? 0 : 1);
  return level <= 2 && level >= largest;
}

/** What `desc` is at the level of the context. */
export function descriptorKind(desc: bigint, place: EntryPlace): DescriptorKind {
  if (extract(desc, A.DESC_VALID_LSB) === 0n) return 'invalid';
  const table = extract(desc, A.DESC_TABLE_LSB) === 1n;
  if (place.level === 3) return table ? 'page' : 'reserved';
  if (table) return 'table';
  return hasBlocks(place) ? 'block' : 'reserved';
}

/** Next table of a table descriptor, or output address of a leaf. */
export function descriptorAddress(desc: bigint, place: EntryPlace): bigint {
  const lsb = addressLsb(desc, place);
  const { end, high } = addressFields(place);
  const low = extract(desc, lsb, end - lsb) << BigInt(lsb);
  return high === undefined ? low : low | (extract(desc, high.lsb, high.width) << BigInt(end));
}

/** One past the address bits that stand in their own place, and where those from there up stand. */
function addressFields({ layout = AddressLayout.NARROW }: EntryPlace): {
  end: number;
  high?: { lsb: number; width: number };
} {
  switch (layout) {
    case AddressLayout.LPA:
      return {
        end: A.DESC_ADDRESS_END,
        high: { lsb: A.DESC_LPA_HIGH_LSB, width: A.DESC_LPA_HIGH_WIDTH },
      };
    case AddressLayout.LPA2:
      return {
        end: A.DESC_LPA2_ADDRESS_END,
        high: { lsb: A.DESC_LPA2_HIGH_LSB, width: A.DESC_LPA2_HIGH_WIDTH },
      };
    default:
      return { end: A.DESC_ADDRESS_END };
  }
}

function addressLsb(desc: bigint, place: EntryPlace): number {
  const { granuleShift, level } = place;
  return descriptorKind(desc, place) === 'block' ? levelShift(granuleShift, level) : granuleShift;
}

const S2AP = ['none', 'R', 'W', 'RW'];
const XN = ['EL1 and EL0 execute', 'EL0 executes', 'none executes', 'EL1 executes'];

/** What every descriptor begins with. */
export function typeFields(kind: DescriptorKind): Field[] {
  return [
    flag(
      'VALID',
      A.DESC_VALID_LSB,
      ['no entry', 'valid'],
      'Whether there is an entry; the rest of one that is not valid is left to software.',
    ),
    {
      name: 'TABLE',
      lsb: A.DESC_TABLE_LSB,
      width: 1,
      about: 'Table and page have 1, a block has 0.',
      meaning: () => kind,
      ignored: () => (kind === 'invalid' ? 'VALID is 0' : undefined),
    },
  ];
}

/** The fields of `desc` as the hardware reads it: those of a table, a block, a page, or of no use at all. */
export function descriptorTable(desc: bigint, context: DescriptorContext): FieldTable {
  const kind = descriptorKind(desc, context);
  const name = `${kind} descriptor`;
  if (kind === 'invalid' || kind === 'reserved') return { name, fields: typeFields(kind) };
  const fields = [...typeFields(kind), ...addressFieldsOf(desc, context)];
  return { name, fields: kind === 'table' ? fields : [...fields, ...leafFields(kind, context)] };
}

/** The fields of a valid entry's address: NEXT of a table, OA of a leaf. */
export function addressFieldsOf(desc: bigint, place: EntryPlace): Field[] {
  const name = descriptorKind(desc, place) === 'table' ? 'NEXT' : 'OA';
  return addressTable(name, addressLsb(desc, place), place);
}

/** The address as one field, or as the field in its own place and the one of the bits above; each as what it adds. */
function addressTable(name: string, lsb: number, place: EntryPlace): Field[] {
  const { end, high } = addressFields(place);
  const about =
    name === 'NEXT' ? 'Address of the next table.' : 'Output address: where the block or page lies.';
  const low: Field = { name, lsb, width: end - lsb, about, meaning: (value) => hex(value << BigInt(lsb)) };
  if (high === undefined) return [low];
  const bits = `${name}[${end + high.width - 1}:${end}]`;
  return [
    low,
    {
      ...high,
      name: bits,
      about: `Bits ${end + high.width - 1}:${end} of that address.`,
      meaning: (value) => hex(value << BigInt(end)),
    },
  ];
}

function leafFields(kind: DescriptorKind, { fwb, xnx, layout }: DescriptorContext): Field[] {
  const { sh, af, nT, contiguous, software } = commonLeafFields(kind, layout);
  return [
    {
      name: 'MemAttr',
      lsb: A.DESC_MEMATTR_LSB,
      width: A.DESC_MEMATTR_WIDTH,
      about:
        'Memory type at stage 2; HCR_EL2.FWB decides whether it combines with that of stage 1 or overrides it.',
      meaning: (value) => memAttrName(Number(value), fwb),
    },
    {
      name: 'S2AP',
      lsb: A.DESC_S2AP_LSB,
      width: A.DESC_S2AP_WIDTH,
      about: 'Stage-2 access permissions: bit 0 lets the guest read, bit 1 lets it write.',
      meaning: (value) => S2AP[Number(value)] ?? '',
    },
    ...sh,
    af,
    flag(
      'FnXS',
      A.DESC_FNXS_LSB,
      ['XS as in stage 1', 'XS cleared'],
      'Clears the XS attribute that stage 1 gives, so that TLB maintenance with nXS waits for these accesses, too (FEAT_XS).',
    ),
    ...nT,
    flag(
      'DBM',
      A.DESC_DBM_LSB,
      ['dirty state by software', 'dirty state by hardware'],
      'Dirty bit modifier: with HD the hardware sets S2AP[1] at the first write in place of a fault.',
    ),
    contiguous,
    {
      name: 'XN',
      lsb: A.DESC_XN_LSB,
      width: A.DESC_XN_WIDTH,
      about:
        'Execute never: which of EL1 and EL0 may not fetch from it; without FEAT_XNX bit 53 counts as 0.',
      meaning: (value) => XN[effectiveXn(Number(value), xnx)] ?? '',
    },
    software,
  ];
}
