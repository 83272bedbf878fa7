import { Argument, type Command } from 'commander';
import { REGION_POLICIES } from '../../scenario/efi-comparison.js';
import { IDMAP_POLICIES } from '../../scenario/idmap-policy.js';
import { CONFIGS } from '../compare-options.js';
import { type CompletionValues, completionScript, SHELLS, type Shell } from '../completion.js';
import { loadProfiles, packageData, readData } from '../data.js';
import { Exit, unknownValue } from '../errors.js';
import { addExamples } from '../help.js';
import { SCENARIOS } from '../idmap-options.js';
import { type CommandResult, finish } from '../output.js';
import { createProgram } from '../program.js';
import { allCommands } from './index.js';

export function registerCompletion(program: Command): void {
  const shell = new Argument('<shell>', 'shell to print it for').choices(SHELLS).argParser(shellOf);
  const command = program
    .command('completion')
    .description('print what completes the commands, options and values of stage2 in a shell')
    .addArgument(shell)
    .option('--json', 'print one JSON document')
    .action((name: Shell, { json }: { json?: boolean }) =>
      finish('completion', json ?? false, () => completion(name)),
    );
  addExamples(command, [
    { line: 'source <(stage2 completion bash)', about: 'in ~/.bashrc; zsh: the same in ~/.zshrc' },
    { line: 'stage2 completion fish > ~/.config/fish/completions/stage2.fish', about: 'for fish' },
  ]);
}

function shellOf(text: string): Shell {
  const shell = SHELLS.find((each) => each === text);
  if (shell === undefined) throw unknownValue('shell', text, SHELLS);
  return shell;
}

async function completion(shell: Shell): Promise<CommandResult<'completion'>> {
  const script = completionScript(shell, createProgram(await allCommands()), await values());
  return { text: script, json: { shell, script }, exit: Exit.OK };
}

/** Values that an option or argument checks itself. */
async function values(): Promise<CompletionValues> {
  const cores = [...(await loadProfiles()).keys()];
  const { variants } = readData('variants.json').value as { variants: { id: string }[] };
  return {
    core: cores,
    '--core': cores,
    '--variant': variants.map(({ id }) => id),
    '--config': CONFIGS,
    '--kernel': ['nvhe', 'vhe', ...packageData.kernels.kernels.keys()],
    '--state': ['cold', 'warm'],
    '--policy': IDMAP_POLICIES,
    '--region': REGION_POLICIES,
    '--scenario': SCENARIOS,
  };
}
