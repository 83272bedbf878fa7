import { parOf, reportFault } from '../arm/report.js';
import type { WalkFault, WalkResult, WalkStep } from '../walk/types.js';
import type { Ask, Update } from './file.js';

/** What this project gives for a query. */
export type Answer = (
  | { kind: 'par'; par: bigint }
  | { kind: 'success'; pa: bigint; memory: { attr: number; sh: number } }
  | {
      kind: 'exception';
      el: 1 | 2;
      esr: bigint;
      far: bigint;
      /** Absent where the register is UNKNOWN. */
      hpfar?: bigint;
      fault: WalkFault;
    }
  /** The query could not be run. */
  | { kind: 'failure'; why: string }
) & { updates: readonly Update[]; steps: readonly WalkStep[] };

/** What the guest sees of the result of a translation; `updates` are the words the hardware rewrote. */
export function answerOf(ask: Ask, result: WalkResult, updates: readonly Update[]): Answer {
  const { steps } = result;
  const par = ask.at ? parOf(result) : undefined;
  if (par !== undefined) return { kind: 'par', par, updates, steps };
  if (result.ok) return { kind: 'success', pa: result.pa, memory: result.memory, updates, steps };
  const { request, from, syndrome } = ask;
  const va = 'va' in request ? request.va : request.ipa;
  const report = reportFault(result.fault, { va, access: request.access ?? 'read', from, syndrome });
  return { kind: 'exception', ...report, fault: result.fault, updates, steps };
}

export function failure(why: string): Answer {
  return { kind: 'failure', why, updates: [], steps: [] };
}
