import { type Command, Option } from 'commander';
import { replayDocument, replayText } from '../../report/replay.js';
import type { ExpectedDump, ReplayResult } from '../../scenario/replay/index.js';
import { readDump } from '../../trace/index.js';
import { Exit } from '../errors.js';
import { addExamples } from '../help.js';
import { openInput } from '../io.js';
import { type CommandResult, finish } from '../output.js';
import { captureFiles, replayFiles } from '../replay-files.js';

interface Options {
  slots?: string;
  expectTables: string[];
  variant: string;
  keepGoing?: boolean;
  json?: boolean;
}

export function registerReplay(program: Command): void {
  const expected = new Option(
    '--expect-tables <file>',
    'table dump to compare with at its line; may be repeated; exit 1 on a difference',
  )
    .argParser((file: string, files: string[]) => [...files, file])
    .default([], 'none');
  const command = program
    .command('replay')
    .description('replay a captured KVM trace: its tables as the kernel built them, its faults through v4.13')
    .argument('<trace>', 'tracefs or trace-cmd report text, plain or gzip; - reads standard input')
    .option('--slots <file>', 'memory slots of the capture; default: NAME.memslots.json beside NAME.txt.gz')
    .addOption(expected)
    .option('--variant <id>', 'form of the patch in the emulated kernel', 'rfc')
    .option('--keep-going', 'count damaged lines instead of stopping at the first one')
    .option('--json', 'print one JSON document')
    .action((trace: string, options: Options) =>
      finish('replay', options.json ?? false, () => replay(trace, options)),
    );
  addExamples(command, [
    {
      line: 'stage2 replay trace.txt.gz --slots trace.memslots.json',
      about: 'what v4.13 does with every guest fault',
    },
    {
      line: 'stage2 replay trace.txt.gz --slots trace.memslots.json --expect-tables dump.json.gz',
      about: 'and whether its tables are the captured kernel’s: exit 1 on a difference',
    },
    {
      line: 'trace-cmd report | stage2 replay - --slots trace.memslots.json --keep-going',
      about: 'from standard input, damaged lines counted',
    },
  ]);
}

async function replay(trace: string, options: Options): Promise<CommandResult<'replay'>> {
  const { variant, keepGoing = false } = options;
  const files = captureFiles(trace, options);
  const dumps = await loadDumps(options.expectTables);
  const result = await replayFiles(files, { variant, dumps, keepGoing });
  return { text: replayText(result), json: replayDocument(result), exit: exitOf(result) };
}

async function loadDumps(files: readonly string[]): Promise<ExpectedDump[]> {
  const dumps: ExpectedDump[] = [];
  for (const file of files) dumps.push({ file, dump: await readDump(await openInput(file), file) });
  return dumps;
}

function exitOf({ tables }: ReplayResult): Exit {
  const differs = tables?.comparisons.some((c) => c.missing + c.extra + c.different > 0) ?? false;
  return differs ? Exit.EXPECTATION : Exit.OK;
}
