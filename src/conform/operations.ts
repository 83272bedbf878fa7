import type { AccessKind } from '../arm/access.js';

/** What an operation of a file does. */
export interface Operation {
  access: AccessKind;
  /** An AT instruction executed at EL2: the exception level it asks for, and whether it stops after stage 1. */
  at?: { el: 0 | 1; stage1Only: boolean };
}

const ADDRESS_TRANSLATIONS: Readonly<Record<string, Operation>> = {
  AT_S12E1R: { access: 'at-read', at: { el: 1, stage1Only: false } },
  AT_S12E1W: { access: 'at-write', at: { el: 1, stage1Only: false } },
  AT_S12E0R: { access: 'at-read', at: { el: 0, stage1Only: false } },
  AT_S12E0W: { access: 'at-write', at: { el: 0, stage1Only: false } },
  AT_S1E1R: { access: 'at-read', at: { el: 1, stage1Only: true } },
  AT_S1E1W: { access: 'at-write', at: { el: 1, stage1Only: true } },
};

/** Mnemonics with the size and form that the files add to them. */
const INSTRUCTIONS: readonly (readonly [RegExp, AccessKind])[] = [
  [/^EXEC$/, 'execute'],
  [/^LD[UT]?R(B|H|SB|SH|SW)?(_[WXQ])?(_(pre|post))?$/, 'read'],
  [/^(LDAR|LDXR)[BH]?(_[WX])?$/, 'read'],
  [/^LDP(_[WXQ])?$/, 'read'],
  [/^ST[UT]?R[BH]?(_[WXQ])?(_(pre|post))?$/, 'write'],
  [/^STLR[BH]?(_[WX])?$/, 'write'],
  [/^STP(_[WXQ])?$/, 'write'],
  [/^(LDADD|SWP|CAS)(_[WX])?$/, 'atomic'],
];

/** The operation that a query names; undefined if there is none of that name. */
export function operationOf(op: string): Operation | undefined {
  if (Object.hasOwn(ADDRESS_TRANSLATIONS, op)) return ADDRESS_TRANSLATIONS[op];
  const access = INSTRUCTIONS.find(([name]) => name.test(op))?.[1];
  return access === undefined ? undefined : { access };
}

export const OPERATIONS =
  'AT_S12E1R, AT_S12E0W, AT_S1E1R, EXEC, LDR_X, STRB, LDADD_X or another that the format lists';

/** The accesses of a query for stage 2 alone. */
export const STAGE2_ACCESSES: Readonly<Record<string, AccessKind>> = {
  R: 'read',
  W: 'write',
  X: 'execute',
  TTW: 'table-walk',
  TTWU: 'table-update',
  RMW: 'atomic',
  AT_R: 'at-read',
  AT_W: 'at-write',
};

/** The operations of queries for both stages that the specification answers. */
export const SPEC_ACCESSES: Readonly<Record<string, AccessKind>> = {
  LDR_X: 'read',
  STR_X: 'write',
  CAS_X: 'atomic',
  EXEC: 'execute',
};
