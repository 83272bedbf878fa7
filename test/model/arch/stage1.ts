// Stage 1 of the EL1&0 translation regime: one VA to an IPA, its tables read through stage 2. Arm ARM D8.2 to D8.6;
// docs/notes/stage2-walk.md section 8.
import {
  type Access,
  dirties,
  hasAlignment,
  isCacheMaintenance,
  isFetch,
  isMisalignedForDevice,
  reportsWrite,
  requiredPermissions,
} from './access.js';
import {
  decodeMair,
  decodeShareability,
  effectiveShareability,
  type MemoryAttributes,
  type MemoryType,
  NORMAL_NC,
  normal,
  WRITE_BACK,
} from './attributes.js';
import { bit, clearBit, field, setBit } from './bits.js';
import { type Environment, readDescriptor, swapDescriptor } from './environment.js';
import { type Fault, TranslationAbort } from './fault.js';
import { translateStage1Off } from './stage1-off.js';
import {
  isCanonical,
  isStage1Enabled,
  type Stage1Control,
  type Stage1Parameters,
  stage1Control,
  stage1Geometry,
  stage1Parameters,
  topAddressBit,
} from './stage1-parameters.js';
import { stage1Permissions } from './stage1-permissions.js';
import { setsAccessFlag, type Translated, translateStage2 } from './stage2.js';
import {
  checkLeafForm,
  isOutOfRange,
  type Leaf,
  leafShareability,
  outputAddress,
  type Refuse,
  type WalkGeometry,
  walk,
} from './table-walk.js';

/** Whether a table is cached shows nowhere in an answer, so its accesses are plain Normal memory. */
const TABLE_ATTRIBUTES: MemoryAttributes = { type: normal(WRITE_BACK), shareability: 'NSH' };

/** One access on its way through stage 1. */
interface Stage1Walk {
  env: Environment;
  parameters: Stage1Parameters;
  control: Stage1Control;
  geometry: WalkGeometry;
  va: bigint;
  access: Access;
  refuse: Refuse;
}

/** The IPA and the attributes of a VA; throws a TranslationAbort. */
export function translateStage1(env: Environment, va: bigint, access: Access): Translated {
  const refuse: Refuse = (type, level) => {
    throw new TranslationAbort(stage1Fault(type, level, access));
  };
  const control = stage1Control(env);
  // SCTLR_EL1.A is about the address alone: it comes before any translation.
  if (control.alignmentCheck && access.unaligned && hasAlignment(access)) refuse('Alignment', 0);
  if (!isStage1Enabled(env)) return translateStage1Off(env, va, access, refuse);
  const parameters = stage1Parameters(env, va);
  const geometry = stage1Geometry(env, parameters);
  if (geometry === undefined || parameters.walksDisabled) return refuse('Translation', 0);
  if (!isCanonical(va, geometry.inputBits, topAddressBit(env, va, access))) refuse('Translation', 0);
  const attempt = { env, parameters, control, geometry, va, access, refuse };
  for (;;) {
    const translated = tryTranslate(attempt);
    if (translated !== undefined) return translated;
  }
}

function stage1Fault(type: Fault['type'], level: number, access: Access): Fault {
  return { type, level, stage: 1, s1ptw: false, write: reportsWrite(access) };
}

/** One walk; undefined where its descriptor changed under the hardware update. */
function tryTranslate(attempt: Stage1Walk): Translated | undefined {
  const { env, parameters, geometry, va, refuse } = attempt;
  const { features, choices } = env;
  const read = (ipa: bigint, level: number) => readTable(attempt, ipa, level);
  const leaf = walk(parameters.ttbr, va, geometry, features, read, refuse);
  checkLeafForm(leaf, geometry, features, choices, refuse);
  const address = outputAddress(leaf, va, geometry, features, choices);
  if (isOutOfRange(address, geometry.outputBits)) refuse('AddressSize', leaf.level);
  checkAccessFlag(leaf, attempt);
  const type = memoryType(leaf, env);
  const fault = alignmentOrPermissionFault(leaf, type, attempt);
  if (!updateDescriptor(leaf, fault, attempt)) return undefined;
  if (fault !== undefined) throw new TranslationAbort(fault);
  return { address, attributes: outputAttributes(leaf, type, attempt) };
}

