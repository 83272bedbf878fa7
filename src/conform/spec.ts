import type { AccessKind } from '../arm/access.js';
import type { AccessSyndrome } from '../arm/esr.js';
import type { FaultType } from '../arm/fault.js';
import { show } from '../trace/error.js';
import { ESR_OF_ANY_LOAD_OR_STORE, ESR_WITHOUT_SYNDROME } from './esr-mask.js';
import type { Ask, Expectation, ExpectedFault, Query } from './file.js';
import { SPEC_ACCESSES, STAGE2_ACCESSES } from './operations.js';
import type { Refuse } from './recorded.js';
import { overridesOf } from './registers.js';
import type { SpecOutcome, SpecQuery } from './schema.js';

/** Any load or store that has a syndrome; the file tells of it no more than that. */
const SOME_INSTRUCTION: AccessSyndrome = { sas: 0, srt: 0, sf: false };

/** The faults of the format by the names that the specification has for them. */
export const FAULT_TYPES: Readonly<Record<string, FaultType>> = {
  Translation: 'translation',
  AddressSize: 'address-size',
  AccessFlag: 'access-flag',
  Permission: 'permission',
  Alignment: 'alignment',
  SyncExternalOnWalk: 'external-abort-on-walk',
};

/** A query of `a64-s2-spec/1`. */
export function specQuery(raw: SpecQuery, refuse: Refuse): Query {
  const stage2 = raw.op === 'S2';
  const access = stage2
    ? lookUp(STAGE2_ACCESSES, 'acc', raw.acc, refuse)
    : lookUp(SPEC_ACCESSES, 'op', raw.op, refuse);
  return {
    op: stage2 ? `S2 ${raw.acc}` : raw.op,
    ask: { ...askOf(raw, access, stage2, refuse), syndrome: SOME_INSTRUCTION },
    overrides: overridesOf(raw),
    accepted: [expectationOf(raw.spec, isAt(access))],
    open: [],
  };
}

function lookUp(
  accesses: Readonly<Record<string, AccessKind>>,
  field: string,
  name: string | undefined,
  refuse: Refuse,
): AccessKind {
  const access = name !== undefined && Object.hasOwn(accesses, name) ? accesses[name] : undefined;
  if (access !== undefined) return access;
  const known = (field === 'op' ? ['S2'] : []).concat(Object.keys(accesses)).join(', ');
  return refuse(
    field,
    name === undefined ? 'the field is missing' : `found ${show(name)}, expected one of ${known}`,
  );
}

function isAt(access: AccessKind): boolean {
  return access === 'at-read' || access === 'at-write';
}

function askOf(raw: SpecQuery, access: AccessKind, stage2: boolean, refuse: Refuse): Ask {
  const { ipa, el, mair, sh, unaligned = false } = raw;
  if (!stage2) return { request: { va: ipa, access, el, unaligned }, at: false, from: el };
  if (mair === undefined) return refuse('mair', 'the field is missing');
  if (sh === undefined) return refuse('sh', 'the field is missing');
  return { request: { ipa, access, el, unaligned, stage1: { attr: mair, sh } }, at: false, from: el };
}

function expectationOf(spec: SpecOutcome, at: boolean): Expectation {
  const updates = (spec.upd ?? []).map(([pa, , word]) => ({ pa, word }));
  if (!('fault' in spec)) {
    return { kind: 'success', pa: spec.pa, memory: { attr: spec.attr, sh: spec.sh }, updates };
  }
  const { esr, hpfar, stage } = spec;
  return {
    kind: 'exception',
    el: stage,
    esr,
    esrMask: at ? ESR_WITHOUT_SYNDROME : ESR_OF_ANY_LOAD_OR_STORE,
    hpfar,
    fault: faultOf(spec),
    updates,
  };
}

/** An alignment fault has no level in its status; the IPA counts where HPFAR_EL2 holds it. */
function faultOf(spec: Extract<SpecOutcome, { fault: string }>): ExpectedFault {
  const { fault, level, stage, s1ptw, write, ipa, hpfar } = spec;
  return {
    type: FAULT_TYPES[fault] ?? 'reserved',
    level: fault === 'Alignment' ? undefined : level,
    stage,
    s1ptw,
    write,
    ipa: hpfar === undefined ? undefined : ipa,
  };
}
