import * as A from '../abi/arm.js';
import { extract, type FieldTable, formatFields } from './fields.js';
import { flag } from './meanings.js';

/** HCR_EL2: the bits that matter to stage 2 and to how its faults are taken. */
export const HCR_EL2: FieldTable = {
  name: 'HCR_EL2',
  fields: [
    flag('VM', A.HCR_VM_LSB, ['stage 2 off', 'stage 2 on'], 'Turns stage-2 translation on.'),
    flag(
      'PTW',
      A.HCR_PTW_LSB,
      ['allowed', 'stage-1 walk of device memory faults'],
      'Protected table walk: whether stage-1 tables may lie in what stage 2 maps as device memory.',
    ),
    flag('FMO', A.HCR_FMO_LSB, ['FIQ to EL1', 'FIQ to EL2'], 'Where physical FIQs are taken.'),
    flag('IMO', A.HCR_IMO_LSB, ['IRQ to EL1', 'IRQ to EL2'], 'Where physical IRQs are taken.'),
    flag('AMO', A.HCR_AMO_LSB, ['SError to EL1', 'SError to EL2'], 'Where physical SErrors are taken.'),
    flag(
      'VSE',
      A.HCR_VSE_LSB,
      ['none pending', 'virtual SError pending'],
      'The hypervisor sets it to give the guest an SError.',
    ),
    flag(
      'DC',
      A.HCR_DC_LSB,
      ['off', 'default cacheable'],
      'With stage 1 off, guest accesses count as write-back memory; it also forces stage 1 off.',
    ),
    flag(
      'TGE',
      A.HCR_TGE_LSB,
      ['off', 'EL0 exceptions to EL2'],
      'Trap general exceptions: EL0 runs under EL2, without EL1 and its stage 1.',
    ),
    flag('RW', A.HCR_RW_LSB, ['EL1 is AArch32', 'EL1 is AArch64'], 'Execution state of EL1.'),
    flag('CD', A.HCR_CD_LSB, ['off', 'data non-cacheable'], 'Makes data accesses non-cacheable at stage 2.'),
    flag(
      'ID',
      A.HCR_ID_LSB,
      ['off', 'instructions non-cacheable'],
      'Makes instruction fetches non-cacheable at stage 2.',
    ),
    flag('E2H', A.HCR_E2H_LSB, ['off', 'host at EL2'], 'A host kernel runs at EL2 (VHE).'),
    flag(
      'FWB',
      A.HCR_FWB_LSB,
      ['types combine', 'stage 2 forces the memory type'],
      'Forced write-back: whether MemAttr of a stage-2 leaf overrides the memory type of stage 1.',
    ),
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
