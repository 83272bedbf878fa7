import * as A from '../abi/arm.js';
import type { AccessKind } from '../arm/access.js';
import {
  type DescriptorKind,
  descriptorAddress,
  descriptorKind,
  descriptorTable,
  entryPlace,
  levelShift,
} from '../arm/descriptor.js';
import { type DecodedField, decode, extract } from '../arm/fields.js';
import { type AttributeContext, type LeafAttributes, leafAttributes } from '../arm/leaf.js';
import { mairAttrName, SHAREABILITY } from '../arm/memattr.js';
import { reportFault } from '../arm/report.js';
import { stage1DescriptorTable } from '../arm/stage1-descriptor.js';
import type { Stage1Format } from '../walk/format.js';
import type { Regime, WalkRegisters } from '../walk/regime.js';
import type { MemoryType, TranslateResult, WalkFault, WalkResult, WalkStep } from '../walk/types.js';
import { type DecidingField, decidingFields } from './walk-field.js';
import { walkReason } from './walk-reason.js';

/** What a translator decoded. */
export interface WalkContext {
  /** How stage-2 entries read, and where the first table is. */
  regime: Regime;
  /** How the attributes of a leaf read. */
  attributeContext: AttributeContext;
  /** Of a VA: without it stage-1 entries are read as those of stage 2. */
  stage1?: {
    /** Those of the translator. */
    registers: WalkRegisters;
    /** Form of the tables that translate the VA. */
    format: Stage1Format;
  };
}

/** The access that was translated: a VA by both stages, an IPA by stage 2. */
export interface WalkedAccess {
  /** The address asked for; absent if an IPA was. */
  va?: bigint;
  /** The address asked for; absent if a VA was. */
  ipa?: bigint;
  /** What the access does. */
  access: AccessKind;
  /** Exception level of the access. */
  el: 0 | 1;
}

/** What came of one address. */
export interface TranslationReport extends WalkedAccess {
  /** What stage 2 was given for the access itself; absent if stage 1 did not let it come to that. */
  ipa?: bigint;
  /** Whether the address translates. */
  ok: boolean;
  /** Without a fault. With stage 2 off it is the IPA, and there is no leaf. */
  pa?: bigint;
  /** Of both stages; an IPA counts as write-back memory of stage 1, not shareable. */
  memory?: MemoryReport;
  /** The block or page of stage 2. */
  leaf?: LeafReport;
  /** With a fault. */
  fault?: FaultReport;
}

/** A memory type. */
export interface MemoryReport {
  /** As a byte of MAIR_EL1. */
  attr: number;
  /** Name of `attr`, such as `Normal WB`. */
  type: string;
  /** SH. */
  sh: number;
  /** Name of `sh`: NSH, OSH or ISH. */
  shareability: string;
}

/** A stage-2 block or page. */
export interface LeafReport {
  /** 3 for a page, less for a block. */
  level: number;
  /** `block` or `page`. */
  kind: DescriptorKind;
  /** In bytes. */
  size: bigint;
  /** As it was read; a hardware update comes after it. */
  desc: bigint;
  /** Field by field, and what they let through. */
  attributes: LeafAttributes;
}

/** A fault and how the CPU reports it, without the syndrome of an instruction (ISV is 0). */
export interface FaultReport {
  /** Fault status code, level included. */
  fsc: bigint;
  /** What `fsc` stands for, its level apart. */
  type: string;
  /** -1 to 3. */
  level: number;
  /** Stage of the translation that faulted. */
  stage: 1 | 2;
  /** It is a stage-1 table that stage 2 did not let through. */
  s1ptw: boolean;
  /** Exception level that takes it: the registers below are that level's. */
  takenTo: 1 | 2;
  /** ESR_ELx. */
  esr: bigint;
  /** The VA, which is the IPA where stage 2 alone was asked. */
  far: bigint;
  /** Absent where the register is UNKNOWN. */
  hpfar?: bigint;
}

/** One walk as a document: addresses and codes are bigints. */
export interface WalkReport extends TranslationReport {
  /** Absent if the address translates. */
  fault?: FaultReport & {
    /** What made the walk end so, in words. */
    reason: string;
    /** The fields of the entries read that made it end so; none if no entry is to blame. */
    fields: DecidingField[];
  };
  /** Each entry read, in order; those of a fault up to the entry that faulted. */
  steps: WalkStepReport[];
}

/** One entry read. */
export interface WalkStepReport extends WalkStep {
  /** Of the entry in its table, from 0. */
  index: bigint;
  /** What the entry is at this level. */
  kind: DescriptorKind;
  /** The next table, or the output address; absent for an entry that is not valid. */
  address?: bigint;
  /** The descriptor field by field. */
  fields: DecodedField[];
}

/** Puts what a translation gave into a document. */
export function translationReport(
  context: WalkContext,
  request: WalkedAccess,
  result: TranslateResult,
): TranslationReport {
  if (!result.ok)
    return { ...request, ...ipaOf(result.fault), ok: false, fault: faultReport(request, result.fault) };
  const { ipa, pa } = result;
  const report = { ...request, ipa, ok: true, pa, memory: memoryReport(result.memory) };
  return result.leaf === undefined ? report : { ...report, leaf: leafReport(context, result.leaf) };
}

