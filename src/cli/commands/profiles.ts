import type { Command } from 'commander';
import { CONFIDENCES, type Confidence, type CoreProfile, estimatedSystemText } from '../../cost/index.js';
import { type ProfileReport, type ProfileSummary, profilesText, profileText } from '../../report/profiles.js';
import { loadProfiles } from '../data.js';
import { Exit, unknownValue } from '../errors.js';
import { addExamples } from '../help.js';
import { type CommandResult, finish } from '../output.js';

interface Options {
  profile?: string;
  json?: boolean;
}

export function registerProfiles(program: Command): void {
  const command = program
    .command('profiles')
    .description('list the cores, or the values of one core with range, confidence and source')
    .argument('[core]', 'a core of the list')
    .option(
      '--profile <file>',
      'cores of a profile file (stage2-profiles/1), JSON or gzip, besides the package’s',
    )
    .option('--json', 'print one JSON document')
    .action((core: string | undefined, options: Options) =>
      finish('profiles', options.json ?? false, () => profiles(core, options)),
    );
  addExamples(command, [
    {
      line: 'stage2 profiles',
      about: 'the cores, and how well their values are known',
    },
    {
      line: 'stage2 profiles neoverse-n1',
      about: 'every value of one, with range and source',
    },
  ]);
}

async function profiles(
  core: string | undefined,
  { profile: path }: Options,
): Promise<CommandResult<'profiles'>> {
  const known = await loadProfiles(path);
  if (core === undefined) {
    const cores = [...known.values()].map(summaryOf);
    return { text: profilesText(cores), json: { cores }, exit: Exit.OK };
  }
  const profile = known.get(core);
  if (profile === undefined) {
    throw unknownValue('core', core, [...known.keys()]);
  }
  const report = reportOf(profile);
  return { text: profileText(report), json: report, exit: Exit.OK };
}

function summaryOf(profile: CoreProfile): ProfileSummary {
  const { name, inOrder, clock, issue, leaves } = profile;
  const estimatedSystem = estimatedSystemText(profile);
  const count = (conf: Confidence) => [...leaves.values()].filter((leaf) => leaf.conf === conf).length;
  return {
    core: name,
    order: inOrder ? 'in order' : 'out of order',
    clockGhz: clock.v,
    values: Object.fromEntries(CONFIDENCES.map((conf) => [conf, count(conf)])) as ProfileSummary['values'],
    issueModel: issue.model.v,
    ...(estimatedSystem === undefined ? {} : { estimatedSystem }),
  };
}

function reportOf(profile: CoreProfile): ProfileReport {
  return {
    ...summaryOf(profile),
    fields: [...profile.leaves].map(([field, leaf]) => ({ field, ...leaf })),
  };
}
