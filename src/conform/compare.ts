import * as A from '../abi/arm.js';
import { extract, fieldMask } from '../arm/fields.js';
import type { Answer } from './answer.js';
import type { Expectation, ExpectedException, ExpectedFault, Query, Update } from './file.js';

/** How an answer compares with what a query accepts. */
export type Verdict =
  | { status: 'equal' }
  | { status: 'alternative' }
  /** `fields` differ from the recorded outcome. */
  | { status: 'different'; fields: readonly string[] }
  | { status: 'not-applicable'; reason: string };

/** Bits of a successful PAR_EL1 that count: NS is UNKNOWN, bit 10 IMPLEMENTATION DEFINED. */
const PAR_SUCCESS_MASK = ~fieldMask({ lsb: A.PAR_NS_LSB, width: 2 });

/** Compares an answer with the recorded outcome and with each legal alternative. */
export function compare({ accepted }: Pick<Query, 'accepted'>, answer: Answer): Verdict {
  const [recorded, ...alternatives] = accepted;
  if (recorded === undefined) return { status: 'not-applicable', reason: 'the query records no outcome' };
  const fields = differingFields(recorded, answer);
  if (fields.length === 0) return { status: 'equal' };
  const legal = alternatives.some((each) => differingFields(each, answer).length === 0);
  return legal ? { status: 'alternative' } : { status: 'different', fields };
}

/** Names of what differs; empty if the answer is what was expected. */
function differingFields(expected: Expectation, answer: Answer): string[] {
  const outcome = outcomeFields(expected, answer);
  return sameUpdates(expected.updates, answer.updates) ? outcome : [...outcome, 'upd'];
}

function outcomeFields(expected: Expectation, answer: Answer): string[] {
  if (expected.kind === 'par' && answer.kind === 'par')
    return samePar(expected.par, answer.par) ? [] : ['par'];
  if (expected.kind === 'success' && answer.kind === 'success') {
    const { pa, memory } = expected;
    return named({
      pa: same(pa, answer.pa),
      attr: same(memory?.attr, answer.memory.attr),
      sh: same(memory?.sh, answer.memory.sh),
    });
  }
  if (expected.kind === 'exception' && answer.kind === 'exception') return exceptionFields(expected, answer);
  return ['outcome'];
}

function exceptionFields(
  expected: ExpectedException,
  answer: Extract<Answer, { kind: 'exception' }>,
): string[] {
  const { el, esr, esrMask, far, hpfar, fault } = expected;
  const fields = named({
    el: el === answer.el,
    esr: (esr & esrMask) === (answer.esr & esrMask),
    far: same(far, answer.far),
    hpfar: same(hpfar, answer.hpfar),
  });
  return fault === undefined ? fields : [...fields, ...faultFields(fault, answer.fault)];
}

function faultFields(
  expected: ExpectedFault,
  { type, level, stage, s1ptw, write, ipa }: ExpectedFault,
): string[] {
  return named({
    fault: expected.type === type,
    level: same(expected.level, level),
    stage: expected.stage === stage,
    s1ptw: expected.s1ptw === s1ptw,
    write: expected.write === write,
    ipa: same(expected.ipa, ipa),
  });
}

function samePar(expected: bigint, par: bigint): boolean {
  const mask = extract(expected | par, A.PAR_F_LSB) === 0n ? PAR_SUCCESS_MASK : -1n;
  return (expected & mask) === (par & mask);
}

/** True if nothing is expected, or this. */
function same<T>(expected: T | undefined, found: T | undefined): boolean {
  return expected === undefined || expected === found;
}

function named(fields: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(fields).flatMap(([name, equal]) => (equal ? [] : [name]));
}

/** Compared as sets. */
function sameUpdates(expected: readonly Update[], found: readonly Update[]): boolean {
  const words = new Map(found.map(({ pa, word }) => [pa, word]));
  const places = new Set(expected.map(({ pa }) => pa));
  return places.size === words.size && expected.every(({ pa, word }) => words.get(pa) === word);
}
