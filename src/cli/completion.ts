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
  const help: CompletedCommand = {
    name: 'help',
    about: 'show the help of a command',
    options: [],
    values: commands.map(({ name }) => name),
  };
  const name = program.name();
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](name, [...commands, help]);
}

function completed(command: Command, values: CompletionValues): CompletedCommand {
  const argument = command.registeredArguments[0];
  return {
    name: command.name(),
    about: command.description(),
    options: [
      ...command.options.filter(({ hidden }) => !hidden).map((option) => completedOption(option, values)),
      HELP,
    ],
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

const flag = (name: string, about: string): CompletedOption => ({
  name,
  about,
  takesValue: false,
  values: undefined,
});
const HELP = flag('--help', 'show help');
/** Options of a command line without a command. */
const BARE = [flag('--version', 'print the version'), HELP];

const namesOf = (all: readonly { name: string }[]): string => all.map(({ name }) => name).join(' ');

/** Bash: what stands before the word decides; the first word that is no option is the command. */
function bashScript(program: string, commands: readonly CompletedCommand[]): string {
  const branches = commands.map((command) => {
    const ofValues = command.options.filter(({ takesValue }) => takesValue).map(bashOption);
    const rest = command.values === undefined ? 'files=1' : `words="${command.values.join(' ')}"`;
    return [
      `    ${command.name})`,
      '      case "$previous" in',
      ...ofValues,
      `        *) if [[ $word == -* ]]; then words="${namesOf(command.options)}"; else ${rest}; fi ;;`,
      '      esac ;;',
    ].join('\n');
  });
  return `# bash completion of ${program}: source <(${program} completion bash)
_${program}() {
  local at=$COMP_CWORD word=\${COMP_WORDS[COMP_CWORD]} previous words='' files='' command=''
  # Bash takes the = of --option=value for a word.
  if [[ $word == = ]]; then word=''; elif [[ \${COMP_WORDS[at-1]} == = ]]; then ((at--)); fi
  previous=\${COMP_WORDS[at-1]}
  if ((COMP_CWORD > 1)); then command=\${COMP_WORDS[1]}; fi
  case "$command" in
${branches.join('\n')}
    *) words="${namesOf([...commands, ...BARE])}" ;;
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

/** Zsh: _arguments of each command; read with `source`, or found in $fpath as _stage2. */
function zshScript(program: string, commands: readonly CompletedCommand[]): string {
  const list = commands.map(({ name, about }) => `    ${zshQuoted(`${name}:${about}`)}`).join('\n');
  const branches = commands.map((command) => {
    const rest = `'*:argument:${zshValues(command.values)}'`;
    return `    ${command.name}) _arguments ${zshWords([...command.options.map(zshOption), rest], 6)} ;;`;
  });
  return `#compdef ${program}
# zsh completion of ${program}: source <(${program} completion zsh)
_${program}() {
  local -a commands=(
${list}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    _arguments ${zshWords(BARE.map(zshOption), 6)}
    return
  fi
  local command=$words[2]
  shift words; ((CURRENT--))
  case $command in
${branches.join('\n')}
  esac
}
if [[ $funcstack[1] == _${program} ]]; then _${program} "$@"; else compdef _${program} ${program}; fi
`;
}

function zshWords(words: readonly string[], indent: number): string {
  return words.map((word) => `\\\n${' '.repeat(indent)}${word}`).join(' ');
}

function zshOption({ name, about, takesValue, values }: CompletedOption): string {
  const value = takesValue ? `:value:${zshValues(values)}` : '';
  return zshQuoted(`*${name}${takesValue ? '=' : ''}[${about.replaceAll(/[[\]\\:]/g, '\\$&')}]${value}`);
}

function zshValues(values: readonly string[] | undefined): string {
  return values === undefined ? '_files' : `(${values.join(' ')})`;
}

function zshQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Fish: a line for each command and option; the first word is the command. */
function fishScript(program: string, commands: readonly CompletedCommand[]): string {
  const first = fishLine(program, `__${program}_first`);
  const lines = commands.flatMap((command) => {
    const line = fishLine(program, `__${program}_command ${command.name}`);
    return [
      `${first} -f -a ${command.name} -d ${fishQuoted(command.about)}`,
      ...command.options.map((option) => `${line} ${fishOption(option)}`),
      ...fishArguments(line, command),
    ];
  });
  return `# fish completion of ${program}: ${program} completion fish | source
function __${program}_first; test (count (commandline -opc)) -eq 1; end
function __${program}_command; set -l words (commandline -opc); test "$words[2]" = $argv[1]; end
${[...BARE.map((option) => `${first} ${fishOption(option)}`), ...lines].join('\n')}
`;
}

function fishLine(program: string, condition: string): string {
  return `complete -c ${program} -n '${condition}'`;
}

function fishOption({ name, about, takesValue, values }: CompletedOption): string {
  const value = !takesValue ? '' : values === undefined ? ' -r -F' : ` -x -a ${fishQuoted(values.join(' '))}`;
  const flag = name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`;
  return `${flag}${value} -d ${fishQuoted(about)}`;
}

function fishArguments(line: string, { values }: CompletedCommand): string[] {
  if (values === undefined) return [];
  return [`${line} -f${values.length === 0 ? '' : ` -a ${fishQuoted(values.join(' '))}`}`];
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
