import type { Command, Option } from 'commander';

/** Values of an option or argument that are no files, by its long name or its own: those that data files list. */
export type CompletionValues = Readonly<Record<string, readonly string[]>>;

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What can stand behind a command. */
interface CompletedCommand {
  name: string;
  about: string;
  options: CompletedOption[];
  /** Values of the arguments; undefined: files. */
  values: readonly string[] | undefined;
}

interface CompletedOption {
  name: string;
  about: string;
  takesValue: boolean;
  /** Undefined: files. */
  values: readonly string[] | undefined;
}

/** The script that completes command lines of `program` in a shell. */
export function completionScript(shell: Shell, program: Command, values: CompletionValues): string {
  const commands = program.commands.map((command) => completed(command, values));
  const name = program.name();
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](name, commands);
}

function completed(command: Command, values: CompletionValues): CompletedCommand {
  const argument = command.registeredArguments[0];
  return {
    name: command.name(),
    about: command.description(),
    options: command.options.filter(({ hidden }) => !hidden).map((option) => completedOption(option, values)),
    values:
      argument === undefined
        ? []
        : (argument.argChoices ?? valuesOf(argument.name(), argument.name(), values)),
  };
}

function completedOption(option: Option, values: CompletionValues): CompletedOption {
  const name = option.long ?? option.short ?? '';
  const takesValue = option.required || option.optional;
  const listed = option.argChoices ?? valuesOf(name, option.flags, values);
  return { name, about: option.description, takesValue, values: listed };
}

/** What is called a file or a trace is one. */
function valuesOf(name: string, called: string, values: CompletionValues): readonly string[] | undefined {
  return values[name] ?? (/<file|^(file|trace)$/.test(called) ? undefined : []);
}

const WITH_HELP = ['--help'];
const optionNames = ({ options }: CompletedCommand): string[] => [
  ...options.map(({ name }) => name),
  ...WITH_HELP,
];

/** Bash: what stands before the word decides; the first word that is no option is the command. */
function bashScript(program: string, commands: readonly CompletedCommand[]): string {
  const branches = commands.map((command) => {
    const ofValues = command.options.filter(({ takesValue }) => takesValue).map(bashOption);
    const rest = command.values === undefined ? 'files=1' : `words="${command.values.join(' ')}"`;
    return [
      `    ${command.name})`,
      '      case "$previous" in',
      ...ofValues,
      `        *) if [[ $word == -* ]]; then words="${optionNames(command).join(' ')}"; else ${rest}; fi ;;`,
      '      esac ;;',
    ].join('\n');
  });
  return `# bash completion of ${program}: source <(${program} completion bash)
_${program}() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words='' files='' command=''
  if ((COMP_CWORD > 1)); then command=\${COMP_WORDS[1]}; fi
  case "$command" in
${branches.join('\n')}
    *) words="${[...commands.map(({ name }) => name), 'help', '--version', ...WITH_HELP].join(' ')}" ;;
  esac
  if [[ -n $files ]]; then mapfile -t COMPREPLY < <(compgen -f -- "$word"); compopt -o filenames 2>/dev/null
  else mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word"); fi
}
complete -F _${program} ${program}
`;
}

function bashOption({ name, values }: CompletedOption): string {
  return `        ${name}) ${values === undefined ? 'files=1' : `words="${values.join(' ')}"`} ;;`;
}

/** Zsh: _arguments of each command. */
function zshScript(program: string, commands: readonly CompletedCommand[]): string {
  const list = commands.map(({ name, about }) => `    ${zshQuoted(`${name}:${about}`)}`).join('\n');
  const branches = commands.map((command) => {
    const rest = `'*:argument:${zshValues(command.values)}'`;
    const lines = [...command.options.map(zshOption), "'--help[show help]'", rest];
    return `    ${command.name}) _arguments \\\n      ${lines.join(' \\\n      ')} ;;`;
  });
  return `#compdef ${program}
# zsh completion of ${program}: source <(${program} completion zsh)
_${program}() {
  local -a commands=(
${list}
  )
  if ((CURRENT == 2)); then _describe command commands; return; fi
  local command=$words[2]
  shift words; ((CURRENT--))
  case $command in
${branches.join('\n')}
  esac
}
compdef _${program} ${program}
`;
}

function zshOption({ name, about, takesValue, values }: CompletedOption): string {
  const value = takesValue ? `:value:${zshValues(values)}` : '';
  return zshQuoted(`*${name}[${about.replaceAll(/[[\]\\:]/g, '\\$&')}]${value}`);
}

function zshValues(values: readonly string[] | undefined): string {
  return values === undefined ? '_files' : `(${values.join(' ')})`;
}

function zshQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Fish: a line for each command and option. */
function fishScript(program: string, commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const lines = commands.flatMap((command) => [
    `complete -c ${program} -n 'not __fish_seen_subcommand_from ${names}' -f -a ${command.name} -d ${fishQuoted(command.about)}`,
    ...command.options.map((option) => fishOption(program, command, option)),
    ...fishArguments(program, command),
  ]);
  return `# fish completion of ${program}: ${program} completion fish | source\n${lines.join('\n')}\n`;
}

function fishOption(program: string, command: CompletedCommand, option: CompletedOption): string {
  const { name, about, takesValue, values } = option;
  const value = !takesValue ? '' : values === undefined ? ' -r -F' : ` -x -a ${fishQuoted(values.join(' '))}`;
  const flag = name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`;
  return `complete -c ${program} -n '__fish_seen_subcommand_from ${command.name}' ${flag}${value} -d ${fishQuoted(about)}`;
}

function fishArguments(program: string, { name, values }: CompletedCommand): string[] {
  if (values === undefined) return [];
  const list = values.length === 0 ? '' : ` -a ${fishQuoted(values.join(' '))}`;
  return [`complete -c ${program} -n '__fish_seen_subcommand_from ${name}' -f${list}`];
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
