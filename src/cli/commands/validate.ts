import type { Command } from 'commander';
import { validateText, validationDocument } from '../../report/validate.js';
import { EXPERIMENT_NAMES, parseTargets, runTarget } from '../../scenario/experiment/index.js';
import { readJson } from '../../trace/index.js';
import { loadBench } from '../bench.js';
import { outputStyle } from '../colour.js';
import { readData } from '../data.js';
import { Exit } from '../errors.js';
import { addExamples } from '../help.js';
import { inputName, openInput } from '../io.js';
import { type CommandResult, finish } from '../output.js';
import { eachWithProgress } from '../progress.js';

interface Options {
  targets?: string;
  profile?: string;
  json?: boolean;
}

export function registerValidate(program: Command): void {
  const command = program
    .command('validate')
    .description(
      'run the experiments behind published measurements on the model and compare; exit 1 on a miss',
    )
    .option(
      '--targets <file>',
      'rows to run (stage2-targets/1), JSON or gzip; default: those of this package',
    )
    .option('--profile <file>', 'cores of a profile file (stage2-profiles/1) besides the package’s')
    .option('--json', 'print one JSON document (stage2-validation/1)')
    .action((options: Options) => finish('validate', options.json ?? false, () => validate(options)));
  addExamples(command, [
    {
      line: 'stage2 validate',
      about: 'every published measurement of the package',
    },
    {
      line: 'stage2 validate --targets mine.json --profile mine-cores.json',
      about: 'rows and cores of your own',
    },
  ]);
}

async function validate({ targets: path, profile }: Options): Promise<CommandResult<'validate'>> {
  const { value, file } = await readTargets(path);
  const targets = parseTargets(value, file, EXPERIMENT_NAMES);
  const allBuilds = targets.some(({ experiment }) => experiment === 'instructions');
  const bench = await loadBench({ profiles: profile, allBuilds });
  const rows = await eachWithProgress('validate', targets, (row) => runTarget(row, bench));
  return {
    text: validateText(rows, outputStyle()),
    json: validationDocument(file, rows),
    exit: rows.every(({ inside }) => inside) ? Exit.OK : Exit.EXPECTATION,
  };
}

async function readTargets(path: string | undefined): Promise<{ value: unknown; file: string }> {
  if (path === undefined) return readData('targets.json');
  const file = inputName(path);
  return { value: await readJson(await openInput(path), file), file };
}
