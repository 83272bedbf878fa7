import {
  DESC_ADDRESS_END,
  VTCR_DS_LSB,
  VTCR_HA_LSB,
  VTCR_IRGN0_LSB,
  VTCR_ORGN0_LSB,
  VTCR_PS_LSB,
  VTCR_RES1_LSB,
  VTCR_SH0_LSB,
  VTCR_SL0_LSB,
  VTCR_SL0_WIDTH,
  VTCR_SL2_LSB,
  VTCR_T0SZ_LSB,
  VTCR_TG0_LSB,
  VTCR_VS_LSB,
  VTTBR_BADDR_HIGH_LSB,
  VTTBR_VMID_LSB,
  WIDE_ADDRESS_END,
} from '../abi/arm.js';
import { KVM_PHYS_SHIFT } from '../abi/kvm.js';
import { AddressLayout } from '../abi/walk.js';
import { levelShift } from '../arm/descriptor.js';
import { DS_START_LEVEL, START_LEVEL_CODES, TG0 } from '../arm/granule.js';
import { paRangeOf } from '../arm/id.js';
import {
  checkBits,
  checkFlag,
  checkInteger,
  checkKeys,
  checkObject,
  checkOneOf,
  checkU64,
  refuse,
} from '../core/check.js';
import { hex, Stage2Error } from '../core/error.js';

/** Shape of a VM's stage-2 tables. */
export interface Geometry {
  /** log2 of the granule: 12, 14 or 16. */
  granuleShift: 12 | 14 | 16;
  /** IPA bits: 16 (with 64K 17) to 48, or to 52 in the wide layouts. */
  ipaBits: number;
  /** First level walked, -1 to 3. Default: the one KVM chooses. */
  startLevel?: number;
  /**
   * Width of addresses and where descriptors hold them. `narrow`, the default: 48 bits. `lpa`: 52 bits with 64K
   * (FEAT_LPA). `lpa2`: 52 bits with 4K and 16K (FEAT_LPA2, VTCR_EL2.DS); shareability is VTCR_EL2.SH0 then.
   */
  layout?: 'narrow' | 'lpa' | 'lpa2';
}

/** 4K pages and a 40-bit IPA space: every v4.13 VM on a 4K kernel. */
export const V4_13_GEOMETRY: Geometry = { granuleShift: 12, ipaBits: KVM_PHYS_SHIFT };

/** IPA bits one level resolves. */
export function stride(geometry: Geometry): number {
  return checkObject('geometry', geometry).granuleShift - 3;
}

/** log2 of the tables that may stand side by side at the start level. */
const CONCATENATION_BITS = 4;

/**
 * First level walked: that of the geometry, or KVM's choice. Up to 16 tables may be concatenated, so the walk needs
 * the levels that ipaBits - 4 bits need (Linux stage2_pgtable_levels).
 */
export function startLevel(geometry: Geometry): number {
  const { startLevel: given } = checkObject('geometry', geometry);
  if (given !== undefined) return given;
  const bits = geometry.ipaBits - CONCATENATION_BITS - geometry.granuleShift;
  return 4 - Math.max(1, Math.ceil(bits / stride(geometry)));
}

const LAYOUT = { narrow: AddressLayout.NARROW, lpa: AddressLayout.LPA, lpa2: AddressLayout.LPA2 } as const;

/** Where the descriptors of the geometry hold an address. */
export function addressLayout(geometry: Geometry): AddressLayout {
  const { layout = 'narrow' } = checkObject('geometry', geometry);
  return LAYOUT[layout];
}

/** Bits of an output or table address: 48, or 52 in the wide layouts. */
export function addressBits(geometry: Geometry): number {
  return addressLayout(geometry) === AddressLayout.NARROW ? DESC_ADDRESS_END : WIDE_ADDRESS_END;
}

