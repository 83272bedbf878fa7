import * as A from '../abi/arm.js';
import { extract } from '../arm/fields.js';
import { hex, Stage2Error } from '../core/error.js';

const PS_52 = 6n;

/**
 * Throws EINVAL for a VTCR_EL2 under which real tables mean something else than this walk takes them for: 52-bit
 * addresses (FEAT_LPA2, FEAT_LPA) and hardware dirty state.
 */
export function checkModelled(vtcr: bigint): void {
  const wide64K =
    extract(vtcr, A.VTCR_TG0_LSB, A.VTCR_TG0_WIDTH) === BigInt(A.TG0_64K) &&
    extract(vtcr, A.VTCR_PS_LSB, A.VTCR_PS_WIDTH) === PS_52;
  const reasons: [boolean, string][] = [
    [extract(vtcr, A.VTCR_DS_LSB) === 1n, 'DS is set: 52-bit addresses (FEAT_LPA2) are not modelled'],
    [wide64K, 'PS is 6 with a 64K granule: 52-bit addresses (FEAT_LPA) are not modelled'],
    [extract(vtcr, A.VTCR_HD_LSB) === 1n, 'HD is set: hardware dirty state is not modelled'],
  ];
  for (const [applies, why] of reasons) {
    if (applies) throw new Stage2Error('EINVAL', `key_registers.VTCR_EL2: found ${hex(vtcr)}, but ${why}`);
  }
}
