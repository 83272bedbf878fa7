import { esrTable } from '../arm/esr.js';
import { fscName } from '../arm/fault.js';
import { type DecodedField, decode, formatField } from '../arm/fields.js';
import { hex } from '../core/error.js';
import { formatSize } from './ptdump-size.js';
import { PLAIN, type Style } from './style.js';
import { wrapItems } from './text.js';
import {
  attributesText,
  type FaultReport,
  type MemoryReport,
  type WalkReport,
  type WalkStepReport,
} from './walk.js';

/** How much of a walk is shown. */
export interface WalkTextOptions {
  /** Every descriptor field by field, and not only the one at which the walk stopped. */
  fields?: boolean;
  style?: Style;
}

const WIDTH = 80;
const INDENT = '  ';
const FIELDS_INDENT = '      ';

/** The walk as lines: the access, each entry read, and where it led or why it stopped. */
export function walkText(
  report: WalkReport,
  { fields = false, style = PLAIN }: WalkTextOptions = {},
): string {
  const { va, ipa, access, el, steps, fault } = report;
  const isShown = (i: number): boolean => fields || (fault !== undefined && i === steps.length - 1);
  const stages = va !== undefined;
  const lines = stepLines(steps, stages).flatMap((line, i) => [
    `${INDENT}${line}`,
    ...(isShown(i) ? fieldLines(steps[i]?.fields ?? []) : []),
  ]);
  return [`${hex(va ?? ipa ?? 0n)}: ${access} at EL${el}`, ...lines, ...endLines(report, style), ''].join(
    '\n',
  );
}

function stepLines(steps: readonly WalkStepReport[], stages: boolean): string[] {
  const width = Math.max(0, ...steps.map((step) => hex(step.pa).length));
  return steps.map(({ stage, level, index, pa, desc, kind, address, written }) => {
    const to = stage === 1 ? 'IPA ' : '';
    const arrow = address === undefined ? '' : ` -> ${to}${hex(address)}`;
    const update = written === undefined ? '' : `, rewritten as ${hex(written)}`;
    const table = `${stages ? `S${stage} ` : ''}L${level}[${index.toString().padStart(3, '0')}]`;
    return `${table} @ ${hex(pa).padEnd(width)} = 0x${desc.toString(16).padStart(16, '0')}  ${kind}${arrow}${update}`;
  });
}

function fieldLines(fields: readonly DecodedField[]): string[] {
  return wrapItems(fields.map(formatField), WIDTH, FIELDS_INDENT);
}

function endLines(report: WalkReport, style: Style): string[] {
  const { va, ipa = 0n, pa = 0n, leaf, memory, fault } = report;
  if (fault !== undefined) return faultLines(fault, style);
  const through = va === undefined ? '' : `IPA ${hex(ipa)}, `;
  if (leaf === undefined) return [`${INDENT}${through}PA ${hex(pa)}: stage 2 is off`];
  const entry = `${formatSize(leaf.size)} ${leaf.kind}: ${attributesText(leaf.attributes)}`;
  const both =
    va === undefined || memory === undefined ? [] : [`${INDENT}both stages: ${memoryText(memory)}`];
  return [`${INDENT}${through}PA ${hex(pa)}, ${entry}`, ...both];
}

function faultLines(fault: FaultReport & { reason: string }, style: Style): string[] {
  const name = `${fscName(Number(fault.fsc))} (FSC 0x${fault.fsc.toString(16).padStart(2, '0')})`;
  const stage = fault.stage === 1 ? 'stage 1, ' : '';
  return [
    `${INDENT}${style.bad(name)}: ${stage}${fault.reason}`,
    `${INDENT}${registersText(fault)}`,
    ...fieldLines(esrFields(fault.esr)),
  ];
}

/** Such as `ESR_EL2 0x92000005, FAR_EL2 0x80000000, HPFAR_EL2 0x800000`. */
export function registersText({ takenTo, esr, far, hpfar }: FaultReport): string {
  const own = `ESR_EL${takenTo} ${hex(esr)}, FAR_EL${takenTo} ${hex(far)}`;
  if (takenTo === 1) return own;
  return `${own}, HPFAR_EL2 ${hpfar === undefined ? 'UNKNOWN' : hex(hpfar)}`;
}

/** Those of a syndrome only where there is one. */
function esrFields(esr: bigint): DecodedField[] {
  return decode(esrTable(esr), esr).filter(({ ignored }) => ignored !== true);
}

/** Such as `Normal WB, ISH`. */
export function memoryText({ type, shareability }: MemoryReport): string {
  return `${type}, ${shareability}`;
}
