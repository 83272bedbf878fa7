import type { CoreComparison, StateComparison } from '../scenario/comparison/core.js';
import type { Distribution } from '../scenario/comparison/distribution.js';
import { figure, table, whole, wrap } from './text.js';

/** Classes the text shows of a core; the JSON has all. */
const CLASS_ROWS = 8;

/** `median [p5 - p95]`; a range that is nothing but zero is written so. */
export function quantiles({ p5, median, p95 }: Distribution): string {
  if (p5 === 0 && p95 === 0) return '0';
  return `${figure(median)} [${figure(p5)} - ${figure(p95)}]`;
}

/** Percent, with the digits that a hundredth of a thousandth needs. */
function percents({ p5, median, p95 }: Distribution): string {
  const text = (value: number) => (Number(value.toFixed(3)) || 0).toFixed(3);
  return `${text(median)} [${text(p5)} - ${text(p95)}]`;
}

/** All cores: what a fault costs, what is added in each state, and what moving the code does. */
export function coresText(cores: readonly CoreComparison[]): string {
  const states = cores[0]?.states.map(({ state }) => state) ?? [];
  const [first = ''] = states;
  const header = [
    '',
    `whole fault, ${first}`,
    ...states.map((state) => `+ ${state}`),
    'percent',
    'base at another place',
  ];
  const rows = cores.map((core) => {
    const { all, layoutNoise } = core.states[0] as StateComparison;
    const name = core.estimated === null ? core.core : `${core.core} *`;
    const added = core.states.map((state) => quantiles(state.all.added));
    return [name, quantiles(all.base), ...added, percents(all.percent), quantiles(layoutNoise)];
  });
  const estimated = cores.filter(({ estimated }) => estimated !== null).map(({ core }) => core);
  const note = `* system costs are only estimated (exception entry and return, barriers, system registers, TLBI): ${estimated.join(', ')}`;
  return table(header, rows) + (estimated.length === 0 ? '' : wrap(note));
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
    ...states.map((each) => quantiles(each.groups.find((g) => g.group === group)?.added ?? added)),
    percents(percent),
  ]);
  const header = [
    '',
    'faults',
    `whole fault, ${state}`,
    ...states.map((each) => `+ ${each.state}`),
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
  if (faultBelow === null && faultBelowP95 === null)
    return wrap('The addition never matters: it adds nothing.');
  const limits = rates.map(({ percent, faultsPerSecond }, i) => {
    const sooner = ratesP95[i]?.faultsPerSecond ?? null;
    return `more than ${percent} % of a cpu at ${figure(clockGhz)} GHz ${faultsPerSecond === null ? 'never in its median' : `from ${limit(faultsPerSecond)} faults a second on`} (p95: ${limit(sooner)})`;
  });
  const below =
    faultBelow === null ? 'never in its median' : `if a fault costs less than ${limit(faultBelow)} cycles`;
  const share = `It is more than ${percentOfFault} % of a fault ${below} (p95: ${limit(faultBelowP95)} cycles)`;
  return wrap(`${share}, ${limits.join(', and ')}.`);
}

function limit(value: number | null): string {
  return value === null ? 'never' : whole(value);
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
