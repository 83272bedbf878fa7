// What the specialised kernels test a descriptor with: one mask and one value say whether a leaf lets an access
// through, so that the reason of a failure is only looked for in the full walk.
import * as A from "../src/abi/arm";
import * as W from "../src/abi/walk";
import { AccessType } from "../src/abi/walk";
import { addressBits, AF, CONTIG, S2AP_READ, S2AP_WRITE, TABLE, VALID } from "./desc";
import { BIG_ENDIAN, DS, field, ON } from "./vtcr";
import { Regime } from "./walk_structs";

/** No kernel serves the regime. */
export const NO_KERNEL: i32 = -1;
/** Kernels by granule (4K, 16K, 64K) and start level (-1 to 3). */
const LEVELS: i32 = 5;
/** Added to a kernel's number when descriptors hold 52-bit addresses. */
const WIDE_KERNELS: i32 = 15;

const XN_EL1: u64 = (<u64>2) << A.DESC_XN_LSB;
const XN_EL0: u64 = (<u64>1) << A.DESC_XN_LSB;

/** Masks are in the order of the accesses that kernels serve, up to ATOMIC; this one, of EL0, comes last. */
const EXECUTE_EL0: u32 = 4;

/** Choices that one mask cannot express. */
const UNMASKED_CHOICES: u32 = W.CHOICE_NT_FAULT | W.CHOICE_FETCH_DEVICE_FAULT;

/** Chooses the kernel of a decoded regime and its masks. */
export function prepareKernel(r: Regime): void {
  r.generation = 0;
  r.kernel = NO_KERNEL;
  // The full walk gives attributes too.
  prepareAttributes(r);
  if (!r.valid || !(r.flags & ON) || (r.flags & BIG_ENDIAN) != 0 || (r.choices & UNMASKED_CHOICES) != 0) return;
  r.kernel = ((<i32>r.granuleShift - 12) >> 1) * LEVELS + r.startLevel + 1;
  if (r.layout != W.AddressLayout.NARROW) r.kernel += WIDE_KERNELS;
  r.ipaMax = ((<u64>1) << r.iaBits) - 1;
  const beyond = addressBits((((<u64>1) << A.WIDE_ADDRESS_END) - 1) & ~(((<u64>1) << r.oaBits) - 1), r.layout) & addressField(r);
  // A contiguous leaf takes more address bits from the input: not for the kernels.
  const leaf = VALID | TABLE | AF | CONTIG | beyond;
  setMask(r, AccessType.READ, leaf | S2AP_READ, VALID | AF | S2AP_READ);
  setMask(r, AccessType.WRITE, leaf | S2AP_WRITE, VALID | AF | S2AP_WRITE);
  setMask(r, AccessType.ATOMIC, leaf | S2AP_READ | S2AP_WRITE, VALID | AF | S2AP_READ | S2AP_WRITE);
  const xnx = (r.features & W.FEAT_XNX) != 0;
  setMask(r, EXECUTE_EL0, leaf | XN_EL1, VALID | AF);
  setMask(r, AccessType.EXECUTE, leaf | XN_EL1 | (xnx ? XN_EL0 : 0), VALID | AF);
}

/** Descriptor bits that hold an address under the layout. */
function addressField(r: Regime): u64 {
  const low = ((<u64>1) << A.DESC_ADDRESS_END) - 1;
  return r.layout == W.AddressLayout.NARROW ? low : ~(<u64>0);
}

/** MemAttr, S2AP and SH of a leaf go into a result as they stand; with DS, SH comes from VTCR_EL2. */
function prepareAttributes(r: Regime): void {
  const sh = (((<u64>1) << A.DESC_SH_WIDTH) - 1) << A.DESC_SH_LSB;
  const own = (((<u64>1) << (A.DESC_MEMATTR_WIDTH + A.DESC_S2AP_WIDTH)) - 1) << A.DESC_MEMATTR_LSB;
  const ds = (r.flags & DS) != 0;
  r.attributeMask = ds ? own : own | sh;
  r.attributeBits = ds ? (<u64>field(r.vtcr, A.VTCR_SH0_LSB, A.VTCR_SH0_WIDTH)) << W.RESULT_SH_LSB : 0;
}

// @ts-ignore: decorator
@inline
function maskAt(r: Regime, index: u32): usize {
  return changetype<usize>(r) + W.REGIME_KERNEL_MASKS + index * W.KERNEL_MASKS_SIZEOF;
}

function setMask(r: Regime, index: u32, mask: u64, value: u64): void {
  store<u64>(maskAt(r, index), mask);
  store<u64>(maskAt(r, index), value, 8);
  store<u64>(maskAt(r, index), value | TABLE, 16);
}

/** Address of the mask and the values of an access, or 0 if the full walk has to serve it. */
// @ts-ignore: decorator
@inline
export function kernelMasks(r: Regime, access: u32, el: u32): usize {
  if (r.kernel == NO_KERNEL || access > <u32>AccessType.ATOMIC) return 0;
  return maskAt(r, access == AccessType.EXECUTE && el == 0 ? EXECUTE_EL0 : access);
}
