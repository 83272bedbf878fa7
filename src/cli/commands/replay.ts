import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Variant } from '../../kvm/index.js';
import { replayDocument, replayText } from '../../report/replay.js';
import { type ExpectedDump, type ReplayResult, replayTrace } from '../../scenario/replay/index.js';
import { LineTally, readDump, readMemslots, readTraceBatches } from '../../trace/index.js';
import { CliError, Exit } from '../errors.js';
import { dataPath, openInput } from '../io.js';
import { type CommandResult, finish } from '../output.js';
import { lineProgress } from '../progress.js';

interface Options {
  slots?: string;
  expectTables: string[];
  variant: string;
  keepGoing?: boolean;
  json?: boolean;
}

export function registerReplay(program: Command): void {
  program
    .command('replay')
    .description('replay a captured KVM trace: its tables as the kernel built them, its faults through v4.13')
    .argument('<trace>', 'tracefs or trace-cmd report text, plain or gzip; - reads standard input')
    .option('--slots <file>', 'memory slots of the capture (memslots.json), JSON or gzip')
    .option(
      '--expect-tables <file>',
      'table dump to compare with at its line; may be repeated; exit 1 on a difference',
      (file: string, files: string[]) => [...files, file],
      [],
    )
    .option('--variant <id>', 'form of the patch in the emulated kernel', 'rfc')
    .option('--keep-going', 'count damaged lines instead of stopping at the first one')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample: stage2 replay trace.txt.gz --slots trace.memslots.json --expect-tables dump.json.gz',
    )
    .action((trace: string, options: Options) => finish(options.json ?? false, () => replay(trace, options)));
}

async function replay(path: string, options: Options): Promise<CommandResult> {
  if (options.slots === undefined) {
    throw new CliError('--slots: missing, expected the memory slots of the capture');
  }
  const variant = await loadVariant(options.variant);
  const slots = await readMemslots(await openInput(options.slots), options.slots);
  const dumps = await loadDumps(options.expectTables);
  const traceName = path === '-' ? 'standard input' : path;
  const tally = new LineTally();
  const progress = lineProgress(process.stderr, traceName);
  const names = { traceName, slotsName: options.slots };
  const batches = readTraceBatches(await openInput(path), traceName, tally);
  const rest = { keepGoing: options.keepGoing ?? false, onProgress: progress.reach };
  try {
    const result = await replayTrace(batches, slots, { ...names, variant, dumps, tally, ...rest });
    return { text: replayText(result), json: replayDocument(result), exit: exitOf(result) };
  } finally {
    progress.end();
  }
}

async function loadDumps(files: readonly string[]): Promise<ExpectedDump[]> {
  const dumps: ExpectedDump[] = [];
  for (const file of files) dumps.push({ file, dump: await readDump(await openInput(file), file) });
  return dumps;
}

/** The form of the patch that src/data/variants.json calls `id`. */
async function loadVariant(id: string): Promise<Variant> {
  const data = JSON.parse(await readFile(dataPath('variants.json'), 'utf8')) as { variants: Variant[] };
  const variant = data.variants.find((each) => each.id === id);
  if (variant !== undefined) return variant;
  const known = data.variants.map((each) => each.id).join(', ');
  throw new CliError(`--variant: found "${id}", expected one of ${known}`);
}

function exitOf({ tables }: ReplayResult): Exit {
  const differs = tables?.comparisons.some((c) => c.missing + c.extra + c.different > 0) ?? false;
  return differs ? Exit.EXPECTATION : Exit.OK;
}
