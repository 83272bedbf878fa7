import * as A from '../abi/arm.js';
import { fscName } from '../arm/fault.js';
import { extract } from '../arm/fields.js';
import type { Answer } from './answer.js';
import type { Expectation } from './file.js';

/** An outcome in a few words, for grouping. */
export function expectationKind(expected: Expectation): string {
  if (expected.kind === 'par') return parKind(expected.par);
  return expected.kind === 'success' ? 'translated' : exceptionKind(expected);
}

/** An answer in the same words. */
export function answerKind(answer: Answer): string {
  if (answer.kind === 'par') return parKind(answer.par);
  if (answer.kind === 'failure') return 'cannot be run';
  return answer.kind === 'success' ? 'translated' : exceptionKind(answer);
}

function parKind(par: bigint): string {
  if (extract(par, A.PAR_F_LSB) === 0n) return 'translated';
  const stage = extract(par, A.PAR_S_LSB) === 1n ? 2 : 1;
  const walk = extract(par, A.PAR_PTW_LSB) === 1n ? ' on a stage-1 table' : '';
  return `${fscName(Number(extract(par, A.PAR_FST_LSB, A.PAR_FST_WIDTH)))}, stage ${stage}${walk}`;
}

function exceptionKind({ el, esr }: { el: 1 | 2; esr: bigint }): string {
  const walk = extract(esr, A.ESR_S1PTW_LSB) === 1n ? ' on a stage-1 table' : '';
  return `${fscName(Number(extract(esr, A.ESR_FSC_LSB, A.ESR_FSC_WIDTH)))}${walk}, to EL${el}`;
}
