import type { Command } from 'commander';
import type { VectorFile } from '../../conform/file.js';
import { parseVectors } from '../../conform/parse.js';
import { runVectors } from '../../conform/run.js';
import { conformText, mergeGroups, totalOf } from '../../report/conform.js';
import { readJson } from '../../trace/index.js';
import { outputStyle } from '../colour.js';
import { Exit } from '../errors.js';
import { addExamples } from '../help.js';
import { inputName, openInput } from '../io.js';
import { wholeNumber } from '../numbers.js';
import { type CommandResult, finish } from '../output.js';
import { eachWithProgress } from '../progress.js';

interface Options {
  first: number;
  json?: boolean;
}

const FIRST = 3;
const FIRST_MAX = 1e9;

export function registerConform(program: Command): void {
  const command = program
    .command('conform')
    .description(
      'run recorded translations (a64-s2-oracle/1, a64-s2-spec/1) and compare; exit 1 on a difference',
    )
    .argument('<file...>', 'recorded translations, JSON or gzip; - reads standard input')
    .option(
      '--first <n>',
      'differences that are shown in full',
      (text) => wholeNumber('--first', text, 0, FIRST_MAX),
      FIRST,
    )
    .option('--json', 'print one JSON document')
    .action((files: string[], options: Options) =>
      finish('conform', options.json ?? false, () => conform(files, options.first)),
    );
  addExamples(command, [
    {
      line: 'stage2 conform at_4k_n1.json.gz',
      about: 'recorded translations; exit 1 on a difference',
    },
    {
      line: 'stage2 conform --first 10 *.json.gz',
      about: 'with ten differences in full',
    },
  ]);
}

async function conform(paths: readonly string[], first: number): Promise<CommandResult<'conform'>> {
  let shown = 0;
  const results = await eachWithProgress('conform', paths, async (path) => {
    const result = runVectors(await load(path), first - shown);
    shown += result.differences.length;
    return result;
  });
  return {
    text: conformText(results, outputStyle()),
    json: { total: totalOf(results), files: results, kinds: mergeGroups(results) },
    exit: results.every(({ different }) => different === 0) ? Exit.OK : Exit.EXPECTATION,
  };
}

async function load(path: string): Promise<VectorFile> {
  const name = inputName(path);
  return parseVectors(await readJson(await openInput(path), name), name);
}
