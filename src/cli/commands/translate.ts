import type { Command } from 'commander';
import { TranslationLines } from '../../report/translate.js';
import { type TranslationReport, translationReport } from '../../report/walk.js';
import type { Translator } from '../../walk/index.js';
import { type AccessOptions, accessTo, addAccessOptions, contextOf, requestOf } from '../access.js';
import { readAddresses } from '../addresses.js';
import { outputStyle } from '../colour.js';
import { CliError, Exit } from '../errors.js';
import { addExamples } from '../help.js';
import { type CommandResult, finish } from '../output.js';
import { addTablesOptions, loadTables, type TablesOptions, tablesHead } from '../tables.js';

interface Options extends TablesOptions, AccessOptions {
  json?: boolean;
}

export function registerTranslate(program: Command): void {
  const command = program
    .command('translate')
    .description(
      'translate addresses, a line each: the PA with its attributes, or the fault with its registers',
    )
    .argument('<address...>', 'IPAs, or VAs with --va; - reads them from standard input');
  addAccessOptions(addTablesOptions(command))
    .option('--json', 'print one JSON document')
    .action((addresses: string[], options: Options) =>
      finish('translate', options.json ?? false, () => translate(addresses, options)),
    );
  addExamples(command, [
    {
      line: 'stage2 translate --tables dump.json.gz --access write 0x4000_0000 0x9000_0000',
      about: 'two writes; what faults shows ESR, FAR and HPFAR (exit 0)',
    },
    {
      line: 'cut -d " " -f 3 faults.txt | stage2 translate --tables dump.json.gz -',
      about: 'as many addresses as there are, answered as they come',
    },
    {
      line: 'stage2 translate --memory ram.bin@0x8000_0000 --reg VTCR_EL2=0x8002_3558,VTTBR_EL2=0x8000_0000 --cpu neoverse-n1 0x1000',
      about: 'tables in a piece of memory, under these registers, on that CPU',
    },
    {
      line: 'stage2 translate --va --memory guest.bin@0x8800_0000 --tables dump.json.gz --reg SCTLR_EL1=0x1005,TCR_EL1=0x19,TTBR0_EL1=0x4000_0000,MAIR_EL1=0xff 0x1234',
      about: 'a VA through stage 1, whose tables are in the memory of the guest, and stage 2',
    },
  ]);
}

async function translate(texts: readonly string[], options: Options): Promise<CommandResult<'translate'>> {
  checkInputs(texts, options);
  const { translator, ...tables } = await loadTables(options);
  const batches = readAddresses(texts, options.va ? 'VA' : 'IPA');
  const text = linesOf(batches, translator, options);
  if (!options.json) return { text, exit: Exit.OK };
  const addresses: bigint[] = [];
  for await (const batch of batches) for (const address of batch) addresses.push(address);
  const results = reportsOf(addresses, translator, options);
  return { text, json: { ...tablesHead({ translator, ...tables }), results }, exit: Exit.OK };
}

/** Standard input can be read once. */
function checkInputs(texts: readonly string[], { tables, memory }: Options): void {
  const files = [tables, ...memory.map((text) => text.slice(0, text.lastIndexOf('@')))];
  const readers = [...texts, ...files].filter((each) => each === '-').length;
  if (readers > 1) throw new CliError(`-: found ${readers} times, expected standard input to be read once`);
}

async function* linesOf(
  batches: AsyncIterable<bigint[]>,
  translator: Translator,
  options: AccessOptions,
): AsyncGenerator<string> {
  const writer = new TranslationLines(contextOf(translator, accessTo(0n, options)), outputStyle());
  for await (const batch of batches) {
    let lines = '';
    for (const address of batch) {
      const access = accessTo(address, options);
      lines += `${writer.line(access, translator.translate(requestOf(access)))}\n`;
    }
    yield lines;
  }
}

function* reportsOf(
  addresses: readonly bigint[],
  translator: Translator,
  options: AccessOptions,
): Generator<TranslationReport> {
  const ofIpas = options.va ? undefined : contextOf(translator, accessTo(0n, options));
  for (const address of addresses) {
    const access = accessTo(address, options);
    const context = ofIpas ?? contextOf(translator, access);
    yield translationReport(context, access, translator.translate(requestOf(access)));
  }
}