function readTable(attempt: Stage1Walk, ipa: bigint, level: number): bigint {
  const { env, control, refuse } = attempt;
  const pa = tableAddress(attempt, ipa, 'table-walk');
  return readDescriptor(env, pa, control.bigEndian) ?? refuse('SyncExternalOnWalk', level);
}

/** Where stage 2 has a descriptor; its faults are reported with the direction of the program's access. */
function tableAddress({ env, access }: Stage1Walk, ipa: bigint, kind: 'table-walk' | 'table-update'): bigint {
  const tableAccess: Access = { kind, el: access.el, unaligned: false, pan: false };
  try {
    return translateStage2(env, ipa, TABLE_ATTRIBUTES, tableAccess).address;
  } catch (error) {
    if (!(error instanceof TranslationAbort)) throw error;
    throw new TranslationAbort({ ...error.fault, write: reportsWrite(access) });
  }
}

function checkAccessFlag(leaf: Leaf, { env, parameters, access, refuse }: Stage1Walk): void {
  const exempt = isCacheMaintenance(access) && env.choices.cacheOpAccessFlag === 'ignore';
  if (!bit(leaf.descriptor, 10) && !parameters.ha && !exempt) refuse('AccessFlag', leaf.level);
}

/** AttrIndx of MAIR_EL1. */
function memoryType({ descriptor }: Leaf, { registers }: Environment): MemoryType {
  const low = 8 * field(descriptor, 4, 2);
  return decodeMair(field(registers.mairEl1, low + 7, low));
}

function alignmentOrPermissionFault(leaf: Leaf, type: MemoryType, attempt: Stage1Walk): Fault | undefined {
  const { env, parameters, control, access } = attempt;
  const device = type.device !== undefined;
  if (device && isMisalignedForDevice(access)) return stage1Fault('Alignment', leaf.level, access);
  if (device && isFetch(access) && env.choices.executeFromDevice === 'fault') {
    return stage1Fault('Permission', leaf.level, access);
  }
  const permissions = stage1Permissions(leaf, access, {
    dirtyState: parameters.ha && parameters.hd,
    hierarchyDisabled: parameters.hierarchyDisabled,
    writeImpliesXn: control.writeImpliesXn,
  });
  const missing = requiredPermissions(access).find((needed) => !permissions[needed]);
  if (missing === undefined) return undefined;
  const write = reportsWrite(access) || (access.kind === 'atomic' && missing === 'write');
  return { ...stage1Fault('Permission', leaf.level, access), write };
}

/** Hardware management of the Access flag and the dirty state; false where the walk must start over. */
function updateDescriptor(leaf: Leaf, fault: Fault | undefined, attempt: Stage1Walk): boolean {
  const { env, parameters, control, access, refuse } = attempt;
  const { ha, hd } = parameters;
  let updated = leaf.descriptor;
  if (ha && setsAccessFlag(fault, access, env)) updated = setBit(updated, 10);
  if (ha && hd && bit(updated, 51) && fault === undefined && dirties(access)) updated = clearBit(updated, 7);
  if (updated === leaf.descriptor) return true;
  const pa = tableAddress(attempt, leaf.descriptorAddress, 'table-update');
  const outcome = swapDescriptor(env, pa, { old: leaf.descriptor, new: updated }, control.bigEndian);
  if (outcome === 'aborted') refuse('SyncExternalOnWalk', leaf.level);
  return outcome === 'swapped';
}

/**
 * SCTLR_EL1.I and C take the cacheability away. Stage 2 combines the shareability the descriptor holds; without
 * stage 2 the effective one is final.
 */
function outputAttributes(leaf: Leaf, type: MemoryType, attempt: Stage1Walk): MemoryAttributes {
  const { env, geometry, parameters } = attempt;
  const sh = leafShareability(leaf, geometry, parameters.sh);
  const attributes = {
    type: isNonCacheable(type, attempt) ? NORMAL_NC : type,
    shareability: decodeShareability(sh, env.choices),
  };
  if (bit(env.registers.hcr, 0)) return attributes;
  return { ...attributes, shareability: effectiveShareability(attributes) };
}

function isNonCacheable(type: MemoryType, { access, control }: Stage1Walk): boolean {
  const device = type.device !== undefined;
  if (isFetch(access)) return device || !control.instructionsCached;
  return !device && !control.cached;
}
