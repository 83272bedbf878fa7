import * as A from '../abi/arm.js';
import { extract, type Field, type FieldTable, formatFields } from './fields.js';

function flag(name: string, lsb: number, set: string, clear: string): Field {
  return { name, lsb, width: 1, meaning: (value) => (value === 0n ? clear : set) };
}

/** HCR_EL2: the bits that matter to stage 2 and to how its faults are taken. */
export const HCR_EL2: FieldTable = {
  name: 'HCR_EL2',
  fields: [
    flag('VM', A.HCR_VM_LSB, 'stage 2 on', 'stage 2 off'),
    flag('PTW', A.HCR_PTW_LSB, 'stage-1 walk of device memory faults', 'allowed'),
    flag('FMO', A.HCR_FMO_LSB, 'FIQ to EL2', 'FIQ to EL1'),
    flag('IMO', A.HCR_IMO_LSB, 'IRQ to EL2', 'IRQ to EL1'),
    flag('AMO', A.HCR_AMO_LSB, 'SError to EL2', 'SError to EL1'),
    flag('VSE', A.HCR_VSE_LSB, 'virtual SError pending', 'none pending'),
    flag('DC', A.HCR_DC_LSB, 'default cacheable', 'off'),
    flag('TGE', A.HCR_TGE_LSB, 'EL0 exceptions to EL2', 'off'),
    flag('RW', A.HCR_RW_LSB, 'EL1 is AArch64', 'EL1 is AArch32'),
    flag('CD', A.HCR_CD_LSB, 'data non-cacheable', 'off'),
    flag('ID', A.HCR_ID_LSB, 'instructions non-cacheable', 'off'),
    flag('E2H', A.HCR_E2H_LSB, 'host at EL2', 'off'),
    flag('FWB', A.HCR_FWB_LSB, 'stage 2 forces the memory type', 'types combine'),
  ],
};

/** True if HCR_EL2.FWB is set: the memory type of a stage-2 leaf overrides that of stage 1. */
export function hasFwb(hcr: bigint): boolean {
  return extract(hcr, A.HCR_FWB_LSB) === 1n;
}

/** HCR_EL2 on one line. */
export function formatHcr(hcr: bigint): string {
  return formatFields(HCR_EL2, hcr);
}
