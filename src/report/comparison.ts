import type { ClassCost, CoreComparison, StateComparison } from '../scenario/comparison/core.js';
import type { Distribution } from '../scenario/comparison/distribution.js';
import type { NullRun } from '../scenario/comparison/null-run.js';
import type { ComparedCore } from '../scenario/comparison/run.js';
import type { MethodSight } from '../scenario/comparison/sight.js';
import type { PairedCost } from '../scenario/comparison/types.js';
import { breakEvenText } from './break-even.js';
import { figure, percentFigure, plusMinus, table, tables, whole, wrap } from './text.js';

/** A class with less than both of these, in percent of the faults and of all cycles, is left to the JSON. */
const SMALL_COUNT = 1;
const SMALL_SHARE = 1;

/** `median [p5 - p95]`; a range that is nothing but zero is written so. */
function quantiles({ p5, median, p95 }: Distribution): string {
  if (p5 === 0 && p95 === 0) return '0';
  return `${figure(median)} [${figure(p5)} - ${figure(p95)}]`;
}

/** `mean ± [p5 - p95]`: the interval of the mean, and the range of the pairs. */
function addition({ added, uncertainty }: PairedCost): string {
  if (added.p5 === 0 && added.p95 === 0 && added.mean === 0) return '0';
  return `${plusMinus(added.mean, uncertainty)} [${figure(added.p5)} - ${figure(added.p95)}]`;
}

/** `mean [p5 - p95]` in percent. */
function percents({ p5, mean, p95 }: Distribution): string {
  return `${percentFigure(mean)} [${percentFigure(p5)} - ${percentFigure(p95)}]`;
}

/** The faults that a comparison is about: those that reach the changed code, or all if there is no such code. */
function judgedOf({ reaching, all }: StateComparison) {
  return reaching ?? all;
}

/** All cores: what a fault costs, what comes of the base against itself, then what is added in each state. */
export function coresText(cores: readonly ComparedCore[]): string {
  const states = cores[0]?.states ?? [];
  const first = states[0]?.state ?? '';
  const base = cores.map((core) => {
    const { all, reaching } = core.states[0] as StateComparison;
    const moved = (reaching ?? all).layoutNoise;
    return [
      nameOf(core),
      quantiles(all.typical),
      quantiles(all.base),
      nullText(core.nullRun),
      quantiles(moved),
    ];
  });
  const estimated = cores.filter(({ estimated }) => estimated !== null).map(({ core }) => core);
  const note = `* system costs are only estimated (exception entry and return, barriers, system registers, TLBI): ${estimated.join(', ')}`;
  const names = states.map(({ state }) => state);
  return [
    tables([`base, ${first}`, 'typical fault', 'mean of all faults', 'null run', 'at another place'], base),
    wrap(itselfText(cores[0]?.nullRun.placements ?? 0)),
    '\n',
    wrap('mean ± [p5 - p95] of what is added to a fault that reaches the changed code, in cycles'),
    tables(
      ['added', ...names],
      cores.map((core) => [nameOf(core), ...core.states.map((state) => addition(judgedOf(state)))]),
    ),
    '\n',
    tables(
      ['in % of typical', ...names],
      cores.map((core) => [nameOf(core), ...core.states.map(shareText)]),
    ),
    estimated.length === 0 ? '' : wrap(note),
  ].join('');
}

/** The mean in percent of the typical fault, with its interval. */
function shareText(state: StateComparison): string {
  const { added, uncertainty, typical } = judgedOf(state);
  const percent = (cycles: number) => percentFigure((100 * cycles) / typical.median);
  return `${percent(added.mean)} ± ${percent(uncertainty)}`;
}

/** Its largest difference, which is not rounded away. */
function nullText({ largest }: NullRun): string {
  return largest === 0 ? '0' : largest.toPrecision(2);
}

