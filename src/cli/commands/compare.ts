import type { Command } from 'commander';
import { type SiteRow, type SiteTable, siteStatistics } from '../../cost/index.js';
import type { AnnotatedBranch } from '../../report/branch-annotated.js';
import { type CompareReport, countsText, cyclesText } from '../../report/compare.js';
import { comparisonCsv } from '../../report/comparison-csv.js';
import { sitesText } from '../../report/sites.js';
import { type CompareConfig, compareBuilds } from '../../scenario/compare.js';
import type { ComparisonCore } from '../../scenario/comparison/run.js';
import { stateText } from '../../scenario/comparison/state.js';
import { coreVerdict } from '../../scenario/comparison/verdict.js';
import { runIdmap } from '../../scenario/idmap.js';
import { type IdmapPrice, priceIdmap } from '../../scenario/idmap-price.js';
import type { ReplayResult } from '../../scenario/replay/index.js';
import { NOT_MODELLED, verdictOf } from '../../scenario/verdict.js';
import { compareCores, type LoadedComparison, loadComparison } from '../compare-cores.js';
import { faultReport } from '../compare-faults.js';
import {
  CONFIGS,
  type CompareOptions,
  type CompareSettings,
  compareSettings,
  listOption,
} from '../compare-options.js';
import { packageData } from '../data.js';
import { CliError, Exit } from '../errors.js';
import { addExamples } from '../help.js';
import { inputName } from '../io.js';
import { type CommandResult, finish } from '../output.js';
import { captureFiles, replayFiles } from '../replay-files.js';

/** Variants whose counts are shown beside the one that is compared. */
const VARIANTS = ['rfc', 'pred', 'predkey'];
/** Sizes of the internal VMs that are mapped. */
const IDMAP_BYTES = [16n << 20n, 1n << 30n, 16n << 30n];
const IDMAP_BUILD = 'gcc12c-rfc';

export function registerCompare(program: Command): void {
  const command = program
    .command('compare')
    .description('replay a capture and say what a variant of the internal-VM patch adds to a fault')
    .argument('[trace]', 'tracefs or trace-cmd text, plain or gzip; default: the bundled capture')
    .option('--trace <file>', 'the trace, in place of the argument')
    .option('--slots <file>', 'memory slots of the capture; default: NAME.memslots.json beside NAME.txt.gz')
    .option('--core <names>', 'cores, with commas or repeated; default: all', listOption)
    .option('--profile <file>', 'cores of your own (stage2-profiles/1), JSON or gzip')
    .option(
      '--kernel <class>',
      'kernel around the handler: nvhe (nvhe-4.x), vhe (vhe-6.x) or a class of kernels.json',
      'nvhe',
    )
    .option('--variant <id>', 'form of the patch; base compares the base with itself', 'rfc')
    .option('--config <id>', `compiler configuration: ${CONFIGS.join(' or ')}`, CONFIGS[0])
    .option('--state <states>', 'what a fault finds: cold, warm, guest:CYCLES; with commas', listOption)
    .option('--placements <n>', 'placements of code and data', '64')
    .option('--samples <n>', 'samples of the prices', '200')
    .option('--faults <n>', 'faults followed at each placement, in place of all', '192')
    .option(
      '--contention <p>',
      'probability, 0 to 1, that another vcpu took the line of mmu_lock before a fault',
      '0',
    )
    .option('--seed <n>', 'of placements and samples; the same seed gives the same figures', '1')
    .option('--threads <n>', 'threads that follow faults; default: as many as there are cpus')
    .option('--sites', 'print every branch site: condition, hint, and taken or not in the compiled layout')
    .option('--json', 'print one JSON document')
    .option('--csv', 'print the cycles as CSV')
    .option('--folded', 'print folded stacks of the variant on the first core, for flame graphs')
    .option('--trace-event <n>', 'print fault n as Chrome trace events, for speedscope and Perfetto')
    .option('--annotate', 'print where cycles went, block by block')
    .action((trace: string | undefined, options: CompareOptions) =>
      finish('compare', options.json ?? false, () => compare(trace, options)),
    );
  addExamples(command, [
    {
      line: 'stage2 compare --core neoverse-n1 --kernel vhe --state warm,guest:100000',
      about: 'the bundled capture on one core, under a kernel of 6.x',
    },
    {
      line: 'stage2 compare trace.txt.gz --slots trace.memslots.json --core mine --profile mine.json',
      about: 'your trace, your core',
    },
    {
      line: 'stage2 compare --core cortex-a53 --folded > faults.folded',
      about: 'for flame graphs and speedscope',
    },
    {
      line: 'stage2 compare --core cortex-a53 --trace-event 100 > fault.json',
      about: 'one fault, for Perfetto',
    },
    {
      line: 'stage2 compare --json > comparison.json',
      about: 'everything, with its schema',
    },
  ]);
}

