import type { BbmReason, HeldBecause, ViolationKind } from './types.js';

/** The rules, as the Arm ARM (DDI 0487) has them. */
const RULES: Record<ViolationKind, string> = {
  'no-break':
    'a valid entry is first made invalid, and invalidated, before it is changed so (D8.16.1, Using break-before-make when updating translation table entries)',
  'make-before-invalidate':
    'the old translation is gone from every TLB (write, DSB, TLBI, DSB) before the new entry is made (D8.16.1, Using break-before-make when updating translation table entries)',
  'stale-translation':
    'a TLB may use an old translation until a DSB, a TLBI for it and a DSB have followed the write (D8.16, TLB maintenance)',
  'freed-table-held':
    'a walk cache may lead to a table until a DSB, a TLBI for an address of its range and a DSB have followed its unlinking (D8.16, TLB maintenance)',
  'freed-table-linked': 'a table that an entry leads to is walked at any time',
  'mixed-walk':
    'a walk reads each level at a time of its own: a table may be written anew once the descriptor that led to it is invalidated, and linked once a DSB has made it visible (D8.16, TLB maintenance)',
  'stray-write': 'a descriptor belongs in a table',
  'unlogged-write': 'the table code alone writes to tables',
};

const BECAUSE: Record<HeldBecause, string> = {
  'never invalidated': 'no TLBI covered it',
  'invalidated too early': 'the TLBI came before a DSB that makes the write visible to walks',
  'other VMID invalidated': 'the TLBI was for another VMID',
  'invalidation not complete': 'no DSB ISH followed the TLBI',
  'combined invalidation not complete':
    'no DSB ISH followed the TLBI of the entries that combine stage 1 and 2',
  'combined entries left':
    'TLBI IPAS2E1IS leaves entries that combine both stages; TLBI VMALLE1IS did not follow its DSB',
};

/** A rule with what broke it. */
export function ruleText(
  kind: ViolationKind,
  { reasons = [], because }: { reasons?: readonly BbmReason[]; because?: HeldBecause | undefined },
): string {
  const what = reasons.length > 0 ? `; changed: ${reasons.join(', ')}` : '';
  return `${RULES[kind]}${what}${because === undefined ? '' : `; ${BECAUSE[because]}`}`;
}
