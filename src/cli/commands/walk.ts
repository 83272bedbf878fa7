import type { Command } from 'commander';
import { ACCESS_KINDS, type AccessKind } from '../../arm/access.js';
import { parseHex } from '../../arm/parse.js';
import { geometryLine } from '../../report/ptdump-header.js';
import { type WalkReport, walkReport, walkText } from '../../report/walk.js';
import { checkText } from '../../report/walk-check.js';
import { checkMappings } from '../../walk/check.js';
import { tableLeaves } from '../../walk/leaves.js';
import type { Translator } from '../../walk/translator.js';
import { tableTree } from '../../walk/tree.js';
import { CliError, Exit, unknownValue } from '../errors.js';
import { type CommandResult, finish } from '../output.js';
import { type LoadedTables, loadTables, namingFile, tablesSummary } from '../tables.js';

interface Options {
  tables?: string;
  access?: string;
  el?: string;
  check?: boolean;
  json?: boolean;
}

interface Access {
  access: AccessKind;
  el: 0 | 1;
}

/** Differences that a check shows in full. */
const SHOWN = 5;

export function registerWalk(program: Command): void {
  program
    .command('walk')
    .description(
      'walk the stage-2 tables of a dump for an IPA, or check the walk against the mappings of the dump',
    )
    .argument('[ipa...]', 'intermediate physical addresses, such as 0x4000_0000')
    .option('--tables <file>', 'table dump, JSON or gzip; - reads standard input')
    .option('--access <kind>', `what the guest does: ${ACCESS_KINDS.join(', ')} (default: read)`)
    .option('--el <level>', 'exception level of the access: 0 or 1 (default: 1)')
    .option('--check', 'walk every mapping the dump lists and the gaps between them; exit 1 on a difference')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample: stage2 walk --tables dump.json.gz --access write 0x4000_0000\nA fault is an answer: the exit code is 0.',
    )
    .action((ipas: string[], options: Options) =>
      finish('walk', options.json ?? false, () => walk(ipas, options)),
    );
}

async function walk(texts: readonly string[], options: Options): Promise<CommandResult<'walk'>> {
  const access = parseAccess(options);
  const ipas = texts.map((text) => parseHex(text, 'IPA'));
  checkUsage(ipas.length, options);
  const loaded = await loadTables(options.tables);
  return options.check ? checkDump(loaded) : walkAll(loaded, ipas, access);
}

function checkUsage(ipas: number, { access, check, el }: Options): void {
  if (!check && ipas === 0) throw new CliError('IPA: missing, expected at least one, or --check');
  if (!check) return;
  if (ipas > 0) throw new CliError('--check: takes no IPA, it walks those of the dump');
  const ignored = access !== undefined ? '--access' : el !== undefined ? '--el' : undefined;
  if (ignored !== undefined) throw new CliError(`${ignored}: not with --check, which tries every access`);
}

function parseAccess({ access = 'read', el = '1' }: Options): Access {
  const kind = ACCESS_KINDS.find((a) => a === access);
  if (kind === undefined) {
    throw unknownValue('--access', access, ACCESS_KINDS);
  }
  if (el !== '0' && el !== '1') throw new CliError(`--el: found "${el}", expected 0 or 1`);
  return { access: kind, el: el === '0' ? 0 : 1 };
}

function walkAll(loaded: LoadedTables, ipas: readonly bigint[], access: Access): CommandResult<'walk'> {
  const walks = ipas.map((ipa) => walkOne(loaded.translator, { ipa, ...access }));
  const summary = tablesSummary(loaded);
  const head = `${loaded.dump.name}: ${geometryLine(summary)}\n`;
  return {
    text: head + walks.map(walkText).join(''),
    json: { tables: loaded.dump.name, ...summary, walks },
    exit: Exit.OK,
  };
}

function walkOne(translator: Translator, request: Access & { ipa: bigint }): WalkReport {
  return walkReport(translator, request, translator.walk(request));
}

function checkDump(loaded: LoadedTables): CommandResult<'walk'> {
  const { dump, file, translator } = loaded;
  const report = namingFile(file, () => {
    tableTree(dump.tablePages, translator.regime);
    return checkMappings(translator, dump.mappings, tableLeaves(translator.machine, translator.regime));
  });
  const walkOf = (ipa: bigint): string => walkText(walkOne(translator, { ipa, access: 'read', el: 1 }));
  return {
    text: checkText(report, SHOWN, walkOf),
    json: { tables: dump.name, ...tablesSummary(loaded), check: report },
    exit: report.differences.length === 0 ? Exit.OK : Exit.EXPECTATION,
  };
}
