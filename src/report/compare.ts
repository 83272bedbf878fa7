import type { SiteRow } from '../cost/index.js';
import type { Comparison, ConfigCounts, VariantCounts } from '../scenario/compare.js';
import type { CoreComparison } from '../scenario/comparison/core.js';
import type { ComparedCore } from '../scenario/comparison/run.js';
import type { IdmapPrice } from '../scenario/idmap-price.js';
import { type AnnotatedBranch, branchAnnotated } from './branch-annotated.js';
import { coresText, coreText } from './comparison.js';
import { bytes, figure, type Interval, interval, signed, table, whole, wrap } from './text.js';

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
  /** Cycles by core. */
  cores: ComparedCore[];
  idmap: { config: string; prices: IdmapPrice[] };
  annotated: AnnotatedBranch[];
  /** Every branch site with what the emulator counted at it. */
  sites: SiteRow[];
  /** On the claim of the mail, then core by core. */
  verdict: string[];
  notModelled: readonly string[];
}

/** Cores shown in full if all were asked for: the one a branch costs most on, and an out-of-order one. */
const FULL_CORES = ['cortex-a53', 'neoverse-n1'];
/** More cores than these are shown in one line each. */
const FULL_MAX = 2;
/** Classes the text shows; the JSON has all. */
const CLASS_ROWS = 8;

/** The first part of the text for people: the counts, by class those of `variant`. Cycles with their range and the verdict follow. */
export function countsText(counts: CompareCounts, variant: string): string {
  const { comparison } = counts;
  const compared = comparison.configs.flatMap((config) =>
    config.variants.filter((each) => each.variant === variant).map((each) => [config, each] as const),
  );
  return [
    'What the internal-VM patch (RFC 04/11) costs the KVM/arm64 v4.13 fault path\n',
    captureText(counts),
    heading(
      'COUNTS: added to one fault, mean over all faults taken; exact, from the blocks of the compiled handler',
    ),
    ...comparison.configs.map(configText),
    ...compared.map(([config, counted]) => classesText(config, counted)),
  ].join('');
}

/** The rest of the text. */
export function cyclesText(report: CompareReport): string {
  const { comparison } = report;
  return [
    heading('CYCLES: one fault, and what is added to it; event-cost model'),
    runText(report),
    coresText(report.cores),
    ...fullCores(report.cores).map(coreText),
    heading(`MAPPING AN INTERNAL VM page by page as posted (${report.idmap.config})`),
    idmapText(report),
    heading('HINTS of the RFC kernel on this capture, as tracing/trace_stat/branch_annotated shows them'),
    branchAnnotated(report.annotated),
    heading('VERDICT'),
    report.verdict.map((sentence) => wrap(sentence)).join(''),
    heading('NOT MODELLED'),
    report.notModelled.map((line) => wrap(`- ${line}`)).join(''),
    ...replacedText(comparison),
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
      ['', capture.about],
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

function configText(config: ConfigCounts): string {
  const rows = config.variants.map((v) => {
    const { added } = v.all;
    const counts = [added.insn, added.loads, added.stores, added.cbr, added.taken, added.calls].map(signed);
    return [v.variant, ...counts, signed(v.addedBytes.handler), signed(v.addedBytes.reachable)];
  });
  const base = config.variants[0]?.all.base;
  const before =
    base === undefined
      ? []
      : [base.insn, base.loads, base.stores, base.cbr, base.taken, base.calls].map(figure);
  const size = [whole(config.baseBytes.handler), whole(config.baseBytes.reachable)];
  const header = ['', 'insn', 'loads', 'stores', 'cond br', 'taken', 'calls', 'handler B', 'reachable B'];
  return `${configLine(config)}${table(header, [['base', ...before, ...size], ...rows])}`;
}

function configLine(config: ConfigCounts): string {
  return `  ${config.config}: ${config.compiler}, ${config.flags}\n`;
}

function runText({ run, comparison }: CompareReport): string {
  const { config, variant, kernel, placements, samples, contention, seed, followed, states } = run;
  const sampled =
    followed < comparison.faults ? `; ${whole(followed)} of the faults are followed and stand for all` : '';
  const guest = states.some((state) => state.startsWith('guest:'))
    ? ' (guest:N after N cycles of guest)'
    : '';
  const contended =
    contention > 0
      ? ` Before ${figure(100 * contention)} % of the faults another vcpu took the line of mmu_lock.`
      : '';
  return wrap(
    `${config}-${variant} against ${config}-base on kernel ${kernel}, in pairs: ${placements} placements of code and data x ${samples} samples of the prices, seed ${seed}${sampled}. States before each fault: ${states.join(', ')}${guest}.${contended}`,
  );
}

function fullCores(cores: readonly CoreComparison[]): readonly CoreComparison[] {
  return cores.length <= FULL_MAX ? cores : cores.filter(({ core }) => FULL_CORES.includes(core));
}

function classesText(config: ConfigCounts, variant: VariantCounts): string {
  const shown = variant.groups.slice(0, CLASS_ROWS);
  const rest = variant.groups.slice(CLASS_ROWS);
  const rows = shown.map((g) => [
    g.group,
    whole(g.faults),
    figure(g.base.insn),
    signed(g.added.insn),
    signed(g.added.loads),
    signed(g.added.cbr),
  ]);
  const header = ['', 'faults', 'insn', '+insn', '+loads', '+cond br'];
  const others = rest.reduce((n, g) => n + g.faults, 0);
  const more =
    rest.length === 0 ? '' : `  and ${rest.length} classes with ${whole(others)} faults together: --json\n`;
  return `\n  by fault class, ${config.config} ${variant.variant}\n${table(header, rows)}${more}`;
}

function idmapText({ idmap }: CompareReport): string {
  const header = ['size', 'pages', 'tables', 'leaked', 'insn/page', 'flush insn/page', 'lines cleaned'];
  const rows = idmap.prices.map(({ counts, totals, flushTotals, loopInsn }) => [
    bytes(counts.bytes),
    whole(counts.pages),
    whole(counts.tablePages),
    whole(counts.leaked),
    interval(shift(loopInsn, totals.insn / counts.pages)),
    figure(flushTotals.insn / counts.pages),
    whole(counts.flushedLines),
  ]);
  return table(header, rows) + timesText(idmap.prices);
}

function timesText(prices: readonly IdmapPrice[]): string {
  const cores = prices[0]?.cores ?? [];
  const rows = cores.map(({ core, clockGhz }, i) => {
    const ms = (cycles = Number.NaN) => cycles / clockGhz / 1e6;
    const cells = prices.map(({ cores }) => {
      const total = cores[i]?.total;
      return interval({ v: ms(total?.v), lo: ms(total?.lo), hi: ms(total?.hi) });
    });
    return [`ms on ${core} at ${clockGhz} GHz`, ...cells];
  });
  return table(['', ...prices.map((p) => bytes(p.counts.bytes))], rows);
}

function shift(range: Interval, by: number): Interval {
  return { v: range.v + by, lo: range.lo + by, hi: range.hi + by };
}
