import type { CpuFeatures } from '../arm/cpu.js';
import { esrTable } from '../arm/esr.js';
import { extract, formatFields } from '../arm/fields.js';
import { formatHcr } from '../arm/hcr.js';
import { mairAttrName, SHAREABILITY } from '../arm/memattr.js';
import { PAR_FAULT, PAR_SUCCESS } from '../arm/par.js';
import {
  formatMair,
  formatSctlrEl1,
  formatSctlrEl2,
  formatTcr,
  formatTtbr,
} from '../arm/stage1-registers.js';
import { formatVtcr } from '../arm/vtcr.js';
import { formatVttbr } from '../arm/vttbr.js';
import type { Answer } from '../conform/answer.js';
import type { Expectation, ExpectedFault, Query, Update } from '../conform/file.js';
import type { PathStep } from '../conform/path.js';
import type { ConformDifference } from '../conform/run.js';
import { hex } from '../core/error.js';

/** Control characters of names that come from files. */
const CONTROL = /\p{Cc}/gu;

/** One difference in full: where it is, the configuration, the path through the tables, both outcomes. */
export function differenceText(difference: ConformDifference): string {
  const { registers, cpu, path, expected, alternatives, got, fields } = difference;
  const lines = [
    ...registerLines(registers),
    `CPU: ${cpuText(cpu)}`,
    ...pathLines(path),
    ...labelled('expected', expectationLines(expected)),
    ...alternatives.flatMap((each) => labelled('accepted as well', expectationLines(each))),
    ...labelled('got', answerLines(got)),
    `differs in: ${fields.join(', ')}`,
  ];
  return `\n${[headLine(difference), ...lines.map((line) => `  ${line}`)]
    .map((line) => `${line.replaceAll(CONTROL, ' ')}\n`)
    .join('')}`;
}

function headLine({ file, caseIndex, case: name, queryIndex, query }: ConformDifference): string {
  return `${file}: cases[${caseIndex}] (${name}), queries[${queryIndex}]: ${queryText(query)}`;
}

function queryText({ op, ask, open }: Query): string {
  const { request, from } = ask;
  const address = 'va' in request ? `VA ${hex(request.va)}` : `IPA ${hex(request.ipa)}`;
  const stage1 =
    'stage1' in request && request.stage1 !== undefined ? `, stage 1 ${memoryText(request.stage1)}` : '';
  const unaligned = request.unaligned ? ', unaligned' : '';
  const choices = open.length > 0 ? `, open: ${open.join(' ')}` : '';
  return `${op} ${address} from EL${from}${stage1}${unaligned}${choices}`;
}

function memoryText({ attr, sh }: { attr: number; sh: number }): string {
  return `${hex(attr)} (${mairAttrName(attr)}) ${SHAREABILITY[sh]}`;
}

function registerLines(registers: ConformDifference['registers']): string[] {
  const { vtcr, vttbr, hcr, sctlrEl2, sctlrEl1, tcrEl1, ttbr0El1, ttbr1El1, mairEl1 } = registers;
  const optional: [bigint | undefined, (value: bigint) => string][] = [
    [sctlrEl2, formatSctlrEl2],
    [sctlrEl1, formatSctlrEl1],
    [tcrEl1, formatTcr],
    [ttbr0El1, (value) => formatTtbr('TTBR0_EL1', value)],
    [ttbr1El1, (value) => formatTtbr('TTBR1_EL1', value)],
    [mairEl1, formatMair],
  ];
  const given = optional.flatMap(([value, format]) => (value === undefined ? [] : [format(value)]));
  return [formatVtcr(vtcr), formatVttbr(vttbr), formatHcr(hcr), ...given];
}

function cpuText({ paMax, granules, lpa2, bbm, ...flags }: CpuFeatures): string {
  const kib = (sizes: readonly number[]): string => sizes.map((size) => `${size}K`).join(' ');
  const has = Object.entries(flags).flatMap(([name, on]) => (on ? [name.toUpperCase()] : []));
  const wide = lpa2.length > 0 ? [`LPA2 for ${kib(lpa2)}`] : [];
  return [`${paMax}-bit PA`, `granules ${kib(granules)}`, ...has, ...wide, `BBM level ${bbm}`].join(', ');
}

function pathLines(path: readonly PathStep[]): string[] {
  if (path.length === 0) return ['no descriptor was read'];
  return path.map(({ stage, level, pa, desc, kind, written }) => {
    const update = written === undefined ? '' : `, rewritten as ${hex(written)}`;
    return `stage ${stage} level ${level}: ${hex(pa)} = 0x${desc.toString(16).padStart(16, '0')} ${kind}${update}`;
  });
}

/** The first line behind the label, the others below it. */
function labelled(label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => (index === 0 ? `${label}: ${line}` : `  ${line}`));
}

function expectationLines(expected: Expectation): string[] {
  return [...outcomeLines(expected), ...updateLines(expected.updates)];
}

function answerLines(answer: Answer): string[] {
  if (answer.kind === 'failure') return [`cannot be run: ${answer.why}`];
  return [...outcomeLines(answer), ...updateLines(answer.updates)];
}

function outcomeLines(outcome: Expectation | Exclude<Answer, { kind: 'failure' }>): string[] {
  if (outcome.kind === 'par') return [parText(outcome.par)];
  if (outcome.kind === 'success') {
    const { pa, memory } = outcome;
    const where = pa === undefined ? 'translated' : `PA ${hex(pa)}`;
    return [memory === undefined ? where : `${where}, ${memoryText(memory)}`];
  }
  const { el, esr, far, hpfar, fault } = outcome;
  return [
    `exception to EL${el}, ${formatFields({ ...esrTable(esr), name: `ESR_EL${el}` }, esr)}`,
    ...(far === undefined ? [] : [`FAR ${hex(far)}`]),
    ...(hpfar === undefined ? [] : [`HPFAR_EL2 ${hex(hpfar)}`]),
    ...(fault === undefined ? [] : [faultText(fault)]),
  ];
}

function parText(par: bigint): string {
  return formatFields(extract(par, 0) === 0n ? PAR_SUCCESS : PAR_FAULT, par);
}

function faultText({ type, level, stage, s1ptw, write, ipa }: ExpectedFault): string {
  const at = level === undefined ? '' : `, level ${level}`;
  const walk = s1ptw ? ', on a stage-1 table' : '';
  const where = ipa === undefined ? '' : `, IPA ${hex(ipa)}`;
  return `fault: ${type}${at}, stage ${stage}${walk}, ${write ? 'write' : 'no write'}${where}`;
}

function updateLines(updates: readonly Update[]): string[] {
  return updates.map(({ pa, word }) => `rewritten: ${hex(pa)} = ${hex(word)}`);
}
