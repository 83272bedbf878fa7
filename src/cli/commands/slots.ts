import { basename } from 'node:path';
import type { Command } from 'commander';
import { memslotsJson, readTrace, slotsOfTrace } from '../../trace/index.js';
import { CliError, Exit } from '../errors.js';
import { addExamples } from '../help.js';
import { openInput } from '../io.js';
import { toJson } from '../json.js';
import { type CommandResult, finish } from '../output.js';

interface Options {
  pageSize: string;
  backing: string;
  kernel: string;
  cpu: string;
  json?: boolean;
}

export function registerSlots(program: Command): void {
  const command = program
    .command('slots')
    .description('make the slots file of a trace that has the kvm_memslot probe (docs/traces.md)')
    .argument('<trace>', 'tracefs or trace-cmd report text, plain or gzip; - reads standard input')
    .option('--page-size <bytes>', 'page size of the host: 4096, 16384 or 65536', '4096')
    .option(
      '--backing <text>',
      'what is behind the slots: anon-4k, anon-thp, hugetlb-2m, file or another text',
      'unknown',
    )
    .option('--kernel <text>', 'the kernel of the host, as reports are to call it', 'unknown kernel')
    .option('--cpu <text>', 'its cpu, likewise', 'unknown CPU')
    .option('--json', 'the slots file is JSON in any case; errors too')
    .action((trace: string, options: Options) =>
      finish('slots', options.json ?? false, () => slots(trace, options)),
    );
  addExamples(command, [
    {
      line: 'stage2 slots trace.txt.gz > trace.memslots.json',
      about: 'the slots file of a trace, for replay and compare',
    },
    {
      line: 'stage2 slots trace.txt.gz --backing anon-4k --kernel Linux-6.1 --cpu Neoverse-N1',
      about: 'with what the trace does not say',
    },
  ]);
}

async function slots(trace: string, options: Options): Promise<CommandResult<'slots'>> {
  const { pageSize, backing, kernel, cpu } = options;
  const hostPageSize = [4096, 16384, 65536].find((size) => String(size) === pageSize);
  if (hostPageSize === undefined) {
    throw new CliError(`--page-size: found "${pageSize}", expected 4096, 16384 or 65536`);
  }
  const events = readTrace(await openInput(trace), trace);
  const found = await slotsOfTrace(events, trace, { hostPageSize, backing });
  const json = memslotsJson({ ...found, trace: basename(trace), kernel, cpu });
  return { text: `${toJson(json)}\n`, json, exit: Exit.OK };
}
