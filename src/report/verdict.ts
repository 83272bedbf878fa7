import type { CoreComparison, StateComparison } from '../scenario/comparison/core.js';
import type { GroupCounts } from '../scenario/group-counts.js';
import type { Judged, Judgement, Word } from '../scenario/judgement.js';
import { figure, percentFigure, plusMinus, whole } from './text.js';

/** What was compared with the base. */
export interface JudgedVariant {
  /** Such as `rfc`. */
  variant: string;
  /** Compiler and flags. */
  compiler: string;
  /** Over all faults. */
  counts: GroupCounts;
}

const CLAIM = 'That an ordinary VM pays "pretty much no performance impact"';
const WORDS: Record<Word, string> = {
  fair: 'is fair',
  'a little too good': 'is a little too good',
  wrong: 'is wrong',
  undecided: 'is not decided by this run',
  'not judged': 'is not for this capture to judge',
};
/** Classes told from 0 that are named; the JSON has all. */
const CLASSES_NAMED = 3;

/** On the mail's claim, a sentence or two each: the word, what is executed more, what that costs, and the rule. */
export function claimVerdict(judgement: Judgement, judged: JudgedVariant): string[] {
  const { variant, compiler, counts } = judged;
  return [
    `${CLAIM} ${WORDS[judgement.word]}: ${variant} by ${compiler}. ${reachedText(judgement)}`,
    ...(judgement.reaching === 0
      ? []
      : [`${countsText(counts)} ${cyclesText(judgement)}`, toldText(judgement)]),
    ruleText(judgement),
  ];
}

/** Of the base compared with itself. */
export function nothingToJudge(cores: readonly CoreComparison[]): string {
  const means = cores.flatMap(({ states }) => states.map(({ all }) => figure(all.added.mean)));
  return `There is no patch to judge: the base is compared with itself, at the same places under the same prices. It must add nothing, and adds ${[...new Set(means)].join(', ')} cycles to a fault.`;
}

function reachedText({ faults, reaching, rule }: Judgement): string {
  const share = `${whole(reaching)} of ${whole(faults)} faults (${figure((100 * reaching) / faults)} %) reach the changed code`;
  return 100 * reaching < rule.reachingFrom * faults
    ? `Only ${share}: another capture says more (docs/traces.md).`
    : `${share}.`;
}

/** Of one fault that reaches the changed code: what is added to the others is nothing. */
function countsText({ added, faults, reaching }: GroupCounts): string {
  const each = (n: number) => figure((n * faults) / reaching);
  return `Each of them executes ${each(added.insn)} more instructions, ${each(added.loads)} of them loads and ${each(added.cbr)} conditional branches (exact).`;
}

/** By state: the means from the least to the largest, and the largest share of a typical fault. */
function cyclesText({ together }: Judgement): string {
  const states = [...new Set(together.map(({ state }) => state))].map((state) => {
    const rows = together.filter((row) => row.state === state).sort((a, b) => a.added - b.added);
    const [least, most] = [rows[0] as Judged, rows.at(-1) as Judged];
    const from = `${plusMinus(least.added, least.uncertainty)} (${least.core})`;
    return `${state} ${least === most ? from : `${from} to ${plusMinus(most.added, most.uncertainty)} (${most.core})`}`;
  });
  const largest = [...together].sort((a, b) => upperEnd(b) - upperEnd(a))[0] as Judged;
  return `That takes, in cycles: ${states.join('; ')}. At most ${percentFigure(upperEnd(largest))} % of the typical fault (${largest.core}, ${largest.state}; ± included).`;
}

function upperEnd({ percent, percentUncertainty }: Judged): number {
  return percent + percentUncertainty;
}

function toldText({ together, classes }: Judgement): string {
  const told = [...together.filter((row) => row.told), ...classes];
  if (told.length === 0) {
    return `Not distinguishable from 0: ${together.length === 1 ? 'that mean' : `each of these ${together.length} means`}, and those of the classes of faults behind.`;
  }
  const named = told
    .slice(0, CLASSES_NAMED)
    .map(
      ({ group, core, state, added, uncertainty, percent }) =>
        `${group} on ${core}, ${state}: ${plusMinus(added, uncertainty)} cycles, ${percentFigure(percent)} % of it`,
    );
  const more = told.length > CLASSES_NAMED ? `; and ${told.length - CLASSES_NAMED} more (--json)` : '';
  return `Distinguishable from 0: ${named.join('; ')}${more}.`;
}

function ruleText({ rule: { fairBelow, wrongFrom, reachingFrom } }: Judgement): string {
  return `The rule: judged are the faults that reach the changed code, together in percent of the typical (median) one of them and class by class, if they are ${reachingFrom} % of all at least. A mean is distinguishable from 0 if it is beyond its ± (two standard errors over placements and samples) and outside what moving the base alone does. "Fair": no such mean is ${fairBelow} % of a fault, and no ± reaches that, else it is not decided; "wrong": one is ${wrongFrom} % or more; "a little too good": between.`;
}

/** What one core says about the faults that reach the changed code, and whether a measurement could. */
export function coreVerdict({ core, states, methods }: CoreComparison): string {
  const { state, all, reaching } = states[0] as StateComparison;
  const cost = reaching ?? all;
  const { added, uncertainty, layoutNoise, typical } = cost;
  const mean = `${plusMinus(added.mean, uncertainty)} cycles on ${figure(typical.median)} (${state})`;
  const moves = `moving the base alone: ${figure(layoutNoise.p5)} to ${figure(layoutNoise.p95)}`;
  const by = (seen: string) => methods.filter((each) => each.seen === seen).map(({ method }) => method);
  const [sees, may] = [by('yes'), by('perhaps')];
  const seen =
    sees.length > 0
      ? `seen by ${sees.join(' or ')}`
      : may.length > 0
        ? `perhaps seen by ${may.join(' or ')}`
        : 'seen by no method';
  return `${core}: ${mean}, ${cost.told ? '' : 'not '}distinguishable from 0; ${moves}; ${seen}.`;
}