/** What a reader weighs an addition against. */
function itselfText(places: number): string {
  return `median [p5 - p95] over the pairs. typical fault: the median of the faults; a few dear ones raise their mean. null run: the base against itself at the same place, the largest difference of any pair at ${places} places; it must be 0. At another place: the base against itself after its code moved.`;
}

function nameOf({ core, estimated }: CoreComparison): string {
  return estimated === null ? core : `${core} *`;
}

/** One core in full: classes, break-even, inputs, what hardware resolves. */
export function coreText(core: CoreComparison): string {
  const estimated = core.estimated === null ? '' : ' *';
  return `\n  ${core.core}${estimated}\n${classesText(core)}${wrap(breakEvenText(core))}${inputsText(core)}${methodsText(core)}`;
}

/** The classes that are not small in both count and share, the largest share first. */
export function shownClasses({ states }: CoreComparison): ClassCost[] {
  const { groups, all } = states[0] as StateComparison;
  return groups.filter(
    ({ faults, share }) => (100 * faults) / all.faults >= SMALL_COUNT || share >= SMALL_SHARE,
  );
}

/** What `shown` leaves out of `groups`. */
function foldedText(groups: readonly { faults: number }[], shown: number, all: number): string {
  const folded = groups.length - shown;
  if (folded === 0) return '';
  const classes = folded === 1 ? '1 class' : `${folded} classes`;
  return `  and ${classes} with ${whole(all)} of the faults, each below ${SMALL_COUNT} % of the faults and ${SMALL_SHARE} % of all cycles: --json\n`;
}

function classesText(core: CoreComparison): string {
  const { groups, state } = core.states[0] as StateComparison;
  const shown = shownClasses(core);
  const costs = shown.map(({ group, share, base, percent }) => [
    group,
    percentFigure(share),
    quantiles(base),
    percents(percent),
  ]);
  const added = shown.map(({ group, faults, reaching }) => [
    group,
    whole(faults),
    reaching === 0 ? 'layout only' : whole(reaching),
    ...core.states.map((each) => classAddition(each, group)),
  ]);
  const rest = groups.filter((group) => !shown.includes(group)).reduce((n, { faults }) => n + faults, 0);
  return [
    tables(['', '% of cycles', `whole fault, ${state}`, `added, % of it, ${state}`], costs),
    '\n',
    tables(['', 'faults', 'reach it', ...core.states.map((each) => `added, ${each.state}`)], added),
    foldedText(groups, shown.length, rest),
  ].join('');
}

function classAddition({ groups }: StateComparison, name: string): string {
  const cost = groups.find(({ group }) => group === name);
  return cost === undefined ? '' : plusMinus(cost.added.mean, cost.uncertainty);
}

function inputsText({ inputs }: CoreComparison): string {
  const header = ['depends most on', 'range', 'added at its ends', 'swing'];
  const rows = inputs.map(({ name, range, addedLow, addedHigh, swing }) => [
    name,
    range,
    `${figure(addedLow)} - ${figure(addedHigh)}`,
    figure(swing),
  ]);
  return rows.length === 0 ? '' : table(header, rows, 2);
}

function methodsText({ methods }: CoreComparison): string {
  const header = ['could hardware see it?', '', 'resolves, cycles of a fault', 'conf'];
  const rows = methods.map((each) => [
    each.method,
    sightText(each),
    `${figure(each.floor.v)} [${figure(each.floor.lo)} - ${figure(each.floor.hi)}]`,
    each.conf,
  ]);
  return table(header, rows, 2);
}

/** Whether a method sees an addition, and what says so. */
export function sightText({ seen, added, floor }: MethodSight): string {
  if (seen === 'yes') return `yes: ${figure(added)} >= ${figure(floor.v)}`;
  if (seen === 'perhaps') return `perhaps: ${figure(floor.lo)} <= ${figure(added)} < ${figure(floor.v)}`;
  if (added < floor.lo) return `no: ${figure(added)} < ${figure(floor.lo)}`;
  return 'no: not told from 0';
}
