import type { CoreComparison, StateComparison } from '../scenario/comparison/core.js';
import type { Distribution } from '../scenario/comparison/distribution.js';
import type { NullRun } from '../scenario/comparison/null-run.js';
import type { ComparedCore } from '../scenario/comparison/run.js';
import { figure, table, whole, wrap } from './text.js';

/** Classes the text shows of a core; the JSON has all. */
const CLASS_ROWS = 8;

/** `median [p5 - p95]`; a range that is nothing but zero is written so. */
function quantiles({ p5, median, p95 }: Distribution): string {
  if (p5 === 0 && p95 === 0) return '0';
  return `${figure(median)} [${figure(p5)} - ${figure(p95)}]`;
}

/** `mean, median [p5 - p95]`: where lines of code fall makes the median of an addition say little by itself. */
function addition(added: Distribution): string {
  return added.p5 === 0 && added.p95 === 0 ? '0' : `${figure(added.mean)}, ${quantiles(added)}`;
}

/** `mean [p5 - p95]` in percent, with the digits that a hundredth of a thousandth needs. */
function percents({ p5, mean, p95 }: Distribution): string {
  const text = (value: number) => (Number(value.toFixed(3)) || 0).toFixed(3);
  return `${text(mean)} [${text(p5)} - ${text(p95)}]`;
}

/** All cores: what a fault costs and what comes of the base against itself, then what is added in each state. */
export function coresText(cores: readonly ComparedCore[]): string {
  const states = cores[0]?.states.map(({ state }) => state) ?? [];
  const [first = ''] = states;
  const whole = cores.map((core) => {
    const { all, layoutNoise } = core.states[0] as StateComparison;
    return [
      nameOf(core),
      quantiles(all.base),
      nullText(core.nullRun),
      quantiles(layoutNoise),
      percents(all.percent),
    ];
  });
  const added = cores.map((core) => [nameOf(core), ...core.states.map(({ all }) => addition(all.added))]);
  const estimated = cores.filter(({ estimated }) => estimated !== null).map(({ core }) => core);
  const note = `* system costs are only estimated (exception entry and return, barriers, system registers, TLBI): ${estimated.join(', ')}`;
  return [
    table(
      [`whole fault, ${first}`, 'median [p5 - p95]', 'null run', 'at another place', 'added, percent of it'],
      whole,
    ),
    wrap(itselfText(cores[0]?.nullRun.placements ?? 0)),
    '\n',
    table(['added: mean, median [p5 - p95]', ...states], added),
    estimated.length === 0 ? '' : wrap(note),
  ].join('');
}

/** Its largest difference, which is not rounded away. */
function nullText({ largest }: NullRun): string {
  return largest === 0 ? '0' : largest.toPrecision(2);
}

/** What a reader weighs an addition against. */
function itselfText(places: number): string {
  return `null run: the base against itself at the same place, the largest difference of any pair at ${places} places; it must be 0. At another place: the base against itself after its code moved; an addition inside that is not told from a change of the layout.`;
}

function nameOf({ core, estimated }: CoreComparison): string {
  return estimated === null ? core : `${core} *`;
}

/** One core in full: classes, break-even, inputs, what hardware resolves. */
export function coreText(core: CoreComparison): string {
  const note = core.estimated === null ? '' : wrap(core.estimated);
  return `\n  ${core.core}\n${note}${classesText(core)}${breakEvenText(core)}${inputsText(core)}${methodsText(core)}`;
}

function classesText({ states }: CoreComparison): string {
  const { groups, state } = states[0] as StateComparison;
  const shown = groups.slice(0, CLASS_ROWS);
  const rows = shown.map(({ group, faults, base, added, percent }) => [
    group,
    whole(faults),
    quantiles(base),
    ...states.map((each) => addition(each.groups.find((g) => g.group === group)?.added ?? added)),
    percents(percent),
  ]);
  const header = [
    '',
    'faults',
    `whole fault, ${state}`,
    ...states.map((each) => `added, ${each.state}`),
    'percent',
  ];
  const rest = groups.slice(CLASS_ROWS);
  const faults = rest.reduce((n, group) => n + group.faults, 0);
  const more =
    rest.length === 0 ? '' : `  and ${rest.length} classes with ${whole(faults)} faults together: --json\n`;
  return table(header, rows) + more;
}

function breakEvenText({ breakEven }: CoreComparison): string {
  const { faultBelow, faultBelowP95, rates, ratesP95, percentOfFault, clockGhz } = breakEven;
  if (faultBelowP95 === null) return wrap('It matters nowhere: it adds nothing.');
  const limits = rates.map(({ percent, faultsPerSecond }, i) => {
    const limit = averageAndP95(faultsPerSecond, ratesP95[i]?.faultsPerSecond ?? null);
    return `more than ${percent} % of a cpu if there are more than ${limit} faults a second`;
  });
  const share = `It is more than ${percentOfFault} % of a fault that costs less than ${averageAndP95(faultBelow, faultBelowP95)} cycles`;
  return wrap(`${share}. At ${figure(clockGhz)} GHz it is ${limits.join(', and ')}.`);
}

/** A limit by the mean of what is added and by its p95; where nothing is added on average, by the latter only. */
function averageAndP95(average: number | null, p95: number | null): string {
  const sooner = p95 === null ? '' : whole(p95);
  return average === null ? `${sooner} (p95; nothing on average)` : `${whole(average)} (p95: ${sooner})`;
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
  const header = ['could hardware see it?', '', 'resolves, in cycles of a fault', 'conf'];
  const rows = methods.map(({ method, sight, floor, conf }) => [
    method,
    sight,
    `${figure(floor.v)} [${figure(floor.lo)} - ${figure(floor.hi)}]`,
    conf,
  ]);
  return table(header, rows, 2);
}
