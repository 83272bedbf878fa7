import type { WalkRegisters } from '../walk/regime.js';
import type { RawRegisters } from './schema.js';

/** The registers of a case under the names of the walk. */
export function registersOf(raw: RawRegisters): WalkRegisters {
  const { vtcr_el2: vtcr, vttbr_el2: vttbr, hcr_el2: hcr } = raw;
  const others: Partial<Record<keyof WalkRegisters, bigint | undefined>> = {
    sctlrEl2: raw.sctlr_el2,
    sctlrEl1: raw.sctlr_el1,
    tcrEl1: raw.tcr_el1,
    ttbr0El1: raw.ttbr0_el1,
    ttbr1El1: raw.ttbr1_el1,
    mairEl1: raw.mair_el1,
  };
  return { vtcr, vttbr, hcr, ...given(others) };
}

/** The registers that a query changes. */
export function overridesOf(raw: {
  vtcr_el2?: bigint | undefined;
  vttbr_el2?: bigint | undefined;
  hcr_el2?: bigint | undefined;
}): Partial<WalkRegisters> {
  return given({ vtcr: raw.vtcr_el2, vttbr: raw.vttbr_el2, hcr: raw.hcr_el2 });
}

function given(values: Partial<Record<keyof WalkRegisters, bigint | undefined>>): Partial<WalkRegisters> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
