import * as A from '../abi/arm.js';
import { hex } from '../core/error.js';
import { extract, type FieldTable, fieldMask } from './fields.js';

const BADDR = { lsb: A.VTTBR_CNP_LSB + 1, width: A.VTTBR_BADDR_WIDTH - 1 };

/** VTTBR_EL2. */
export const VTTBR_EL2: FieldTable = {
  name: 'VTTBR_EL2',
  fields: [
    { name: 'VMID', lsb: A.VTTBR_VMID_LSB, width: A.VTTBR_VMID_WIDTH },
    { name: 'BADDR', ...BADDR },
    { name: 'CnP', lsb: A.VTTBR_CNP_LSB, width: 1 },
  ],
};

/** Address of the first table as VTTBR_EL2 holds it, before it is aligned to the table's size. */
export function vttbrBase(vttbr: bigint): bigint {
  return vttbr & fieldMask(BADDR);
}

/** VTTBR_EL2 on one line; BADDR as the address it stands for. */
export function formatVttbr(vttbr: bigint): string {
  const vmid = extract(vttbr, A.VTTBR_VMID_LSB, A.VTTBR_VMID_WIDTH);
  const cnp = extract(vttbr, A.VTTBR_CNP_LSB);
  return `VTTBR_EL2 ${hex(vttbr)}: VMID=${vmid} BADDR=${hex(vttbrBase(vttbr))} CnP=${cnp}`;
}
