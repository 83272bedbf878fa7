import * as A from '../abi/arm.js';
import { extract, formatField } from '../arm/fields.js';
import { hex } from '../core/error.js';
import type { WalkFault } from '../walk/types.js';
import type { WalkContext, WalkedAccess, WalkStepReport } from './walk.js';
import type { DecidingField } from './walk-field.js';

/** Why a walk stopped, in one clause for people. */
export function walkReason(
  context: WalkContext,
  request: WalkedAccess,
  fault: WalkFault,
  steps: readonly WalkStepReport[],
  fields: readonly DecidingField[],
): string {
  const last = steps.at(-1);
  const own = last?.stage === fault.stage ? last : undefined;
  const reason =
    fault.type === 'permission'
      ? permissionReason(context, request, fault, blamed(steps, fields))
      : reasonOf(context, request, fault, own);
  return fault.s1ptw ? `a stage-1 table at IPA ${hex(fault.ipa)}: ${reason}` : reason;
}

/** `last` is the entry that this walk of this stage read last. */
function reasonOf(
  context: WalkContext,
  request: WalkedAccess,
  fault: WalkFault,
  last: WalkStepReport | undefined,
): string {
  switch (fault.type) {
    case 'translation':
      return translationReason(context, request, fault, last);
    case 'address-size':
      return addressSizeReason(context, request, fault, last);
    case 'external-abort-on-walk':
      return `no memory holds the table${tableAfter(context, fault, last)}`;
    case 'access-flag':
      return 'the access flag is clear';
    case 'alignment':
      return 'the access is not aligned';
    default:
      return fault.type;
  }
}

function translationReason(
  { regime, stage1 }: WalkContext,
  { va }: WalkedAccess,
  fault: WalkFault,
  last: WalkStepReport | undefined,
): string {
  if (last?.kind === 'invalid') return 'the entry is invalid';
  if (last?.kind === 'reserved') return `the entry is reserved at level ${last.level}`;
  if (last !== undefined) return 'the hint bits of the entry do not fit its place';
  if (fault.stage === 1 && stage1 !== undefined && va !== undefined) {
    const { iaBits, upper } = stage1.format;
    const half = upper ? 1 : 0;
    const epd = extract(stage1.registers.tcrEl1 ?? 0n, upper ? A.TCR_EPD1_LSB : A.TCR_EPD0_LSB);
    if (epd === 1n) return `TCR_EL1.EPD${half} forbids walks from TTBR${half}_EL1`;
    return `VA ${hex(va)} is beyond the ${iaBits} bits of TCR_EL1.T${half}SZ`;
  }
  if (!regime.valid) return 'VTCR_EL2 and the PA size of the CPU describe no walk';
  return `IPA ${hex(fault.ipa)} is beyond the ${regime.iaBits}-bit IPA space`;
}

function addressSizeReason(
  { regime, stage1 }: WalkContext,
  { va }: WalkedAccess,
  { stage }: WalkFault,
  last: WalkStepReport | undefined,
): string {
  const space = stage === 1 ? 'the IPA size of TCR_EL1.IPS' : `the ${regime.oaBits}-bit PA space`;
  if (last?.address !== undefined) {
    const what = last.kind === 'table' ? 'the next table at' : 'the output address';
    return `${what} ${hex(last.address)} is beyond ${space}`;
  }
  if (stage === 2) return `the first table at ${hex(regime.tableBase)} is beyond ${space}`;
  return isStage1On(stage1)
    ? `the first table is beyond ${space}`
    : `VA ${hex(va ?? 0n)} is beyond the PA space of the CPU`;
}

/** HCR_EL2.DC and TGE force it off. */
function isStage1On(stage1: WalkContext['stage1']): boolean {
  const { hcr = 0n, sctlrEl1 = 0n } = stage1?.registers ?? {};
  const off = extract(hcr, A.HCR_DC_LSB) | extract(hcr, A.HCR_TGE_LSB);
  return off === 0n && extract(sctlrEl1, A.SCTLR_M_LSB) === 1n;
}

/** Where the table is whose entry could not be read: ` at 0x...`. That of stage 1 is known by its IPA alone. */
function tableAfter({ regime }: WalkContext, { stage }: WalkFault, last: WalkStepReport | undefined): string {
  if (stage === 1) return last?.address === undefined ? '' : ` at IPA ${hex(last.address)}`;
  return ` at ${hex(last?.address ?? regime.tableBase)}`;
}

function permissionReason(
  { stage1 }: WalkContext,
  { access, el }: WalkedAccess,
  { s1ptw }: WalkFault,
  { who, fields }: Blamed,
): string {
  if (s1ptw && extract(stage1?.registers.hcr ?? 0n, A.HCR_PTW_LSB) === 1n && fields.startsWith('MemAttr')) {
    return `HCR_EL2.PTW forbids tables in device memory: ${fields}`;
  }
  return `${who} does not let ${s1ptw ? 'the walk through' : actor(el, access)}: ${fields}`;
}

function actor(el: 0 | 1, access: string): string {
  return `EL${el} ${access === 'cache-op' ? 'maintain caches by address' : access}`;
}

/** What forbids an access, with the fields that do. */
interface Blamed {
  who: string;
  fields: string;
}

function blamed(steps: readonly WalkStepReport[], deciding: readonly DecidingField[]): Blamed {
  const found = deciding.flatMap(
    ({ step, field }) => steps[step]?.fields.filter(({ name }) => name === field) ?? [],
  );
  const isTable = deciding.every(({ step }) => steps[step]?.kind === 'table');
  return { who: isTable ? 'a table' : 'the leaf', fields: found.map(formatField).join(' ') };
}
