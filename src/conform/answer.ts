import { parOf, reportFault } from '../arm/report.js';
import type { WalkFault, WalkResult, WalkStep } from '../walk/types.js';
import type { Ask, Update } from './file.js';

/** What this project gives for a query. */
export type Answer = (
  | {
      /** An AT instruction that took no exception. */
      kind: 'par';
      /** PAR_EL1. */
      par: bigint;
    }
  | {
      /** An access that is made. */
      kind: 'success';
      /** Output address. */
      pa: bigint;
      /** Of both stages, combined. */
      memory: {
        /** A byte as in MAIR_EL1. */
        attr: number;
        /** SH[1:0]. */
        sh: number;
      };
    }
  | {
      /** A fault, or an AT that takes one. */
      kind: 'exception';
      /** Exception level that takes it. */
      el: 1 | 2;
      /** ESR_ELx of `el`. */
      esr: bigint;
      /** FAR_ELx of `el`: the VA asked for, or the IPA where stage 2 alone was. */
      far: bigint;
      /** HPFAR_EL2; absent where it is UNKNOWN, and at EL1. */
      hpfar?: bigint;
      /** The same fault by its parts. */
      fault: WalkFault;
    }
  | {
      /** The query could not be run. */
      kind: 'failure';
      /** A message that names the offending value. */
      why: string;
    }
) & {
  /** Descriptors that the hardware rewrote, each once, as they stand after the access. */
  updates: readonly Update[];
  /** Descriptors in the order they were read; none of a failure. */
  steps: readonly WalkStep[];
};

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
