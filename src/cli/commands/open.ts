import { basename } from 'node:path';
import type { Command } from 'commander';
import { parseMemslots, parseTables } from '../../trace/index.js';
import { openInBrowser } from '../browser.js';
import { CliError, Exit } from '../errors.js';
import { addExamples } from '../help.js';
import { inputName, packagePath, readWhole } from '../io.js';
import { type CommandResult, finish } from '../output.js';
import { type PageFile, pageWith, writePage } from '../page.js';
import { captureFiles } from '../replay-files.js';

interface Options {
  slots?: string;
  output?: string;
  browser: boolean;
  json?: boolean;
}

export function registerOpen(program: Command): void {
  const command = program
    .command('open')
    .description('open the page with a table dump or a trace in it, in a browser if there is a display')
    .argument(
      '[file]',
      'table dump, or trace, plain or gzip; - reads standard input; default: the page alone',
    )
    .option('--slots <file>', 'memory slots of a trace; default: NAME.memslots.json beside NAME.txt.gz')
    .option('--output <file>', 'where to write the page, which then is one file that works anywhere')
    .option('--no-browser', 'print where the page is and start nothing')
    .option('--json', 'print one JSON document')
    .action((file: string | undefined, options: Options) =>
      finish('open', options.json ?? false, () => open(file, options)),
    );
  addExamples(command, [
    { line: 'stage2 open dump.json.gz', about: 'the tables in the explorer' },
    { line: 'stage2 open trace.txt.gz --slots trace.memslots.json', about: 'the faults of a capture' },
    { line: 'stage2 open dump.json.gz --output tables.html', about: 'a page to send to somebody' },
  ]);
}

async function open(file: string | undefined, options: Options): Promise<CommandResult<'open'>> {
  const files = file === undefined ? [] : await filesOf(file, options);
  if (file === undefined && options.slots !== undefined) throw new CliError('--slots without a trace');
  const html = await pageWith(packagePath('dist/web/stage2.html'), files);
  const path = await writePage(html, files[0]?.name ?? 'stage2', options.output);
  const started = options.browser && options.output === undefined && (await openInBrowser(path));
  return {
    text: `${path}\n`,
    json: { page: path, files: files.map(({ kind, name }) => ({ kind, name })), started },
    exit: Exit.OK,
  };
}

const BYTES_MAX = 2 ** 28;

/** The files that the page is to have, checked as far as they are small. */
async function filesOf(path: string, { slots }: Options): Promise<PageFile[]> {
  const first = await readFileOf(path);
  if (first.isJson) {
    if (slots !== undefined) throw new CliError(`--slots: not with ${first.name}, which is a table dump`);
    parseTables(first.text(), first.name);
    return [{ kind: 'dump', name: basename(first.name), bytes: first.bytes }];
  }
  const names = captureFiles(path, slots === undefined ? {} : { slots });
  const second = await readFileOf(names.slots);
  parseMemslots(second.text(), second.name);
  return [
    { kind: 'trace', name: basename(first.name), bytes: first.bytes },
    { kind: 'slots', name: basename(second.name), bytes: second.bytes },
  ];
}

/** A file, unpacked. A table dump is told from a trace by its first character. */
async function readFileOf(path: string) {
  const name = inputName(path);
  const bytes = await readWhole(path, BYTES_MAX, 'a file for a page');
  return {
    name,
    bytes,
    isJson: /^\s*\{/.test(bytes.toString('utf8', 0, 64)),
    text: () => new TextDecoder().decode(bytes),
  };
}
