import type { Choice, Confidence, Constant } from '../cost/index.js';
import { table, wrap } from './text.js';

/** One core of the list: how many of its values are known how well. */
export interface ProfileSummary {
  core: string;
  order: string;
  clockGhz: number;
  /** Values by confidence. */
  values: Record<Confidence, number>;
  issueModel: string;
  /** What every report on the core says if its system costs are only estimated. */
  estimatedSystem?: string;
}

/** A value of a profile and its place in the file. */
export type ProfileValue = { field: string } & (Constant | Choice<string>);

/** One core with all its values. */
export interface ProfileReport extends ProfileSummary {
  fields: readonly ProfileValue[];
}

const LEGEND =
  'D documented, M measured by others, R recalled, E estimated; "stage2 profiles CORE" shows the values';

/** The cores, a line each. */
export function profilesText(cores: readonly ProfileSummary[]): string {
  const header = ['core', 'order', 'issue model', 'system costs', 'GHz', 'D', 'M', 'R', 'E'];
  const rows = cores.map(({ core, order, issueModel, estimatedSystem, clockGhz, values }) => [
    core,
    order,
    issueModel === core ? 'its own' : issueModel,
    estimatedSystem === undefined ? '' : 'estimated',
    ...[clockGhz, values.D, values.M, values.R, values.E].map(String),
  ]);
  return table(header, rows, 4) + wrap(LEGEND);
}

/** Every value of a core; sources are numbered and stand below. */
export function profileText(report: ProfileReport): string {
  const sources = [...new Set(report.fields.flatMap(({ src }) => src))];
  const rows = report.fields.map((value) => [
    value.field,
    rangeText(value),
    'unit' in value ? value.unit : '',
    value.conf,
    value.src.map((text) => sources.indexOf(text) + 1).join(' '),
  ]);
  const { core, order, estimatedSystem } = report;
  return [
    `${core}, ${order}\n`,
    ...(estimatedSystem === undefined ? [] : [wrap(estimatedSystem)]),
    table(['field', 'value [range]', 'unit', 'conf', 'source'], rows, 5),
    '\n',
    ...sources.map((text, i) => wrap(`${i + 1} ${text}`)),
  ].join('');
}

function rangeText(value: ProfileValue): string {
  if (!('lo' in value)) return value.v;
  const { v, lo, hi } = value;
  return lo === hi ? String(v) : `${v} [${lo} - ${hi}]`;
}
