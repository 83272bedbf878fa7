import type { Command } from 'commander';
import { parseHex } from '../../arm/parse.js';
import { checkMappings } from '../../conform/mappings.js';
import { geometryLine } from '../../report/ptdump-header.js';
import { type WalkReport, walkReport } from '../../report/walk.js';
import { checkText } from '../../report/walk-check.js';
import { walkText } from '../../report/walk-text.js';
import { tableLeaves } from '../../walk/leaves.js';
import { tableTree } from '../../walk/tree.js';
import { type AccessOptions, accessTo, addAccessOptions, contextOf, requestOf } from '../access.js';
import { outputStyle } from '../colour.js';
import { CliError, Exit } from '../errors.js';
import { addExamples } from '../help.js';
import { type CommandResult, finish } from '../output.js';
import {
  addTablesOptions,
  type LoadedTables,
  loadTables,
  namingFile,
  type TablesOptions,
  tablesHead,
} from '../tables.js';

interface Options extends TablesOptions, AccessOptions {
  check?: boolean;
  fields?: boolean;
  json?: boolean;
}

/** Differences that a check shows in full. */
const SHOWN = 5;

export function registerWalk(program: Command): void {
  const command = program
    .command('walk')
    .description('walk tables for an address and show each level, or check a dump against its own mappings')
    .argument('[address...]', 'IPAs, or VAs with --va, such as 0x4000_0000');
  addAccessOptions(addTablesOptions(command))
    .option('--fields', 'show every descriptor field by field, not only the one that faults')
    .option('--check', 'walk every mapping the dump lists and the gaps between them; exit 1 on a difference')
    .option('--json', 'print one JSON document')
    .action((addresses: string[], options: Options) =>
      finish('walk', options.json ?? false, () => walk(addresses, options)),
    );
  addExamples(command, [
    { line: 'stage2 walk --tables dump.json.gz 0x4000_0000', about: 'each level, the leaf and the PA' },
    {
      line: 'stage2 walk --tables dump.json.gz --access write --el 0 0x4000_0000',
      about: 'a write of EL0: a fault shows why the walk stopped, and ESR, FAR and HPFAR (exit 0)',
    },
    { line: 'stage2 walk --tables dump.json.gz --check', about: 'every mapping and every gap of the dump' },
    {
      line: 'stage2 walk --memory ram.bin@0x8000_0000 --reg VTCR_EL2=0x8002_3558,VTTBR_EL2=0x8000_0000 0x1000',
      about: 'tables in a piece of memory',
    },
    {
      line: 'stage2 map 0x4000_0000:0x8000_0000:2M --json | stage2 walk --tables - 0x4000_0000',
      about: 'tables made on the spot',
    },
  ]);
}

async function walk(texts: readonly string[], options: Options): Promise<CommandResult<'walk'>> {
  const addresses = texts.map((text) => parseHex(text, options.va ? 'VA' : 'IPA'));
  checkUsage(addresses.length, options);
  const loaded = await loadTables(options);
  return options.check ? checkDump(loaded) : walkAll(loaded, addresses, options);
}

function checkUsage(addresses: number, { access, check, el, va }: Options): void {
  if (!check && addresses === 0)
    throw new CliError(`${va ? 'VA' : 'IPA'}: missing, expected at least one, or --check`);
  if (!check) return;
  if (addresses > 0) throw new CliError('--check: takes no IPA, it walks those of the dump');
  const ignored = access !== undefined ? '--access' : el !== undefined ? '--el' : undefined;
  if (ignored !== undefined) throw new CliError(`${ignored}: not with --check, which tries every access`);
  if (va) throw new CliError('--va: not with --check, which walks the IPAs of the dump');
}

function walkAll(
  loaded: LoadedTables,
  addresses: readonly bigint[],
  options: Options,
): CommandResult<'walk'> {
  const walks = addresses.map((address) => walkOne(loaded, address, options));
  const head = tablesHead(loaded);
  const { fields = false } = options;
  const style = outputStyle();
  const lines = walks.map((each) => walkText(each, { fields, style }));
  return {
    text: `${loaded.name}: ${geometryLine(head)}\n${lines.join('')}`,
    json: { ...head, walks },
    exit: Exit.OK,
  };
}

function walkOne({ translator }: LoadedTables, address: bigint, options: AccessOptions): WalkReport {
  const access = accessTo(address, options);
  return walkReport(contextOf(translator, access), access, translator.walk(requestOf(access)));
}

function checkDump(loaded: LoadedTables): CommandResult<'walk'> {
  const { dump, file, translator } = loaded;
  if (dump?.mappings === undefined)
    throw new CliError('--check: expected --tables with a dump that lists its mappings');
  const { tablePages, mappings } = dump;
  const report = namingFile(file, () => {
    tableTree(tablePages, translator.regime);
    return checkMappings(translator, mappings, tableLeaves(translator.machine, translator.regime));
  });
  const style = outputStyle();
  const walkOf = (ipa: bigint): string => walkText(walkOne(loaded, ipa, {}), { style });
  return {
    text: checkText(report, SHOWN, walkOf, style),
    json: { ...tablesHead(loaded), check: report },
    exit: report.differences.length === 0 ? Exit.OK : Exit.EXPECTATION,
  };
}
