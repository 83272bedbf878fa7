import type { CoreComparison, StateComparison } from '../scenario/comparison/core.js';
import type { MethodSight, Seen } from '../scenario/comparison/sight.js';
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

const CLAIM = 'The claim that an ordinary VM pays "pretty much no performance impact"';
const WORDS: Record<Word, string> = {
  fair: 'is fair',
  'a little too good': 'is a little too good',
  wrong: 'is wrong',
  undecided: 'is not decided by this run',
  'not judged': 'is not judged by this capture',
};
/** Classes told from 0 that are named; the JSON has all. */
const CLASSES_NAMED = 3;

/** On the mail's claim, a sentence or two each: the word, what is executed more, what that costs, and the rule. */
export function claimVerdict(judgement: Judgement, judged: JudgedVariant): string[] {
  const { variant, compiler, counts } = judged;
  return [
    `${CLAIM} ${WORDS[judgement.word]}, for ${variant} by ${compiler}. ${reachedText(judgement)}`,
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
  return `In cycles that adds: ${states.join('; ')}. At most ${percentFigure(upperEnd(largest))} % of the typical fault (${largest.core}, ${largest.state}; ± included).`;
}

function upperEnd({ percent, percentUncertainty }: Judged): number {
  return percent + percentUncertainty;
}

function toldText({ together, classes }: Judgement): string {
  const told = [...together.filter((row) => row.told), ...classes];
  if (told.length === 0) {
    const means = together.length === 1 ? 'That mean is not' : `None of these ${together.length} means is`;
    return `${means} distinguishable from 0, nor is that of any class of faults that reach the changed code.`;
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
  return `The rule: judged are the faults that reach the changed code (${reachingFrom} % of all at least), together in percent of the median one, and class by class. A mean is distinguishable ("told") from 0 if it is beyond its ± (two standard errors over placements and samples) and outside what moving the base alone does (p5 to p95). Wrong: such a mean is ${wrongFrom} % of a fault or more. A little too good: ${fairBelow} % or more. Fair: none is, and no mean with its ± reaches ${fairBelow} %. Else not decided.`;
}

/** What one core says about the faults that reach the changed code, and whether a measurement could. */
export function coreVerdict({ core, states, methods }: CoreComparison): string {
  const { state, all, reaching } = states[0] as StateComparison;
  const { added, uncertainty, layoutNoise, typical, told } = reaching ?? all;
  const mean = `${plusMinus(added.mean, uncertainty)} cycles on ${figure(typical.median)} (${state})`;
  const moved = `${figure(layoutNoise.p5)} to ${figure(layoutNoise.p95)}`;
  if (told) return `${core}: ${mean}, told from 0 (moved base: ${moved}); ${seenText(methods)}.`;
  return Math.abs(added.mean) > uncertainty
    ? `${core}: ${mean}, less than moving the base (${moved}).`
    : `${core}: ${mean}, not told from 0 (moved base: ${moved}).`;
}

function seenText(methods: readonly MethodSight[]): string {
  const by = (seen: Seen) => methods.filter((each) => each.seen === seen).map(({ method }) => method);
  const [yes, perhaps] = [by('yes'), by('perhaps')];
  if (yes.length > 0) return `seen by ${yes.join(' or ')}`;
  return perhaps.length > 0 ? `perhaps seen by ${perhaps.join(' or ')}` : 'seen by no method of measuring';
}
