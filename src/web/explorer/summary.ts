import { levelShift } from '../../arm/descriptor.js';
import { hasWideBase } from '../../arm/vttbr.js';
import type { TablesSummary } from '../../report/ptdump-header.js';
import type { Regime, WalkRegisters } from '../../walk/index.js';

/** Registers and shape of the tables that they describe. */
export function summaryOf({ vtcr, vttbr, hcr }: WalkRegisters, regime: Regime): TablesSummary {
  const { valid, granuleShift, layout, iaBits, oaBits, startLevel, stride } = regime;
  return {
    registers: { vtcr, vttbr, hcr },
    valid,
    granuleShift,
    wideBase: hasWideBase(vtcr, layout),
    iaBits,
    oaBits,
    startLevel,
    startIndexBits: valid ? iaBits - levelShift(granuleShift, startLevel) : 0,
    stride,
  };
}
