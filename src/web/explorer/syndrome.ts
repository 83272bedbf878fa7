import { parOf, reportFault } from '../../arm/report.js';
import type { WalkResult } from '../../walk/index.js';
import type { SyndromeRegisters } from '../elements/api.js';
import type { ExplorerState } from './state.js';

/**
 * The registers that an access of the Explorer writes, and no others. An AT is one of EL2 that goes through both
 * stages: it reports in PAR_EL1 unless it takes an exception.
 */
export function writtenBy(
  { address, access, el }: Pick<ExplorerState, 'address' | 'access' | 'el'>,
  result: WalkResult,
): SyndromeRegisters {
  const isAt = access === 'at-read' || access === 'at-write';
  const par = isAt ? parOf(result) : undefined;
  if (par !== undefined) return { par };
  if (result.ok) return {};
  const from = isAt ? 2 : el === '0' ? 0 : 1;
  const { el: takenTo, ...registers } = reportFault(result.fault, { va: address, access, from });
  return { takenTo, ...registers };
}
