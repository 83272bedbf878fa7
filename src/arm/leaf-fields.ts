import * as A from '../abi/arm.js';
import { AddressLayout } from '../abi/walk.js';
import type { DescriptorKind } from './descriptor.js';
import type { Field } from './fields.js';
import { flag, shareability } from './meanings.js';

/** Fields that the leaves of both stages have. With FEAT_LPA2 the shareability is that of the control register. */
export function commonLeafFields(kind: DescriptorKind, layout: AddressLayout = AddressLayout.NARROW) {
  const sh: Field = {
    name: 'SH',
    lsb: A.DESC_SH_LSB,
    width: A.DESC_SH_WIDTH,
    about: 'Shareability: which CPUs see the same caches for it.',
    meaning: shareability,
  };
  const nT = flag(
    'nT',
    A.DESC_NT_LSB,
    ['stable', 'not to be cached'],
    'Set while software changes the size of a block, so that it stays out of TLBs (FEAT_BBM).',
  );
  return {
    sh: layout === AddressLayout.LPA2 ? [] : [sh],
    af: flag(
      'AF',
      A.DESC_AF_LSB,
      ['not accessed', 'accessed'],
      'Access flag: an access through a leaf without it faults, or sets it if HA is on.',
    ),
    nT: kind === 'block' ? [nT] : [],
    contiguous: flag(
      'Contiguous',
      A.DESC_CONTIG_LSB,
      ['by itself', 'one of a set'],
      'Hint: this entry and its aligned neighbours map one contiguous range, so that one TLB entry may hold all.',
    ),
    software: {
      name: 'SW',
      lsb: A.DESC_SW_LSB,
      width: A.DESC_SW_WIDTH,
      about: 'The hardware ignores these bits; software keeps what it likes in them.',
      meaning: (value: bigint) => (value === 0n ? 'unused' : 'left to software'),
    },
  };
}
