import * as A from '../abi/arm.js';
import { AddressLayout } from '../abi/walk.js';
import { hex } from '../core/error.js';
import { extract, type FieldTable, fieldMask } from './fields.js';
import { flag } from './meanings.js';

const BADDR = { lsb: A.VTTBR_CNP_LSB + 1, width: A.VTTBR_BADDR_WIDTH - 1 };

/** VTTBR_EL2. */
export const VTTBR_EL2: FieldTable = {
  name: 'VTTBR_EL2',
  fields: [
    {
      name: 'VMID',
      lsb: A.VTTBR_VMID_LSB,
      width: A.VTTBR_VMID_WIDTH,
      about: 'Number of the VM, which its TLB entries are tagged with.',
      meaning: (value) => `VM ${value}`,
    },
    {
      name: 'BADDR',
      ...BADDR,
      about: 'Address of the first table.',
      meaning: (value) => hex(value << BigInt(BADDR.lsb)),
    },
    flag(
      'CnP',
      A.VTTBR_CNP_LSB,
      ['own', 'common'],
      'Common not private: CPUs may share TLB entries made from these tables.',
    ),
  ],
};

/** VTCR_EL2.PS of 52 bits. */
const PS_52 = 6n;
/** Bits below are not of the address where BADDR holds bits 51:48 as well. */
const WIDE_LSB = 6;

/** True if BADDR holds bits 51:48 of the first table's address: with FEAT_LPA2, or FEAT_LPA and a PS of 52 bits. */
export function hasWideBase(vtcr: bigint, layout: AddressLayout): boolean {
  if (layout === AddressLayout.LPA2) return true;
  return layout === AddressLayout.LPA && extract(vtcr, A.VTCR_PS_LSB, A.VTCR_PS_WIDTH) === PS_52;
}

/** Address of the first table as VTTBR_EL2 holds it, before it is aligned to the table's size. */
export function vttbrBase(vttbr: bigint, wide = false): bigint {
  if (!wide) return vttbr & fieldMask(BADDR);
  const high = extract(vttbr, A.VTTBR_BADDR_HIGH_LSB, A.VTTBR_BADDR_HIGH_WIDTH);
  const low = vttbr & fieldMask({ lsb: WIDE_LSB, width: A.VTTBR_BADDR_WIDTH - WIDE_LSB });
  return (high << BigInt(A.VTTBR_BADDR_WIDTH)) | low;
}

/** VTTBR_EL2 on one line; BADDR as the address it stands for, with bits 51:48 if `wide`. */
export function formatVttbr(vttbr: bigint, wide = false): string {
  const vmid = extract(vttbr, A.VTTBR_VMID_LSB, A.VTTBR_VMID_WIDTH);
  const cnp = extract(vttbr, A.VTTBR_CNP_LSB);
  return `VTTBR_EL2 ${hex(vttbr)}: VMID=${vmid} BADDR=${hex(vttbrBase(vttbr, wide))} CnP=${cnp}`;
}