/** Bytes of the root: one table per 2^stride entries, concatenated. */
export function rootBytes(geometry: Geometry): number {
  return 8 * 2 ** (geometry.ipaBits - levelShift(geometry.granuleShift, startLevel(geometry)));
}

const KEYS = [
  'granuleShift',
  'ipaBits',
  'startLevel',
  'layout',
] as const satisfies readonly (keyof Geometry)[];
const GRANULE_SHIFTS = [12, 14, 16];
const LAYOUTS = Object.keys(LAYOUT) as (keyof typeof LAYOUT)[];

/** Fewest IPA bits by granule: the largest T0SZ of FEAT_TTST. */
const IPA_BITS_MIN = { 12: 16, 14: 16, 16: 17 } as const;

/**
 * Throws EINVAL unless the architecture has the geometry, on a CPU with the features it needs: FEAT_LPA or FEAT_LPA2
 * for its layout, FEAT_TTST for an IPA space below 25 bits and for 4K tables that start at level 3. Source:
 * stage2-walk.md section 2.
 */
export function checkGeometry(geometry: Geometry): void {
  const { granuleShift, ipaBits, startLevel, layout = 'narrow' } = checkKeys('geometry', geometry, KEYS);
  checkOneOf('granuleShift', granuleShift, GRANULE_SHIFTS);
  checkOneOf('layout', layout, LAYOUTS);
  if (startLevel !== undefined) checkInteger('startLevel', startLevel, -1, 3);
  if (layout !== 'narrow' && (layout === 'lpa') !== (granuleShift === 16)) {
    const granules = layout === 'lpa' ? '16' : '12 or 14';
    throw new Stage2Error('EINVAL', `layout ${layout}: expected a granuleShift of ${granules}`);
  }
  const [least, most] = [IPA_BITS_MIN[granuleShift], addressBits(geometry)];
  checkInteger('ipaBits', ipaBits, least, most);
  checkStartLevel(geometry);
}

/** Throws EINVAL unless VTCR_EL2 can encode the start level and its tables, at most 16 of them, fit the IPA space. */
function checkStartLevel(geometry: Geometry): void {
  const { granuleShift, ipaBits } = geometry;
  const start = startLevel(geometry);
  const codes = START_LEVEL_CODES[granuleShift] ?? {};
  const needsDs = start === DS_START_LEVEL[granuleShift];
  if (codes[start] === undefined || (needsDs && addressLayout(geometry) !== AddressLayout.LPA2)) {
    const why = needsDs ? ', which needs layout lpa2' : '';
    throw new Stage2Error(
      'EINVAL',
      `startLevel ${start}: no start level of granuleShift ${granuleShift}${why}`,
    );
  }
  const base = levelShift(granuleShift, start);
  const most = base + stride(geometry) + CONCATENATION_BITS;
  if (ipaBits <= base || ipaBits > most) {
    throw new Stage2Error(
      'EINVAL',
      `ipaBits ${ipaBits}: expected ${base + 1} to ${most} from level ${start}`,
    );
  }
}

/** Throws EINVAL unless [ipa, ipa + size) lies in the IPA space: a walk for it would leave the root table. */
export function checkIpaRange({ ipaBits }: Geometry, ipa: bigint, size: bigint): void {
  checkU64('ipa', ipa);
  checkU64('size', size);
  if (ipa + size <= 1n << BigInt(ipaBits)) return;
  throw new Stage2Error('EINVAL', `range ${hex(ipa)}+${hex(size)}: expected one below 2^${ipaBits}`);
}

/** Throws EINVAL unless all the addresses, which are given or'ed together, are multiples of the granule. */
export function checkAligned(addresses: bigint, granuleShift: number): void {
  if ((addresses & ((1n << BigInt(granuleShift)) - 1n)) === 0n) return;
  throw new Stage2Error('EINVAL', `map: expected multiples of the granule, 2^${granuleShift} bytes`);
}

