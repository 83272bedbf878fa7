import type { AccessKind } from '../arm/access.js';
import { decodeMemoryInstruction, type MemoryInstruction } from '../arm/instruction.js';
import { hex } from '../core/error.js';
import { show } from '../trace/error.js';
import { ESR_WITHOUT_INSTRUCTION, WHOLE_ESR } from './esr-mask.js';
import type { Ask, Expectation, ExpectedException, Query, Update } from './file.js';
import { OPERATIONS, type Operation, operationOf } from './operations.js';
import { overridesOf } from './registers.js';
import type { RecordedQuery } from './schema.js';

/** Complains about a field of the query. */
export type Refuse = (field: string, problem: string) => never;

const OUTCOMES = ['par', 'esr', 'esr_el1', 'pa'] as const;
const WORD_BITS = 32n;

/** A query of `a64-s2-oracle/1`. */
export function recordedQuery(raw: RecordedQuery, refuse: Refuse): Query {
  const operation = operationOf(raw.op);
  if (operation === undefined) return refuse('op', `found ${show(raw.op)}, expected ${OPERATIONS}`);
  const instruction = instructionOf(raw, refuse);
  return {
    op: raw.op,
    ask: askOf(raw, operation, instruction, refuse),
    overrides: overridesOf(raw),
    accepted: acceptedOf(raw, esrMask(operation.access, instruction), refuse),
    open: raw.cu ?? [],
  };
}

function instructionOf({ insn }: RecordedQuery, refuse: Refuse): MemoryInstruction | undefined {
  if (insn === undefined) return undefined;
  if (insn >> WORD_BITS !== 0n) refuse('insn', `found ${hex(insn)}, expected a 32-bit instruction`);
  return decodeMemoryInstruction(Number(insn));
}

function askOf(
  { ipa, el }: RecordedQuery,
  { access, at }: Operation,
  instruction: MemoryInstruction | undefined,
  refuse: Refuse,
): Ask {
  if (at !== undefined) return { request: { va: ipa, access, ...at }, at: true, from: 2 };
  if (el === undefined) return refuse('el', 'the field is missing');
  const asEl = instruction?.unprivileged ? 0 : el;
  const unaligned = ipa % BigInt(instruction?.bytes ?? 1) !== 0n;
  return {
    request: { va: ipa, access, el: asEl, unaligned },
    at: false,
    from: el,
    syndrome: instruction?.syndrome,
  };
}

/** A fetch and an AT have no syndrome to know; a load or store has the one of its instruction. */
function esrMask(access: AccessKind, instruction: MemoryInstruction | undefined): bigint {
  const data = access === 'read' || access === 'write' || access === 'atomic';
  return data && instruction === undefined ? ESR_WITHOUT_INSTRUCTION : WHOLE_ESR;
}

/** The recorded outcome, and the alternatives with what they leave as it is. */
function acceptedOf(raw: RecordedQuery, mask: bigint, refuse: Refuse): Expectation[] {
  const own = ownOutcome(raw, mask, refuse);
  if (own === undefined) return [];
  const alternatives = (raw.alt ?? []).map(({ par, esr, ok, upd }): Expectation => {
    const updates = upd === undefined ? own.updates : updatesOf(upd);
    if (par !== undefined) return { kind: 'par', par, updates };
    if (esr !== undefined) return { ...exceptionLike(own, raw.ipa), esr, esrMask: mask, updates };
    return ok === undefined ? { ...own, updates } : { kind: 'success', updates };
  });
  return [own, ...alternatives];
}

function ownOutcome(raw: RecordedQuery, esrMask: bigint, refuse: Refuse): Expectation | undefined {
  const [recorded, second] = OUTCOMES.filter((name) => raw[name] !== undefined);
  if (second !== undefined) refuse(second, `found beside ${recorded}, expected one outcome`);
  const updates = updatesOf(raw.upd ?? []);
  if (raw.par !== undefined) return { kind: 'par', par: raw.par, updates };
  if (raw.pa !== undefined) return { kind: 'success', pa: raw.pa, updates };
  if (raw.esr !== undefined) {
    const { esr, far, hpfar } = raw;
    return { kind: 'exception', el: 2, esr, esrMask, far, hpfar, updates };
  }
  if (raw.esr_el1 === undefined) return undefined;
  return { kind: 'exception', el: 1, esr: raw.esr_el1, esrMask, far: raw.far_el1, updates };
}

/** An alternative syndrome comes with the address of the access; nothing is said of HPFAR_EL2. */
function exceptionLike(own: Expectation, far: bigint): Pick<ExpectedException, 'kind' | 'el' | 'far'> {
  return { kind: 'exception', el: own.kind === 'exception' ? own.el : 2, far };
}

function updatesOf(pairs: readonly (readonly [bigint, bigint])[]): Update[] {
  return pairs.map(([pa, word]) => ({ pa, word }));
}