/** The IPA of an access whose own stage-2 translation faulted. */
function ipaOf({ stage, s1ptw, ipa }: WalkFault): { ipa?: bigint } {
  return stage === 2 && !s1ptw ? { ipa } : {};
}

/** Puts what a walk gave into a document. */
export function walkReport(context: WalkContext, request: WalkedAccess, result: WalkResult): WalkReport {
  const { fault, ...report } = translationReport(context, request, result);
  const steps = result.steps.map((step) => stepReport(context, request, step));
  if (fault === undefined || result.ok) return { ...report, steps };
  const fields = decidingFields(context.attributeContext, request, result.fault, steps);
  const reason = walkReason(context, request, result.fault, steps, fields);
  return { ...report, fault: { ...fault, reason, fields }, steps };
}

/** A memory type with its names. */
export function memoryReport({ attr, sh }: MemoryType): MemoryReport {
  return { attr, type: mairAttrName(attr), sh, shareability: SHAREABILITY[sh] ?? '' };
}

/** The stage-2 entry of a translation. */
export function leafReport(
  { regime, attributeContext }: WalkContext,
  { level, desc }: { level: number; desc: bigint },
): LeafReport {
  return {
    level,
    kind: descriptorKind(desc, entryPlace(regime, level)),
    size: 1n << BigInt(levelShift(regime.granuleShift, level)),
    desc,
    attributes: leafAttributes(desc, attributeContext),
  };
}

/** How the CPU reports a fault of an access. */
export function faultReport({ va, ipa, access, el }: WalkedAccess, fault: WalkFault): FaultReport {
  const { fsc, type, level, stage, s1ptw } = fault;
  const report = reportFault(fault, { va: va ?? ipa ?? 0n, access, from: el });
  const { el: takenTo, esr, far, hpfar } = report;
  const registers = { takenTo, esr, far, ...(hpfar === undefined ? {} : { hpfar }) };
  return { fsc: BigInt(fsc), type, level, stage, s1ptw, ...registers };
}

function stepReport(context: WalkContext, request: WalkedAccess, step: WalkStep): WalkStepReport {
  const { regime, stage1 } = context;
  const format = step.stage === 1 && stage1 !== undefined ? stage1.format : regime;
  const place = entryPlace(format, step.level);
  const kind = descriptorKind(step.desc, place);
  const report = { ...step, index: indexOf(context, request, step), kind };
  const fields = fieldsOf(context, step);
  if (kind === 'invalid' || kind === 'reserved') return { ...report, fields };
  return { ...report, address: descriptorAddress(step.desc, place), fields };
}

const ENTRY_SHIFT = 3;

/** The root of stage 2 may be several tables, and that of stage 1 less than one. */
function indexOf({ regime, stage1 }: WalkContext, { va }: WalkedAccess, step: WalkStep): bigint {
  if (step.stage === 1 && stage1 !== undefined && va !== undefined) {
    const { granuleShift, iaBits } = stage1.format;
    const shift = levelShift(granuleShift, step.level);
    return extract(va, shift, Math.min(granuleShift - ENTRY_SHIFT, Math.max(iaBits - shift, 0)));
  }
  if (step.level === regime.startLevel) return (step.pa - regime.tableBase) >> BigInt(ENTRY_SHIFT);
  return extract(step.pa, ENTRY_SHIFT, regime.granuleShift - ENTRY_SHIFT);
}

function fieldsOf(context: WalkContext, { stage, level, desc }: WalkStep): DecodedField[] {
  const { regime, attributeContext, stage1 } = context;
  const { fwb, xnx } = attributeContext;
  const table =
    stage === 1 && stage1 !== undefined
      ? stage1DescriptorTable(desc, {
          ...entryPlace(stage1.format, level),
          mair: stage1.registers.mairEl1 ?? 0n,
        })
      : descriptorTable(desc, { ...entryPlace(regime, level), fwb, xnx });
  return [...decode(table, desc), ...ignoredBits(desc)];
}

/** Software may keep what it likes in an entry that is not valid. */
function ignoredBits(desc: bigint): DecodedField[] {
  const lsb = A.DESC_TABLE_LSB + 1;
  const width = 64 - lsb;
  const value = extract(desc, lsb, width);
  if (extract(desc, A.DESC_VALID_LSB) === 1n || value === 0n) return [];
  return [{ name: 'IGNORED', lsb, width, value, meaning: 'left to software' }];
}

const S2AP = ['no access', 'R', 'W', 'RW'];

/** Such as `RW, execute EL1 EL0, AF, Normal WB, ISH`. */
export function attributesText(a: LeafAttributes): string {
  const execute = [a.execute.el1 ? ' EL1' : '', a.execute.el0 ? ' EL0' : ''].join('');
  return [
    S2AP[a.s2ap],
    execute === '' ? 'XN' : `execute${execute}`,
    a.af ? 'AF' : 'AF clear',
    a.memory,
    a.shareability,
    ...(a.contiguous ? ['contiguous'] : []),
    ...(a.dbm ? ['DBM'] : []),
  ].join(', ');
}
