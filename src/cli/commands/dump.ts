import type { Command } from 'commander';
import { ptdumpText } from '../../report/ptdump.js';
import { headerText, type TablesCount } from '../../report/ptdump-header.js';
import { readTables } from '../../walk/read-tables.js';
import { tableTree } from '../../walk/tree.js';
import { Exit } from '../errors.js';
import { addExamples } from '../help.js';
import { countLeaves, leavesOf } from '../leaves.js';
import { type CommandResult, finish } from '../output.js';
import {
  addTablesOptions,
  type LoadedTables,
  loadTables,
  namingFile,
  type TablesOptions,
  tablesHead,
} from '../tables.js';

interface Options extends TablesOptions {
  json?: boolean;
}

export function registerDump(program: Command): void {
  const command = program
    .command('dump')
    .description('print the stage-2 tables of a dump in the manner of the kernel’s ptdump');
  addTablesOptions(command)
    .option('--json', 'print one JSON document with every leaf')
    .action((options: Options) => finish('dump', options.json ?? false, () => dump(options)));
  addExamples(command, [
    { line: 'stage2 dump --tables dump.json.gz', about: 'registers decoded, then a line a range' },
    {
      line: 'stage2 map 0x4000_0000:0x8000_0000:6M --json | stage2 dump --tables -',
      about: 'tables made on the spot, read from standard input',
    },
  ]);
}

async function dump(options: Options): Promise<CommandResult<'dump'>> {
  const loaded = await loadTables(options);
  const { file, translator } = loaded;
  const count = namingFile(file, () => ({ ...countTables(loaded), leaves: countLeaves(translator) }));
  const head = tablesHead(loaded);
  return {
    text: headerText(head, count) + ptdumpText(leavesOf(translator)),
    json: { ...head, count, leaves: leavesOf(translator) },
    exit: Exit.OK,
  };
}

/** Tables that a dump lists, or that memory holds. Throws for tables that link each other in a circle. */
function countTables({ dump, translator }: LoadedTables): Omit<TablesCount, 'leaves'> {
  const { machine, regime } = translator;
  if (dump !== undefined) return { held: dump.tablePages.length, ...tableTree(dump.tablePages, regime) };
  const { tables, reachable, missing } = readTables(machine, regime);
  return { held: tables.length, reachable, missing };
}
