import type { AccessKind } from '../arm/access.js';
import {
  type DescriptorKind,
  descriptorAddress,
  descriptorKind,
  entryPlace,
  levelShift,
} from '../arm/descriptor.js';
import { fscName } from '../arm/fault.js';
import { type AttributeContext, type LeafAttributes, leafAttributes } from '../arm/leaf.js';
import { reportFault } from '../arm/report.js';
import { hex } from '../core/error.js';
import type { Regime } from '../walk/regime.js';
import type { WalkFault, WalkResult, WalkStep } from '../walk/types.js';
import { formatSize } from './ptdump-size.js';
import { walkReason } from './walk-reason.js';

/** One walk as a document: addresses and codes are bigints. */
export interface WalkReport {
  ipa: bigint;
  access: AccessKind;
  el: 0 | 1;
  ok: boolean;
  /** Without a fault. With stage 2 off it is the IPA, and there is no leaf. */
  pa?: bigint;
  leaf?: { level: number; kind: DescriptorKind; size: bigint; desc: bigint; attributes: LeafAttributes };
  fault?: WalkFaultReport;
  steps: WalkStepReport[];
}

/** One entry read; `address` is the next table or the output address. */
export interface WalkStepReport extends WalkStep {
  index: bigint;
  kind: DescriptorKind;
  address?: bigint;
}

/** A fault and how the CPU reports it, without the syndrome of an instruction (ISV is 0). */
export interface WalkFaultReport {
  fsc: bigint;
  type: string;
  level: number;
  reason: string;
  esr: bigint;
  /** Absent where the register is UNKNOWN. */
  hpfar?: bigint;
}

/** The access that was walked. */
export interface WalkedAccess {
  ipa: bigint;
  access: AccessKind;
  el: 0 | 1;
}

/** Puts what a walk gave into a document. `context` is what its translator decoded. */
export function walkReport(
  context: { regime: Regime; attributeContext: AttributeContext },
  request: WalkedAccess,
  result: WalkResult,
): WalkReport {
  const { regime } = context;
  const steps = result.steps.map((step) => stepReport(regime, request.ipa, step));
  if (!result.ok) {
    const fault = faultReport(regime, request, result.fault, result.steps);
    return { ...request, ok: false, fault, steps };
  }
  if (result.leaf === undefined) return { ...request, ok: true, pa: result.pa, steps };
  const { level, desc } = result.leaf;
  const attributes = leafAttributes(desc, context.attributeContext);
  const kind = descriptorKind(desc, entryPlace(regime, level));
  const size = 1n << BigInt(levelShift(regime.granuleShift, level));
  return { ...request, ok: true, pa: result.pa, leaf: { level, kind, size, desc, attributes }, steps };
}

function stepReport(regime: Regime, ipa: bigint, step: WalkStep): WalkStepReport {
  const place = entryPlace(regime, step.level);
  const kind = descriptorKind(step.desc, place);
  const above = ipa >> BigInt(levelShift(place.granuleShift, step.level));
  const index = step.level === regime.startLevel ? above : above & ((1n << BigInt(regime.stride)) - 1n);
  if (kind === 'invalid' || kind === 'reserved') return { ...step, index, kind };
  return { ...step, index, kind, address: descriptorAddress(step.desc, place) };
}

function faultReport(
  regime: Regime,
  request: WalkedAccess,
  fault: WalkFault,
  steps: readonly WalkStep[],
): WalkFaultReport {
  const { fsc, type, level } = fault;
  const { access, el, ipa } = request;
  const { esr, hpfar } = reportFault(fault, { va: ipa, access, from: el });
  return {
    fsc: BigInt(fsc),
    type,
    level,
    reason: walkReason(regime, request, fault, steps),
    esr,
    ...(hpfar === undefined ? {} : { hpfar }),
  };
}

/** The walk as lines: the access, each entry read, and where it led or why it stopped. */
export function walkText(report: WalkReport): string {
  const head = `${hex(report.ipa)}: ${report.access} at EL${report.el}`;
  const lines = [...stepLines(report.steps), ...endLines(report)].map((line) => `  ${line}`);
  return [head, ...lines, ''].join('\n');
}

function stepLines(steps: readonly WalkStepReport[]): string[] {
  const width = Math.max(0, ...steps.map((step) => hex(step.pa).length));
  return steps.map(({ level, index, pa, desc, kind, address }) => {
    const arrow = address === undefined ? '' : ` -> ${hex(address)}`;
    const where = `L${level}[${index.toString().padStart(3, '0')}] @ ${hex(pa).padEnd(width)}`;
    return `${where} = 0x${desc.toString(16).padStart(16, '0')}  ${kind}${arrow}`;
  });
}

function endLines({ pa, leaf, fault }: WalkReport): string[] {
  if (fault !== undefined) {
    const hpfar = fault.hpfar === undefined ? 'UNKNOWN' : hex(fault.hpfar);
    return [
      `${fscName(Number(fault.fsc))} (FSC 0x${fault.fsc.toString(16).padStart(2, '0')}): ${fault.reason}`,
      `ESR_EL2 ${hex(fault.esr)}, HPFAR_EL2 ${hpfar}`,
    ];
  }
  if (leaf === undefined) return [`PA ${hex(pa ?? 0n)}: stage 2 is off`];
  return [`PA ${hex(pa ?? 0n)}, ${formatSize(leaf.size)} ${leaf.kind}: ${attributesText(leaf.attributes)}`];
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
