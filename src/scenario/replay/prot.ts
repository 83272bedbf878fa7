import { DESC_AF_LSB, DESC_MEMATTR_LSB, DESC_S2AP_LSB, DESC_SH_LSB, DESC_XN_LSB } from '../../abi/arm.js';

// enum kvm_pgtable_prot of the captured kernels.
export const PROT_X = 1;
export const PROT_W = 2;
export const PROT_R = 4;
export const PROT_DEVICE = 8;

const PAGE = 3n;
const XN = 2n << BigInt(DESC_XN_LSB);
const AF = 1n << BigInt(DESC_AF_LSB);
const INNER_SHAREABLE = 3n << BigInt(DESC_SH_LSB);
const NORMAL_WB = 0xfn << BigInt(DESC_MEMATTR_LSB);
const DEVICE_NGNRE = 1n << BigInt(DESC_MEMATTR_LSB);

/** S2AP of a permission set: bit 0 read, bit 1 write. */
function s2ap(prot: number): bigint {
  const read = prot & PROT_R ? 1n : 0n;
  const write = prot & PROT_W ? 2n : 0n;
  return (read | write) << BigInt(DESC_S2AP_LSB);
}

/** Attributes of a page that the captured kernels map with `prot`: execute-never unless it says otherwise. */
export function pageAttributes(prot: number): bigint {
  const memory = prot & PROT_DEVICE ? DEVICE_NGNRE : NORMAL_WB;
  return PAGE | memory | s2ap(prot) | INNER_SHAREABLE | AF | (prot & PROT_X ? 0n : XN);
}

/** What kvm_pgtable_stage2_relax_perms sets and clears in a leaf. */
export function relaxation(prot: number): { set: bigint; clear: bigint } {
  return { set: s2ap(prot) | AF, clear: prot & PROT_X ? XN : 0n };
}
