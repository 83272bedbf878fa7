import { readdir } from 'node:fs/promises';
import type { Command } from 'commander';
import { type Build, type PathFile, parseBuild, parsePaths } from '../../cost/index.js';
import { tallyBuild, verifyBuildText } from '../../report/verify-build.js';
import { checkOf, parseChecks } from '../../scenario/check.js';
import { verifyPaths } from '../../scenario/verify.js';
import { readJson } from '../../trace/index.js';
import { outputStyle } from '../colour.js';
import { packageData, readData } from '../data.js';
import { CliError, Exit } from '../errors.js';
import { addExamples } from '../help.js';
import { dataPath, openInput } from '../io.js';
import { type CommandResult, finish } from '../output.js';
import { eachWithProgress } from '../progress.js';

interface Options {
  paths?: string;
  json?: boolean;
}

export function registerVerifyBuild(program: Command): void {
  const command = program
    .command('verify-build')
    .description('run the scenarios a build file records in the emulator and compare what comes of them')
    .argument('[file...]', 'build files (stage2-build/1), JSON or gzip; default: those of this package')
    .option('--paths <file>', 'scenarios of a stage2-paths/1 file in place of those of the one build given')
    .option('--json', 'print one JSON document with every build and scenario')
    .action((files: string[], options: Options) =>
      finish('verify-build', options.json ?? false, () => verify(files, options)),
    );
  addExamples(command, [
    {
      line: 'stage2 verify-build',
      about: 'the builds of the package',
    },
    {
      line: 'stage2 verify-build mine.json.gz',
      about: 'a build of your own',
    },
    {
      line: 'stage2 verify-build gcc12c-base.json --paths further.json',
      about: 'further scenarios of it',
    },
  ]);
}

async function verify(files: readonly string[], { paths }: Options): Promise<CommandResult<'verify-build'>> {
  if (paths !== undefined && files.length !== 1) {
    throw new CliError(`--paths: found ${files.length} build files, expected the one they were recorded on`);
  }
  const further = paths === undefined ? undefined : await loadPaths(paths);
  const checks = await loadChecks();
  const verified = await eachWithProgress('verify-build', await loadBuilds(files), (build) => {
    const check = checks.get(build.variant) ?? checkOf(build);
    const scenarios = further?.paths ?? build.paths;
    return {
      build: build.id,
      recordedOn: further?.build,
      results: verifyPaths(build, scenarios.values(), check, paths),
    };
  });
  const results = verified.flatMap((each) => each.results);
  return {
    text: verifyBuildText(verified, outputStyle()),
    json: { builds: verified.map(tallyBuild), results },
    exit: results.every(({ equal }) => equal) ? Exit.OK : Exit.EXPECTATION,
  };
}

async function loadBuilds(files: readonly string[]): Promise<Build[]> {
  const builds: Build[] = [];
  for (const file of files.length > 0 ? files : await packagedBuilds()) {
    builds.push(parseBuild(await readJson(await openInput(file), file), file, packageData.sites));
  }
  return builds;
}

async function packagedBuilds(): Promise<string[]> {
  const names = await readdir(dataPath('builds'));
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => dataPath(`builds/${name}`));
}

async function loadPaths(file: string): Promise<PathFile> {
  return parsePaths(await readJson(await openInput(file), file), file);
}

async function loadChecks(): Promise<ReturnType<typeof parseChecks>> {
  const { value, file } = readData('variants.json');
  return parseChecks(value, file);
}
