import * as A from '../abi/arm.js';
import { AddressLayout } from '../abi/walk.js';
import {
  addressFieldsOf,
  type DescriptorKind,
  descriptorKind,
  type EntryPlace,
  TYPE_FIELDS,
} from './descriptor.js';
import { extract, type Field, type FieldTable } from './fields.js';
import { shareability } from './meanings.js';
import { mairAttrName } from './memattr.js';

/** What decides how a stage-1 entry reads. */
export interface Stage1DescriptorContext extends EntryPlace {
  /** MAIR_EL1. */
  mair: bigint;
}

const AP = ['EL1 RW', 'EL1 RW, EL0 RW', 'EL1 R', 'EL1 R, EL0 R'];
const APTABLE = ['as below', 'no EL0', 'no writes', 'no writes, no EL0'];
const executes = (value: bigint): string => (value === 0n ? 'executes' : 'never executes');
const global = (value: bigint): string => (value === 0n ? 'any ASID' : 'its ASID alone');
/** NS and NSTable choose an address space in the Secure state alone. */
const ignored = (): string => 'ignored: Non-secure state';

/** What the tables above a leaf take away. */
const TABLE_FIELDS: readonly Field[] = [
  { name: 'PXNTable', lsb: A.DESC_S1_PXNTABLE_LSB, width: 1 },
  { name: 'UXNTable', lsb: A.DESC_S1_UXNTABLE_LSB, width: 1 },
  {
    name: 'APTable',
    lsb: A.DESC_S1_APTABLE_LSB,
    width: A.DESC_S1_APTABLE_WIDTH,
    meaning: (value) => APTABLE[Number(value)] ?? '',
  },
  { name: 'NSTable', lsb: A.DESC_S1_NSTABLE_LSB, width: 1, meaning: ignored },
];

/** The fields of a stage-1 descriptor of the EL1&0 regime as the hardware reads it, as descriptorTable does for stage 2. */
export function stage1DescriptorTable(desc: bigint, context: Stage1DescriptorContext): FieldTable {
  const kind = descriptorKind(desc, context);
  const name = `stage-1 ${kind} descriptor`;
  if (kind === 'invalid' || kind === 'reserved') return { name, fields: TYPE_FIELDS };
  const fields = [...TYPE_FIELDS, ...addressFieldsOf(desc, context)];
  return { name, fields: [...fields, ...(kind === 'table' ? TABLE_FIELDS : leafFields(kind, context))] };
}

function leafFields(kind: DescriptorKind, { mair, layout }: Stage1DescriptorContext): Field[] {
  const attribute = (index: bigint): string => mairAttrName(Number(extract(mair, Number(index) * 8, 8)));
  return [
    {
      name: 'AttrIndx',
      lsb: A.DESC_S1_ATTRINDX_LSB,
      width: A.DESC_S1_ATTRINDX_WIDTH,
      meaning: attribute,
    },
    { name: 'NS', lsb: A.DESC_S1_NS_LSB, width: 1, meaning: ignored },
    { name: 'AP[2:1]', lsb: A.DESC_S1_AP_LSB, width: 2, meaning: (value) => AP[Number(value)] ?? '' },
    ...(layout === AddressLayout.LPA2
      ? []
      : [{ name: 'SH', lsb: A.DESC_SH_LSB, width: A.DESC_SH_WIDTH, meaning: shareability }]),
    { name: 'AF', lsb: A.DESC_AF_LSB, width: 1 },
    { name: 'nG', lsb: A.DESC_S1_NG_LSB, width: 1, meaning: global },
    ...(kind === 'block' ? [{ name: 'nT', lsb: A.DESC_NT_LSB, width: 1 }] : []),
    { name: 'DBM', lsb: A.DESC_DBM_LSB, width: 1 },
    { name: 'Contiguous', lsb: A.DESC_CONTIG_LSB, width: 1 },
    { name: 'PXN', lsb: A.DESC_S1_PXN_LSB, width: 1, meaning: executes },
    { name: 'UXN', lsb: A.DESC_S1_UXN_LSB, width: 1, meaning: executes },
    { name: 'SW', lsb: A.DESC_SW_LSB, width: A.DESC_SW_WIDTH },
  ];
}