async function compare(
  trace: string | undefined,
  options: CompareOptions,
): Promise<CommandResult<'compare'>> {
  const settings = compareSettings(options);
  const files = captureFiles(trace, options);
  const loaded = await loadComparison(settings);
  const replayed = await replayFiles(files, { variant: 'rfc', keepRecords: true });
  if (replayed.faults.taken === 0) {
    throw new CliError(
      `${inputName(files.trace)}: no guest fault that v4.13 takes, expected some to compare`,
    );
  }
  const { kind } = settings.output;
  if (kind === 'folded' || kind === 'annotate' || kind === 'traceEvent') {
    return faultReport(replayed.faults, loaded, settings);
  }
  return compareAll(replayed, loaded, settings);
}

async function compareAll(
  replayed: ReplayResult,
  loaded: LoadedComparison,
  settings: CompareSettings,
): Promise<CommandResult<'compare'>> {
  const { sites } = packageData;
  const configs = CONFIGS.map((config) => loadConfig(config, settings.variant));
  const comparison = compareBuilds(replayed.faults.paths, configs, sites);
  const siteRows = siteStatistics(sites, replayed.faults.sites);
  if (settings.output.kind === 'sites') {
    const text = sitesText(siteRows, comparison);
    return { text, exit: Exit.OK };
  }
  const compared = () => compareCores(replayed.faults, loaded, settings);
  if (settings.output.kind === 'csv') return { text: comparisonCsv((await compared()).cores), exit: Exit.OK };
  const capture = captureOf(replayed);
  const reported = async (): Promise<CompareReport> => {
    const { cores, followed } = await compared();
    return {
      capture,
      run: runOf(settings, followed),
      comparison,
      cores,
      idmap: { config: IDMAP_BUILD, prices: idmapPrices(loaded.cores) },
      annotated: annotatedBranches(siteRows, sites),
      sites: siteRows,
      verdict: [verdictOf(comparison, cores, settings), ...cores.map(coreVerdict)],
      notModelled: NOT_MODELLED,
    };
  };
  const text = textOf(countsText({ capture, comparison }, settings.variant), reported);
  if (settings.output.kind === 'text') return { text, exit: Exit.OK };
  return { text, json: { format: 'stage2-compare/2', ...(await reported()) }, exit: Exit.OK };
}

/** The counts at once; cycles take a while. */
async function* textOf(counts: string, reported: () => Promise<CompareReport>): AsyncGenerator<string> {
  yield counts;
  yield cyclesText(await reported());
}

function loadConfig(config: string, compared: string): CompareConfig {
  const shown = [...new Set([...VARIANTS, compared])].filter((variant) => variant !== 'base');
  return {
    id: config,
    base: packageData.build(`${config}-base`),
    variants: shown.map((variant) => packageData.build(`${config}-${variant}`)),
  };
}

function idmapPrices(cores: readonly ComparisonCore[]): IdmapPrice[] {
  const build = packageData.build(IDMAP_BUILD);
  return IDMAP_BYTES.map((size) => priceIdmap(runIdmap(size), build, cores, packageData.idmapEstimates));
}

function runOf(settings: CompareSettings, followed: number): CompareReport['run'] {
  const { config, variant, kernel, states, placements, samples, contention, seed } = settings;
  return {
    config,
    variant,
    kernel,
    states: states.map(stateText),
    placements,
    samples,
    contention,
    seed,
    followed,
  };
}

function captureOf({ capture, faults, lines }: ReplayResult): CompareReport['capture'] {
  return {
    trace: capture.trace,
    about: `${capture.kernel}; cpu ${capture.cpu}; ${lines.last.toLocaleString('en-US')} lines`,
    guestFaults: faults.captured,
    taken: faults.taken,
    notTaken: faults.notTaken,
  };
}

/** The hinted branches of the fault path with what the emulator counted at them. */
function annotatedBranches(rows: readonly SiteRow[], table: SiteTable): AnnotatedBranch[] {
  const places = new Map(table.sites.map((site) => [site.id, site]));
  return rows.flatMap(({ site, correct, incorrect }) => {
    const place = places.get(site);
    if (place === undefined || correct === null || incorrect === null) return [];
    return [{ function: place.function, file: place.file, line: place.line, correct, incorrect }];
  });
}
