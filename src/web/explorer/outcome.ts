import { fscName } from '../../arm/fault.js';
import { memoryReport } from '../../report/walk.js';
import type { WalkResult } from '../../walk/index.js';
import { hexText } from '../codec.js';

/** What a walk comes to, in a line: the output or the fault, and what the hardware writes. */
export function outcomeText(result: WalkResult): string {
  const writes = result.steps.flatMap(({ pa, written }) =>
    written === undefined ? [] : [`writes ${hexText(written)} at ${hexText(pa)}`],
  );
  return [endText(result), ...writes].join('; ');
}

function endText(result: WalkResult): string {
  if (!result.ok) return `${fscName(result.fault.fsc)}, of stage ${result.fault.stage}`;
  const { type, shareability } = memoryReport(result.memory);
  return `PA ${hexText(result.pa)}, ${type}, ${shareability}`;
}
