import {
  Ec,
  ESR_CM_LSB,
  ESR_EC_LSB,
  ESR_S1PTW_LSB,
  ESR_WNR_LSB,
  Fsc,
  PSTATE_AARCH32_LSB,
} from '../../abi/arm.js';
import type { GuestState } from '../machine-state.js';
import type { Known } from './known.js';

const EXTERNAL: readonly number[] = [Fsc.EXTERNAL, Fsc.EXTERNAL_WALK, Fsc.PARITY, Fsc.PARITY_WALK];
const HANDLED: readonly number[] = [Fsc.TRANSLATION, Fsc.ACCESS_FLAG, Fsc.PERMISSION];

/** What the syndrome and the mode say. */
export function guestPredicates({ esr, pstate }: GuestState): Known {
  const bit = (lsb: number): boolean => ((esr >> BigInt(lsb)) & 1n) !== 0n;
  const type = Number(esr & 0x3cn);
  const fetch = Number(esr >> BigInt(ESR_EC_LSB)) === Ec.IABT_LOW;
  const access = type === Fsc.ACCESS_FLAG;
  return {
    is_iabt: fetch,
    is_dabt: !fetch,
    type_sea: EXTERNAL.includes(type),
    type_ext: type === Fsc.EXTERNAL,
    fsc_known: HANDLED.includes(type),
    type_access: access,
    type_perm: type === Fsc.PERMISSION,
    is_cm: bit(ESR_CM_LSB),
    is_write: !fetch && (bit(ESR_WNR_LSB) || bit(ESR_S1PTW_LSB)),
    guest_aarch32: ((pstate >> PSTATE_AARCH32_LSB) & 1) !== 0,
    has_cache: !access,
  };
}
