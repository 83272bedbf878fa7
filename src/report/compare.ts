import type { SiteRow } from '../cost/index.js';
import type { Comparison, ConfigCounts, VariantCounts } from '../scenario/compare.js';
import type { CoreComparison } from '../scenario/comparison/core.js';
import type { ComparedCore } from '../scenario/comparison/run.js';
import type { IdmapPrice } from '../scenario/idmap-price.js';
import type { Judgement } from '../scenario/judgement.js';
import { type AnnotatedBranch, branchAnnotated } from './branch-annotated.js';
import { classCountsText, configText } from './compare-counts.js';
import { idmapPricesText } from './compare-idmap.js';
import { COMPARE_NAMES } from './compare-names.js';
import { coresText, coreText, shownClasses } from './comparison.js';
import { figure, table, whole, wrap } from './text.js';

/** What was compared, and over what. */
export interface CompareRun {
  config: string;
  variant: string;
  /** Class of kernels around the handler. */
  kernel: string;
  states: string[];
  placements: number;
  samples: number;
  /** Probability that another vcpu took the line of mmu_lock before a fault. */
  contention: number;
  seed: number;
  /** Faults followed at each placement; they stand for all. */
  followed: number;
}

/** What is known before any cycle is: what was captured, and the counts. */
export interface CompareCounts {
  capture: { trace: string; about: string; guestFaults: number; taken: number; notTaken: number };
  comparison: Comparison;
}

/** Everything the main job has to say. */
export interface CompareReport extends CompareCounts {
  /** How it was run: the same with the same seed gives the same figures. */
  run: CompareRun;
  /** On the claim of the mail, by the rule; null if the base is compared with itself. */
  judgement: Judgement | null;
  /** That in sentences, then core by core. */
  verdict: string[];
  /** Cycles by core. */
  cores: ComparedCore[];
  idmap: { config: string; prices: IdmapPrice[] };
  annotated: AnnotatedBranch[];
  /** Every branch site with what the emulator counted at it. */
  sites: SiteRow[];
  notModelled: readonly string[];
}

/** Cores shown in full if all were asked for: the one a branch costs most on, and an out-of-order one. */
const FULL_CORES = ['cortex-a53', 'neoverse-n1'];
/** More cores than these are shown in one line each. */
const FULL_MAX = 2;

/** The first part of the text for people: the capture, and the counts. */
export function countsText(counts: CompareCounts): string {
  return [
    'What the internal-VM patch (RFC 04/11) costs the KVM/arm64 v4.13 fault path\n',
    captureText(counts),
    heading('COUNTS: added to one fault, mean over all faults taken; exact, from the compiled handler'),
    ...counts.comparison.configs.map(configText),
  ].join('');
}

/** The rest of the text: the verdict, then what it rests on. */
export function cyclesText(report: CompareReport): string {
  return [
    heading('COMPARED'),
    wrap(runText(report)),
    heading('VERDICT'),
    report.verdict.map((sentence) => wrap(sentence)).join(''),
    heading('CYCLES: one fault, and what is added to it; event-cost model'),
    coresText(report.cores),
    ...fullCores(report.cores).map(coreText),
    classCounts(report),
    heading(`MAPPING AN INTERNAL VM page by page as posted (${report.idmap.config})`),
    idmapPricesText(report.idmap.prices),
    heading('HINTS of the RFC kernel on this capture, as tracing/trace_stat/branch_annotated shows them'),
    branchAnnotated(report.annotated),
    heading('NAMES'),
    COMPARE_NAMES.map((line) => wrap(`- ${line}`)).join(''),
    heading('NOT MODELLED'),
    report.notModelled.map((line) => wrap(`- ${line}`)).join(''),
    ...replacedText(report.comparison),
  ].join('');
}

/** Outcomes of callees that no recorded execution shows. */
function replacedText({ replaced }: Comparison): string[] {
  const texts = replaced.map((r) => `${r.callee} "${r.outcome}" charged as "${r.nearest}" (${r.differs})`);
  return [...new Set(texts)].map((text) => wrap(`- outcome never executed: ${text}`));
}

function heading(text: string): string {
  return `\n${text}\n`;
}

function captureText({ capture, comparison }: CompareCounts): string {
  return table(
    ['capture', capture.trace],
    [
      ...wrap(capture.about, ABOUT_WIDTH, '')
        .trimEnd()
        .split('\n')
        .map((line) => ['', line]),
      [
        'faults',
        `${whole(capture.guestFaults)} captured, ${whole(capture.taken)} taken through the v4.13 path`,
      ],
      ['', `${whole(capture.notTaken)} that v4.13 would not have had: see "stage2 replay" for the reasons`],
      [
        'paths',
        `${whole(comparison.signatures)} distinct ways through the handler, each counted block by block`,
      ],
    ],
    2,
  );
}

/** What is left of a line beside the first column. */
const ABOUT_WIDTH = 97;

function runText({ run, comparison }: CompareReport): string {
  const { config, variant, kernel, placements, samples, contention, seed, followed, states } = run;
  const sampled =
    followed < comparison.faults
      ? `; ${whole(followed)} of the faults, at least one of each path, are followed and stand for all`
      : '';
  const contended =
    contention > 0
      ? ` Before ${figure(100 * contention)} % of the faults another vcpu took the line of mmu_lock.`
      : '';
  return `${config}-${variant} against ${config}-base on kernel ${kernel}, in pairs: ${placements} placements of code and data x ${samples} samples of the prices, seed ${seed}${sampled}. States before each fault: ${states.join(', ')}.${contended}`;
}

function fullCores(cores: readonly CoreComparison[]): readonly CoreComparison[] {
  return cores.length <= FULL_MAX ? cores : cores.filter(({ core }) => FULL_CORES.includes(core));
}

/** Of the variant that is compared, in each configuration. */
function classCounts({ comparison, run, cores }: CompareReport): string {
  const [core] = cores;
  const shown = core === undefined ? [] : shownClasses(core).map(({ group }) => group);
  const compared = comparison.configs.flatMap((config) =>
    config.variants
      .filter(({ variant }) => variant === run.variant)
      .map((variant): [ConfigCounts, VariantCounts] => [config, variant]),
  );
  if (compared.length === 0) return '';
  const parts = compared.map(([config, variant]) => classCountsText(config, variant, shown));
  return heading('COUNTS by class of fault') + parts.join('\n');
}
