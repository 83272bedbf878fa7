import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { CliError, Exit, unknownValue } from './errors.js';
import { packagePath } from './io.js';
import { reportError } from './output.js';

/** Adds a command to the program. */
export type Register = (program: Command) => void;

/** A command line of these commands. */
export function createProgram(commands: readonly Register[]): Command {
  const program = new Command('stage2')
    .description('arm64 stage-2 translation and the cost of a change to the KVM fault path')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .showSuggestionAfterError()
    .exitOverride()
    // What is wrong is thrown, and reported in one place.
    .configureOutput({ outputError: () => {} });
  for (const register of commands) register(program);
  return program;
}

function packageVersion(): string {
  return JSON.parse(readFileSync(packagePath('package.json'), 'utf8')).version;
}

/** Runs the command that `args` name, without those of node and the script; sets the exit code. */
export async function run(program: Command, args: readonly string[]): Promise<void> {
  try {
    checkHelp(program, args);
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    reportFailure(error, asksForJson(args));
  }
}

/** Commander answers `help` of what is no command with the help of all. */
function checkHelp({ commands }: Command, [first, name]: readonly string[]): void {
  const names = commands.map((command) => command.name());
  if (first !== 'help' || name === undefined || name.startsWith('-') || names.includes(name)) return;
  throw unknownValue('help', name, names);
}

function reportFailure(error: unknown, json: boolean): void {
  if (!(error instanceof CommanderError)) reportError(error, json);
  else if (error.exitCode === 0) process.exitCode = Exit.OK;
  // The help of a command line without a command is all there is to say.
  else if (error.code === 'commander.help') process.exitCode = Exit.INPUT;
  else reportError(new CliError(error.message.replace(/^error: /, '')), json);
}

/** Usage can be wrong before the options of the command are known. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? args.length : end).includes('--json');
}
