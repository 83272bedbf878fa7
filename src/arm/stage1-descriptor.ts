import * as A from '../abi/arm.js';
import {
  addressFieldsOf,
  type DescriptorKind,
  descriptorKind,
  type EntryPlace,
  typeFields,
} from './descriptor.js';
import { extract, type Field, type FieldTable } from './fields.js';
import { commonLeafFields } from './leaf-fields.js';
import { flag } from './meanings.js';
import { mairAttrName } from './memattr.js';

/** What decides how a stage-1 entry reads. */
export interface Stage1DescriptorContext extends EntryPlace {
  /** MAIR_EL1. */
  mair: bigint;
}

const AP = ['EL1 RW', 'EL1 RW, EL0 RW', 'EL1 R', 'EL1 R, EL0 R'];
const APTABLE = ['as below', 'no EL0', 'no writes', 'no writes, no EL0'];
const limits = ['as below', 'none below executes'] as const;
const executes = ['executes', 'never executes'] as const;
/** NS and NSTable choose an address space in the Secure state alone. */
const secureOnly = (name: string, lsb: number): Field => ({
  name,
  lsb,
  width: 1,
  about: 'Address space that is gone to from the Secure state.',
  ignored: () => 'Non-secure state',
});

/** What the tables above a leaf take away. */
const TABLE_FIELDS: readonly Field[] = [
  flag('PXNTable', A.DESC_S1_PXNTABLE_LSB, limits, 'Keeps EL1 from executing anything below this table.'),
  flag('UXNTable', A.DESC_S1_UXNTABLE_LSB, limits, 'Keeps EL0 from executing anything below this table.'),
  {
    name: 'APTable',
    lsb: A.DESC_S1_APTABLE_LSB,
    width: A.DESC_S1_APTABLE_WIDTH,
    about: 'Takes permissions from everything below this table.',
    meaning: (value) => APTABLE[Number(value)] ?? '',
  },
  secureOnly('NSTable', A.DESC_S1_NSTABLE_LSB),
];

/** The fields of a stage-1 descriptor of the EL1&0 regime as the hardware reads it, as descriptorTable does for stage 2. */
export function stage1DescriptorTable(desc: bigint, context: Stage1DescriptorContext): FieldTable {
  const kind = descriptorKind(desc, context);
  const name = `stage-1 ${kind} descriptor`;
  if (kind === 'invalid' || kind === 'reserved') return { name, fields: typeFields(kind) };
  const fields = [...typeFields(kind), ...addressFieldsOf(desc, context)];
  return { name, fields: [...fields, ...(kind === 'table' ? TABLE_FIELDS : leafFields(kind, context))] };
}

function leafFields(kind: DescriptorKind, { mair, layout }: Stage1DescriptorContext): Field[] {
  const { sh, af, nT, contiguous, software } = commonLeafFields(kind, layout);
  const attribute = (index: bigint): string => mairAttrName(Number(extract(mair, Number(index) * 8, 8)));
  return [
    {
      name: 'AttrIndx',
      lsb: A.DESC_S1_ATTRINDX_LSB,
      width: A.DESC_S1_ATTRINDX_WIDTH,
      about: 'Memory type: which attribute of MAIR_EL1.',
      meaning: attribute,
    },
    secureOnly('NS', A.DESC_S1_NS_LSB),
    {
      name: 'AP[2:1]',
      lsb: A.DESC_S1_AP_LSB,
      width: 2,
      about: 'Access permissions: bit 1 lets EL0 in, bit 2 takes writes away.',
      meaning: (value) => AP[Number(value)] ?? '',
    },
    ...sh,
    af,
    flag(
      'nG',
      A.DESC_S1_NG_LSB,
      ['any ASID', 'its ASID alone'],
      'Not global: its TLB entry counts for one address space only.',
    ),
    ...nT,
    flag(
      'DBM',
      A.DESC_DBM_LSB,
      ['dirty state by software', 'dirty state by hardware'],
      'Dirty bit modifier: with HD the hardware clears AP[2] at the first write in place of a fault.',
    ),
    contiguous,
    flag('PXN', A.DESC_S1_PXN_LSB, executes, 'Privileged execute never: whether EL1 may fetch from it.'),
    flag('UXN', A.DESC_S1_UXN_LSB, executes, 'Unprivileged execute never: whether EL0 may fetch from it.'),
    software,
  ];
}
