import type { Command } from 'commander';
import { descriptorAddress, descriptorKind, entryPlace, levelShift } from '../../arm/descriptor.js';
import { leafAttributes } from '../../arm/leaf.js';
import { type DumpLeaf, ptdumpText } from '../../report/ptdump.js';
import { headerText } from '../../report/ptdump-header.js';
import { type TableLeaf, tableLeaves } from '../../walk/leaves.js';
import type { Translator } from '../../walk/translator.js';
import { tableTree } from '../../walk/tree.js';
import { Exit } from '../errors.js';
import { type CommandResult, finish } from '../output.js';
import { loadTables, namingFile, tablesSummary } from '../tables.js';

interface Options {
  tables?: string;
  json?: boolean;
}

export function registerDump(program: Command): void {
  program
    .command('dump')
    .description('print the stage-2 tables of a dump in the manner of the kernel’s ptdump')
    .option('--tables <file>', 'table dump, JSON or gzip; - reads standard input')
    .option('--json', 'print one JSON document with every leaf')
    .action((options: Options) => finish('dump', options.json ?? false, () => dump(options)));
}

async function dump(options: Options): Promise<CommandResult<'dump'>> {
  const loaded = await loadTables(options.tables);
  const { dump: source, file, translator } = loaded;
  const { tree, leaves } = namingFile(file, () => ({
    tree: tableTree(source.tablePages, translator.regime),
    leaves: [...tableLeaves(translator.machine, translator.regime)].map((leaf) =>
      toDumpLeaf(translator, leaf),
    ),
  }));
  const count = { held: source.tablePages.length, ...tree, leaves: leaves.length };
  const summary = tablesSummary(loaded);
  return {
    text: headerText(summary, count) + ptdumpText(leaves),
    json: { tables: source.name, ...summary, count, leaves },
    exit: Exit.OK,
  };
}

function toDumpLeaf(translator: Translator, { ipa, desc, level }: TableLeaf): DumpLeaf {
  const place = entryPlace(translator.regime, level);
  const kind = descriptorKind(desc, place);
  return {
    ipa,
    pa: descriptorAddress(desc, place),
    level,
    size: 1n << BigInt(levelShift(place.granuleShift, level)),
    desc,
    kind: kind === 'block' || kind === 'page' ? kind : 'reserved',
    attributes: leafAttributes(desc, translator.attributeContext),
  };
}
