// What the walk must give for the answers of a file to come out: the expected registers, taken apart again.

import { decodeFsc, encodeFsc } from '../../src/arm/fault.js';
import { fieldValue } from '../../src/arm/fields.js';
import { hpfarIpa } from '../../src/arm/hpfar.js';
import {
  ESR_DATA_ABORT,
  ESR_INSTRUCTION_ABORT,
  type FaultStatus,
  PAR_FAULT,
  PAR_SUCCESS,
} from '../../src/arm/index.js';
import { type Answer, answerOf } from '../../src/conform/answer.js';
import type { Expectation, ExpectedException, Query } from '../../src/conform/file.js';
import type { WalkFault, WalkResult } from '../../src/walk/types.js';

/** The answer to a query if the walk gave what `expected` says. */
export function echo(query: Query, expected: Expectation): Answer {
  return answerOf(query.ask, resultOf(query, expected), expected.updates);
}

function resultOf({ ask }: Query, expected: Expectation): WalkResult {
  if (expected.kind === 'success') {
    return translated(expected.pa ?? 0n, expected.memory ?? { attr: 0, sh: 2 });
  }
  if (expected.kind === 'exception') return { ok: false, fault: faultOf(expected, ask.at), steps: [] };
  const { par } = expected;
  if ((par & 1n) === 0n) {
    const get = (name: string): number => Number(fieldValue(PAR_SUCCESS, par, name));
    const pa = fieldValue(PAR_SUCCESS, par, 'PA') << 12n;
    return translated(pa, { attr: get('ATTR'), sh: get('SH') });
  }
  const get = (name: string): number => Number(fieldValue(PAR_FAULT, par, name));
  const stage = get('S') === 1 ? 2 : 1;
  const place = { stage, s1ptw: get('PTW') === 1, ipa: 0n, write: true } as const;
  return { ok: false, fault: { ...statusOf(get('FST')), ...place }, steps: [] };
}

function translated(pa: bigint, memory: { attr: number; sh: number }): WalkResult {
  return { ok: true, pa, ipa: 0n, stage2: true, memory, steps: [] };
}

function faultOf({ el, esr, hpfar = 0n, fault }: ExpectedException, at: boolean): WalkFault {
  if (fault !== undefined) {
    const { type, level, ipa = 0n, stage, s1ptw, write } = fault;
    const status: FaultStatus = level === undefined ? { type } : { type, level };
    return { fsc: encodeFsc(status), type, level: level ?? 0, stage, s1ptw, write, ipa };
  }
  const data = fieldValue(ESR_DATA_ABORT, esr, 'EC') >= 0x24n;
  const get = (name: string): bigint => fieldValue(data ? ESR_DATA_ABORT : ESR_INSTRUCTION_ABORT, esr, name);
  return {
    ...statusOf(Number(get(data ? 'DFSC' : 'IFSC'))),
    stage: at ? 2 : el,
    s1ptw: get('S1PTW') === 1n,
    write: data && get('WnR') === 1n,
    ipa: hpfarIpa(hpfar),
  };
}

function statusOf(fsc: number): Pick<WalkFault, 'fsc' | 'type' | 'level'> {
  const { type, level = 0 } = decodeFsc(fsc);
  return { fsc, type, level };
}
