import type { Command } from 'commander';
import { type Build, type SiteRow, type SiteTable, siteStatistics } from '../../cost/index.js';
import type { AnnotatedBranch } from '../../report/branch-annotated.js';
import { type CompareReport, compareText } from '../../report/compare.js';
import { sitesText } from '../../report/sites.js';
import { type CompareConfig, compareBuilds } from '../../scenario/compare.js';
import { runIdmap } from '../../scenario/idmap.js';
import { type IdmapPrice, priceIdmap } from '../../scenario/idmap-price.js';
import type { ReplayResult } from '../../scenario/replay/index.js';
import { NOT_MODELLED, verdictOf } from '../../scenario/verdict.js';
import { loadBuild, loadCostModel, loadMachineData, loadSites } from '../data.js';
import { CliError, Exit } from '../errors.js';
import { type CommandResult, finish } from '../output.js';
import { BUNDLED_CAPTURE, replayFiles } from '../replay-files.js';

/** Compiler configurations of the bundled builds: 2017-like inlining first. */
const CONFIGS = ['gcc12c', 'gcc12'];
const VARIANTS = ['rfc', 'pred', 'predkey'];
/** Sizes of the internal VMs that are mapped. */
const IDMAP_BYTES = [16n << 20n, 1n << 30n, 16n << 30n];
const IDMAP_BUILD = 'gcc12c-rfc';

interface CompareOptions {
  slots?: string;
  sites?: boolean;
  json?: boolean;
}

export function registerCompare(program: Command): void {
  program
    .command('compare')
    .description('replay a capture and say what the variants of the internal-VM patch add to a fault')
    .argument('[trace]', 'tracefs or trace-cmd text, plain or gzip; default: the bundled capture')
    .option('--slots <file>', 'memory slots of the capture')
    .option('--sites', 'print every branch site: condition, hint, and taken or not in the compiled layout')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  stage2 compare trace.txt.gz --slots trace.memslots.json')
    .action((trace: string | undefined, options: CompareOptions) =>
      finish(options.json ?? false, () => compare(trace, options)),
    );
}

async function compare(trace: string | undefined, options: CompareOptions): Promise<CommandResult> {
  const { slots } = options;
  if ((trace === undefined) !== (slots === undefined)) {
    throw new CliError(
      trace === undefined ? '--slots without a trace' : `${trace}: its --slots file is missing`,
    );
  }
  const files = trace === undefined || slots === undefined ? BUNDLED_CAPTURE : { trace, slots };
  const replayed = await replayFiles(files, { variant: 'rfc' });
  if (replayed.faults.taken === 0) {
    throw new CliError(`${files.trace}: no guest fault that v4.13 takes, expected some to compare`);
  }
  const sites = await loadSites();
  const configs = await Promise.all(CONFIGS.map((config) => loadConfig(config, sites)));
  const builds = configs.flatMap(({ base, variants }) => [base, ...variants]);
  const model = await loadCostModel(builds);
  const machine = await loadMachineData();
  const comparison = compareBuilds(replayed.faults.paths, configs, model, sites);
  const siteRows = siteStatistics(sites, replayed.faults.sites);
  const report: CompareReport = {
    capture: captureOf(replayed),
    comparison,
    idmap: { config: IDMAP_BUILD, prices: idmapPrices(builds, model, machine.idmap) },
    clocks: Object.fromEntries(machine.clocks),
    annotated: annotatedBranches(siteRows, sites),
    sites: siteRows,
    verdict: verdictOf(comparison),
    notModelled: NOT_MODELLED,
  };
  const text = options.sites ? sitesText(siteRows, comparison) : compareText(report);
  return { text, json: { format: 'stage2-compare/1', ...report }, exit: Exit.OK };
}

async function loadConfig(config: string, sites: SiteTable): Promise<CompareConfig> {
  const [base, ...variants] = await Promise.all(
    ['base', ...VARIANTS].map((v) => loadBuild(`${config}-${v}`, sites)),
  );
  return { id: config, base: base as Build, variants };
}

function idmapPrices(
  builds: readonly Build[],
  model: Parameters<typeof priceIdmap>[2],
  estimates: Parameters<typeof priceIdmap>[3],
): IdmapPrice[] {
  const build = builds.find(({ id }) => id === IDMAP_BUILD) as Build;
  return IDMAP_BYTES.map((size) => priceIdmap(runIdmap(size), build, model, estimates));
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
