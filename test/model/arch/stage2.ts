// Stage 2 of the EL1&0 translation regime: one IPA to a physical address. docs/notes/stage2-walk.md sections 2 to 7.
import {
  type Access,
  dirties,
  isAddressTranslation,
  isCacheMaintenance,
  isFetch,
  isMisalignedForDevice,
  isTableAccess,
  reportsWrite,
  requiredPermissions,
} from './access.js';
import type { MemoryAttributes } from './attributes.js';
import { bit, field, setBit } from './bits.js';
import { type Environment, readDescriptor, swapDescriptor } from './environment.js';
import { type Fault, TranslationAbort } from './fault.js';
import { checkedType, combineAttributes, type Stage2Attributes } from './stage2-attributes.js';
import {
  isStage2Enabled,
  type Stage2Parameters,
  stage2Geometry,
  stage2Parameters,
} from './stage2-parameters.js';
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

export interface Translated {
  address: bigint;
  attributes: MemoryAttributes;
}

/** One access on its way through stage 2. */
interface Stage2Walk {
  env: Environment;
  parameters: Stage2Parameters;
  geometry: WalkGeometry;
  ipa: bigint;
  stage1: MemoryAttributes;
  access: Access;
  refuse: Refuse;
}

/** The translation of an IPA that stage 1 delivered with the given attributes; throws a TranslationAbort. */
export function translateStage2(
  env: Environment,
  ipa: bigint,
  stage1: MemoryAttributes,
  access: Access,
): Translated {
  if (!isStage2Enabled(env)) return { address: ipa, attributes: stage1 };
  const parameters = stage2Parameters(env);
  const geometry = stage2Geometry(env, parameters);
  const refuse: Refuse = (type, level) => {
    throw new TranslationAbort(stage2Fault(type, level, ipa, access));
  };
  if (geometry === undefined || isOutOfRange(ipa, geometry.inputBits)) return refuse('Translation', 0);
  const attempt = { env, parameters, geometry, ipa, stage1, access, refuse };
  for (;;) {
    const translated = tryTranslate(attempt);
    if (translated !== undefined) return translated;
  }
}

function stage2Fault(type: Fault['type'], level: number, ipa: bigint, access: Access): Fault {
  return { type, level, stage: 2, s1ptw: isTableAccess(access), write: reportsWrite(access), ipa };
}

/** One walk; undefined where its descriptor changed under the hardware update. */
function tryTranslate(attempt: Stage2Walk): Translated | undefined {
  const { env, parameters, geometry, ipa, stage1, access, refuse } = attempt;
  const { features, choices, registers } = env;
  const read = (address: bigint, level: number) =>
    readDescriptor(env, address, parameters.bigEndian) ?? refuse('SyncExternalOnWalk', level);
  const leaf = walk(registers.vttbr, ipa, geometry, features, read, refuse);
  checkLeafForm(leaf, geometry, features, choices, refuse);
  const address = outputAddress(leaf, ipa, geometry, features, choices);
  if (isOutOfRange(address, geometry.outputBits)) refuse('AddressSize', leaf.level);
  checkAccessFlag(leaf, attempt);
  const stage2 = {
    memAttr: field(leaf.descriptor, 5, 2),
    sh: leafShareability(leaf, geometry, parameters.sh0),
  };
  const fault = alignmentOrPermissionFault(leaf, stage2, attempt);
  if (!updateDescriptor(leaf, fault, attempt)) return undefined;
  if (fault !== undefined) throw new TranslationAbort(fault);
  return { address, attributes: combineAttributes(stage2, stage1, access, parameters, choices) };
}

function checkAccessFlag(leaf: Leaf, { env, parameters, access, refuse }: Stage2Walk): void {
  const exempt = isCacheMaintenance(access) && env.choices.cacheOpAccessFlag === 'ignore';
  if (!bit(leaf.descriptor, 10) && !parameters.ha && !exempt) refuse('AccessFlag', leaf.level);
}

function alignmentOrPermissionFault(
  leaf: Leaf,
  stage2: Stage2Attributes,
  attempt: Stage2Walk,
): Fault | undefined {
  const { env, parameters, stage1, access, ipa } = attempt;
  const device = checkedType(stage2, stage1, parameters, env.choices).device !== undefined;
  if (device && isMisalignedForDevice(access)) return stage2Fault('Alignment', leaf.level, ipa, access);
  if (device && refusesDevice(attempt)) return stage2Fault('Permission', leaf.level, ipa, access);
  const missing = requiredPermissions(access).find((needed) => !permits(leaf.descriptor, needed, attempt));
  if (missing === undefined) return undefined;
  const write = reportsWrite(access) || (access.kind === 'atomic' && missing === 'write');
  return { ...stage2Fault('Permission', leaf.level, ipa, access), write };
}

function refusesDevice({ env, parameters, access }: Stage2Walk): boolean {
  if (isTableAccess(access)) return parameters.ptw;
  return isFetch(access) && env.choices.executeFromDevice === 'fault';
}

function permits(
  descriptor: bigint,
  permission: 'read' | 'write' | 'execute',
  { env, parameters: { ha, hd }, access }: Stage2Walk,
): boolean {
  switch (permission) {
    case 'read':
      return bit(descriptor, 6);
    case 'write':
      return bit(descriptor, 7) || (ha && hd && bit(descriptor, 51));
    case 'execute': {
      const xn = field(descriptor, 54, 53) & (env.features.xnx ? 0b11 : 0b10);
      return xn === 0b00 || xn === (access.el === 0 ? 0b01 : 0b11);
    }
  }
}

/** Hardware management of the Access flag and the dirty state; false where the walk must start over. */
function updateDescriptor(leaf: Leaf, fault: Fault | undefined, attempt: Stage2Walk): boolean {
  const { env, parameters, access, refuse } = attempt;
  const { ha, hd, bigEndian } = parameters;
  let updated = leaf.descriptor;
  if (ha && setsAccessFlag(fault, access, env)) updated = setBit(updated, 10);
  if (ha && hd && bit(updated, 51) && fault === undefined && dirties(access)) updated = setBit(updated, 7);
  if (updated === leaf.descriptor) return true;
  const change = { old: leaf.descriptor, new: updated };
  const outcome = swapDescriptor(env, leaf.descriptorAddress, change, bigEndian);
  if (outcome === 'aborted') refuse('SyncExternalOnWalk', leaf.level);
  return outcome === 'swapped';
}

/** Of the Access flag alone: what a fault or an AT instruction leaves of its update is a choice. */
export function setsAccessFlag(fault: Fault | undefined, access: Access, { choices }: Environment): boolean {
  if (fault !== undefined && choices.accessFlagOnFault === 'keep') return false;
  return !isAddressTranslation(access) || choices.accessFlagByAt === 'set';
}
