import * as A from '../abi/arm.js';
import type { CpuFeatures, IdRegisters } from './cpu.js';
import { paRangeOf } from './id.js';

/** TGran4 and TGran64 without the granule. */
const NOT_IMPLEMENTED = 15;

/** ID registers that name these features: what cpuFromId reads, and nothing else. */
export function idFromCpu(features: CpuFeatures): Required<IdRegisters> {
  const { paMax, granules, lpa2, ttst, xnx, haf, hdbs, fwb, ras, bbm } = features;
  const has = (kib: 4 | 16 | 64): boolean => granules.includes(kib);
  return {
    mmfr0: word([
      [A.MMFR0_PARANGE_LSB, paRangeOf(paMax) ?? 0],
      [A.MMFR0_TGRAN4_LSB, has(4) ? Number(lpa2.includes(4)) : NOT_IMPLEMENTED],
      [A.MMFR0_TGRAN16_LSB, has(16) ? 1 + Number(lpa2.includes(16)) : 0],
      [A.MMFR0_TGRAN64_LSB, has(64) ? 0 : NOT_IMPLEMENTED],
    ]),
    mmfr1: word([
      [A.MMFR1_HAFDBS_LSB, haf ? 1 + Number(hdbs) : 0],
      [A.MMFR1_XNX_LSB, Number(xnx)],
    ]),
    mmfr2: word([
      [A.MMFR2_ST_LSB, Number(ttst)],
      [A.MMFR2_FWB_LSB, Number(fwb)],
      [A.MMFR2_BBM_LSB, bbm],
    ]),
    pfr0: word([[A.PFR0_RAS_LSB, Number(ras)]]),
  };
}

function word(fields: readonly (readonly [number, number])[]): bigint {
  return fields.reduce((value, [lsb, field]) => value | (BigInt(field) << BigInt(lsb)), 0n);
}
