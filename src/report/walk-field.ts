import type { AccessKind } from '../arm/access.js';
import { type AttributeContext, leafAttributes } from '../arm/leaf.js';
import type { WalkFault } from '../walk/types.js';
import type { WalkedAccess, WalkStepReport } from './walk.js';

/** A field that stopped a walk. */
export interface DecidingField {
  /** Place of the entry that has it among the steps of the walk, from 0. */
  step: number;
  /** As the Arm ARM spells it. */
  field: string;
}

/** The fields of the entries read that a fault comes from; none where no entry is to blame. */
export function decidingFields(
  context: AttributeContext,
  request: WalkedAccess,
  fault: WalkFault,
  steps: readonly WalkStepReport[],
): DecidingField[] {
  const at = steps.length - 1;
  const last = steps[at];
  if (last?.stage !== fault.stage) return [];
  const of = (names: readonly string[]): DecidingField[] => names.map((field) => ({ step: at, field }));
  switch (fault.type) {
    case 'translation':
      if (last.kind === 'invalid') return of(['VALID']);
      return of(last.kind === 'reserved' ? ['TABLE'] : setFields(last, ['Contiguous', 'nT']));
    case 'address-size':
    case 'external-abort-on-walk':
      return of(last.fields.map(({ name }) => name).filter((name) => /^(NEXT|OA)/.test(name)));
    case 'access-flag':
      return of(['AF']);
    case 'permission':
      return fault.stage === 1
        ? stage1Permission(request, steps)
        : of(stage2Permission(context, request, fault, last));
    default:
      return [];
  }
}

/** Where XN and S2AP let a fetch or a walk through, the memory type is to blame: a fetch from a device, HCR_EL2.PTW. */
function stage2Permission(
  context: AttributeContext,
  { access, el }: WalkedAccess,
  { s1ptw, write }: WalkFault,
  { desc }: WalkStepReport,
): string[] {
  const leaf = leafAttributes(desc, context);
  const fetches = access === 'execute' && !s1ptw;
  const allowed = write ? leaf.write : leaf.read;
  const executable = el === 0 ? leaf.execute.el0 : leaf.execute.el1;
  const names = [...(fetches && !executable ? ['XN'] : []), ...(allowed ? [] : ['S2AP'])];
  if (names.length > 0) return names;
  return [fetches || s1ptw ? 'MemAttr' : 'S2AP'];
}

/** Of the leaf and of the tables above it. What none of them forbids, AP forbids together with WXN or PAN. */
function stage1Permission({ access, el }: WalkedAccess, steps: readonly WalkStepReport[]): DecidingField[] {
  const found = steps.flatMap((step, at) =>
    step.stage === 1 ? denials(step, access, el).map((field) => ({ step: at, field })) : [],
  );
  return found.length > 0 ? found : [{ step: steps.length - 1, field: 'AP[2:1]' }];
}

const NO_WRITE = 2n;
const EL0_IN_LEAF = 1n;
const NO_EL0_BELOW = 1n;

function denials(step: WalkStepReport, access: AccessKind, el: 0 | 1): string[] {
  if (access === 'execute') return setFields(step, el === 0 ? ['UXN', 'UXNTable'] : ['PXN', 'PXNTable']);
  const writes = !['read', 'at-read', 'cache-op', 'icache-op'].includes(access);
  return step.fields.flatMap(({ name, value }) => {
    const isLeaf = name === 'AP[2:1]';
    if (!isLeaf && name !== 'APTable') return [];
    const closed = isLeaf ? (value & EL0_IN_LEAF) === 0n : (value & NO_EL0_BELOW) !== 0n;
    return (el === 0 && closed) || (writes && (value & NO_WRITE) !== 0n) ? [name] : [];
  });
}

/** Those of the names that are 1. */
function setFields({ fields }: WalkStepReport, names: readonly string[]): string[] {
  return fields.filter(({ name, value }) => names.includes(name) && value !== 0n).map(({ name }) => name);
}
