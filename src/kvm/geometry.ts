import {
  TG0_4K,
  TG0_16K,
  TG0_64K,
  VTCR_HA_LSB,
  VTCR_IRGN0_LSB,
  VTCR_ORGN0_LSB,
  VTCR_PS_LSB,
  VTCR_RES1_LSB,
  VTCR_SH0_LSB,
  VTCR_SL0_LSB,
  VTCR_T0SZ_LSB,
  VTCR_TG0_LSB,
  VTCR_VS_LSB,
} from '../abi/arm.js';
import { KVM_PHYS_SHIFT } from '../abi/kvm.js';
import { levelShift } from '../arm/descriptor.js';
import { paRangeOf } from '../arm/id.js';
import { hex, Stage2Error } from '../core/error.js';

/** Shape of a VM's stage-2 tables. */
export interface Geometry {
  /** log2 of the granule: 12, 14 or 16. */
  granuleShift: 12 | 14 | 16;
  /** IPA bits, 32 to 48. */
  ipaBits: number;
}

/** 4K pages and a 40-bit IPA space: every v4.13 VM on a 4K kernel. */
export const V4_13_GEOMETRY: Geometry = { granuleShift: 12, ipaBits: KVM_PHYS_SHIFT };

/** IPA bits one level resolves. */
export function stride(geometry: Geometry): number {
  return geometry.granuleShift - 3;
}

/**
 * First level walked. Up to 16 tables may be concatenated, so the walk needs the levels that ipaBits - 4
 * bits need (Linux stage2_pgtable_levels).
 */
export function startLevel(geometry: Geometry): number {
  const bits = geometry.ipaBits - 4 - geometry.granuleShift;
  return 4 - Math.max(1, Math.ceil(bits / stride(geometry)));
}

/** Bytes of the root: one table per 2^stride entries, concatenated. */
export function rootBytes(geometry: Geometry): number {
  return 8 * 2 ** (geometry.ipaBits - levelShift(geometry.granuleShift, startLevel(geometry)));
}

/** Throws EINVAL unless KVM can configure the geometry. */
export function checkGeometry({ granuleShift, ipaBits }: Geometry): void {
  if (![12, 14, 16].includes(granuleShift)) {
    throw new Stage2Error('EINVAL', `granuleShift ${granuleShift}: expected 12, 14 or 16`);
  }
  if (!Number.isInteger(ipaBits) || ipaBits < 32 || ipaBits > 48) {
    throw new Stage2Error('EINVAL', `ipaBits ${ipaBits}: expected 32 to 48`);
  }
}

const TG0 = { 12: TG0_4K, 14: TG0_16K, 16: TG0_64K } as const;
/** SL0 by granule and start level. */
const SL0: Record<number, Record<number, number>> = {
  12: { 0: 2, 1: 1, 2: 0 },
  14: { 1: 2, 2: 1, 3: 0 },
  16: { 1: 2, 2: 1, 3: 0 },
};

/** Without FEAT_LPA. */
const PA_BITS_MAX = 48;

/** VTCR_EL2 as KVM writes it for the geometry (fault-path.md section 1.2). `paBits` is the CPU's PARange in bits. */
export function vtcr(
  geometry: Geometry,
  paBits: number,
  options: { ha?: boolean; vmid16?: boolean } = {},
): bigint {
  checkGeometry(geometry);
  const ps = paRangeOf(paBits);
  if (ps === undefined || paBits > PA_BITS_MAX)
    throw new Stage2Error('EINVAL', `paBits ${paBits}: expected 32, 36, 40, 42, 44 or 48`);
  const sl0 = SL0[geometry.granuleShift]?.[startLevel(geometry)];
  if (sl0 === undefined)
    throw new Stage2Error('EINVAL', `ipaBits ${geometry.ipaBits}: no start level for it`);
  const fields: [number, number][] = [
    [VTCR_RES1_LSB, 1],
    [VTCR_T0SZ_LSB, 64 - geometry.ipaBits],
    [VTCR_SL0_LSB, sl0],
    [VTCR_IRGN0_LSB, 1],
    [VTCR_ORGN0_LSB, 1],
    [VTCR_SH0_LSB, 3],
    [VTCR_TG0_LSB, TG0[geometry.granuleShift]],
    [VTCR_PS_LSB, ps],
    [VTCR_VS_LSB, options.vmid16 ? 1 : 0],
    [VTCR_HA_LSB, options.ha ? 1 : 0],
  ];
  return fields.reduce((value, [lsb, bits]) => value | (BigInt(bits) << BigInt(lsb)), 0n);
}

/** VTTBR_EL2 for a root table and a VMID. */
export function vttbr(root: bigint, vmid: number): bigint {
  if (root >> 48n !== 0n)
    throw new Stage2Error('EINVAL', `root table ${hex(root)}: expected a PA below 2^48`);
  return root | (BigInt(vmid) << 48n);
}