/** Throws EINVAL for tables that start at level 3: v4.13 has a table of level 2 in every VM. */
export function requireLevel2(geometry: Geometry): void {
  if (startLevel(geometry) < 3) return;
  throw new Stage2Error('EINVAL', 'tables that start at level 3: the v4.13 code expects entries of level 2');
}

/**
 * VTCR_EL2 as KVM writes it for the geometry (fault-path.md section 1.2). `paBits` is the CPU's PARange in bits, 52
 * in the wide layouts alone. Throws EINVAL.
 */
export function vtcr(
  geometry: Geometry,
  paBits: number,
  options: { ha?: boolean; vmid16?: boolean } = {},
): bigint {
  checkGeometry(geometry);
  const { ha = false, vmid16 = false } = checkKeys('options', options, ['ha', 'vmid16']);
  checkFlag('ha', ha);
  checkFlag('vmid16', vmid16);
  const ps = paRangeOf(paBits);
  if (ps === undefined || paBits > addressBits(geometry)) {
    const wide = addressBits(geometry) > DESC_ADDRESS_END ? ', 48 or 52' : ' or 48';
    refuse('paBits', paBits, `32, 36, 40, 42, 44${wide}`);
  }
  const code = START_LEVEL_CODES[geometry.granuleShift]?.[startLevel(geometry)] ?? 0;
  const fields: [number, number][] = [
    [VTCR_RES1_LSB, 1],
    [VTCR_T0SZ_LSB, 64 - geometry.ipaBits],
    [VTCR_SL0_LSB, code & ((1 << VTCR_SL0_WIDTH) - 1)],
    [VTCR_SL2_LSB, code >> VTCR_SL0_WIDTH],
    [VTCR_DS_LSB, addressLayout(geometry) === AddressLayout.LPA2 ? 1 : 0],
    [VTCR_IRGN0_LSB, 1],
    [VTCR_ORGN0_LSB, 1],
    [VTCR_SH0_LSB, 3],
    [VTCR_TG0_LSB, TG0[geometry.granuleShift]],
    [VTCR_PS_LSB, ps],
    [VTCR_VS_LSB, vmid16 ? 1 : 0],
    [VTCR_HA_LSB, ha ? 1 : 0],
  ];
  return fields.reduce((value, [lsb, bits]) => value | (BigInt(bits) << BigInt(lsb)), 0n);
}

const VMID_MOST = 0xffff;

/** Throws EINVAL unless `vmid` has 16 bits. */
export function checkVmid(vmid: number): number {
  return checkInteger('vmid', vmid, 0, VMID_MOST);
}

/** Least alignment of a first table whose address has 52 bits. */
const WIDE_ROOT_ALIGNMENT = 64n;

/**
 * VTTBR_EL2 for a root table and a VMID. In the wide layouts bits 51:48 of the root stand in bits 5:2; FEAT_LPA
 * reads them there if VTCR_EL2.PS is 6 (52 bits). A VMID has 16 bits, of which a CPU without FEAT_VMID16, and one with
 * VTCR_EL2.VS clear, has 8. Throws EINVAL for a root out of range or alignment, and for another VMID.
 */
export function vttbr(root: bigint, vmid: number, layout: Geometry['layout'] = 'narrow'): bigint {
  checkOneOf('layout', layout, LAYOUTS);
  checkVmid(vmid);
  checkBits('root table', root, layout === 'narrow' ? DESC_ADDRESS_END : WIDE_ADDRESS_END);
  if (layout !== 'narrow' && root % WIDE_ROOT_ALIGNMENT !== 0n)
    throw new Stage2Error('EINVAL', `root table ${hex(root)}: expected a multiple of ${WIDE_ROOT_ALIGNMENT}`);
  const low = BigInt.asUintN(DESC_ADDRESS_END, root);
  const high = root >> BigInt(DESC_ADDRESS_END);
  return low | (high << BigInt(VTTBR_BADDR_HIGH_LSB)) | (BigInt(vmid) << BigInt(VTTBR_VMID_LSB));
}
